"""What may stand in `redirectUrl`, and what a browser is sent to in the end."""

import re
from urllib.parse import quote, urlsplit


_WITHOUT_SCHEME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*(:\d{1,5})?([/?#].*)?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")
# Everything that may stand in a URL as it is, the percent sign included.
_LEGAL = "%:/?#[]@!$&'()*+,;=~-._"


def usable(redirect_url: str | None) -> bool:
    """Whether this leads somewhere by http or https; anything else is ignored."""
    return redirect_url is not None and target(redirect_url) is not None


def target(redirect_url: str) -> str | None:
    """
    The absolute URL to send a browser to, None if this is none.

    A legal URL comes back unchanged; illegal characters are percent-encoded;
    without a scheme it is taken as https, as in Codat's own sample.
    """
    if _CONTROL.search(redirect_url):
        return None
    if _WITHOUT_SCHEME.fullmatch(redirect_url):
        redirect_url = f"https://{redirect_url}"
    try:
        parts = urlsplit(redirect_url)
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return None
    return quote(redirect_url, safe=_LEGAL)
