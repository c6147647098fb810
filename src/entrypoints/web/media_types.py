"""What a request says that its body is (RFC 9110 §8.3)."""

from typing import Final

from entrypoints.web.auth import AnyRequest


FORM: Final = "application/x-www-form-urlencoded"
JSON: Final = "application/json"


def media_type_of(request: AnyRequest) -> str:
    """The media type in lower case, without parameters; empty where nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()
