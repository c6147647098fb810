"""What merchants are told when something does not work: for every type of problem, their words."""

from typing import Final

import attrs

from entrypoints.web.languages import N_, Language


@attrs.frozen
class Words:
    """A *title*, and a *detail* that says what it means for the merchant, and what to do."""

    title: str
    detail: str


_CANNOT_TAKE: Final = Words(
    N_("That did not work"), N_("This page cannot take what was sent to it. Please start again.")
)
_NOT_HERE: Final = Words(
    N_("There is nothing at this address"), N_("Please go back to the start, and choose there.")
)
_CODAT_AWAY: Final = Words(
    N_("Codat is not available"),
    N_("Codat cannot be reached at the moment. Nothing was started, and nothing is lost."),
)
_CODAT_BUSY: Final = Words(
    N_("Codat accepts no more requests for now"),
    N_("Nothing was started, and nothing is lost."),
)
_CODAT_REFUSES: Final = Words(
    N_("This service cannot connect anyone at the moment"),
    N_("Nothing was started. It has to be put right by those who run this service."),
)
_CODAT_SLOW: Final = Words(
    N_("Codat took too long to answer"),
    N_("You can try again: whatever came of the first try will not be used, and nothing is lost."),
)
_CODAT_ODD: Final = Words(
    N_("Codat’s answer cannot be used"),
    N_("Please try again in a little while. Nothing is lost."),
)
_NEW_LINK: Final = Words(
    N_("The link to Codat cannot be used"), N_("Please try again: you will get a new one.")
)
_AT_ONCE: Final = Words(
    N_("Two requests at once"),
    N_("Another page, or a second click, was a moment earlier. Please try again."),
)
_ENDED: Final = Words(
    N_("Your visit has ended"),
    N_(
        "You have been away for a while, so you have to come in again. "
        "Nothing that you did is lost."
    ),
)
_FROM_ACCOUNT: Final = Words(
    N_("Please come in from your account"),
    N_("This page opens from your account, so that we know who you are."),
)
INTERNAL: Final = Words(
    N_("Something went wrong"),
    N_("It is our fault, not yours. Please try again; nothing that you did is lost."),
)

BY_SLUG: Final = {
    "backend-only": _NOT_HERE,
    "body-too-large": _CANNOT_TAKE,
    "codat-answer-invalid": _CODAT_ODD,
    "codat-connection-lost": _CODAT_SLOW,
    "codat-key-refused": _CODAT_REFUSES,
    "codat-limit-reached": _CODAT_REFUSES,
    "codat-not-found": _CODAT_ODD,
    "codat-rate-limited": _CODAT_BUSY,
    "codat-timed-out": _CODAT_SLOW,
    "codat-unavailable": _CODAT_AWAY,
    "connect-token-refused": Words(
        N_("This link does not work any more"),
        N_("It works once, and only for a minute. Please open this page again from your account."),
    ),
    "credentials-missing": _FROM_ACCOUNT,
    "credentials-refused": _ENDED,
    "cross-site-refused": Words(
        N_("This request came from another web site"),
        N_("That site is not allowed to make it. Please go back to the start, and choose there."),
    ),
    "input-invalid": _CANNOT_TAKE,
    "integration-not-available": Words(
        N_("This cannot be connected yet"),
        N_("It is coming soon, or not available right now. Please choose another."),
    ),
    "integration-not-coming-soon": Words(N_("That did not work"), _NOT_HERE.detail),
    "integration-unknown": Words(
        N_("There is no such software here"),
        N_("It is not on offer, or no longer. Please choose another."),
    ),
    "internal-error": INTERNAL,
    "link-repeated": _NEW_LINK,
    "link-stale": _NEW_LINK,
    "link-taken": _NEW_LINK,
    "media-type-unsupported": _CANNOT_TAKE,
    "merchant-changed": Words(
        N_("Another account is in here now"),
        N_(
            "In another tab, this browser came in for another account. Nothing was started. "
            "Please see for whom the page is now, and choose there."
        ),
    ),
    "method-not-allowed": _NOT_HERE,
    "not-a-navigation": Words(
        N_("Only a person in a browser may ask for this"),
        N_("Please open this page in a browser, and choose there."),
    ),
    "not-found": _NOT_HERE,
    "redirect-in-progress": Words(
        N_("A link is being prepared already"),
        N_("Another page, or an earlier click, asked for it. Please wait a moment."),
    ),
    "request-malformed": _CANNOT_TAKE,
    "storage-unavailable": Words(
        N_("Nothing can be started at the moment"),
        N_("Please try again shortly. Nothing that you did is lost."),
    ),
    "sync-session-changed": _AT_ONCE,
    "sync-session-unknown": Words(
        N_("There is no such connection"),
        N_("It may belong to another account. Please go back to the start, and choose there."),
    ),
    "too-many-requests": Words(
        N_("That was a little too fast"), N_("Please wait a moment, then try again.")
    ),
}
"""By the last part of the problem's type."""


def words(slug: str, language: Language) -> Words:
    """The words for the problem of this *slug*, in *language*."""
    found = BY_SLUG.get(slug, INTERNAL)
    return Words(language.gettext(found.title), language.gettext(found.detail))
