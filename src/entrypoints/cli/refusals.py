"""How the command line words what was refused: the reason, and what to do about it."""

from collections.abc import Iterable
from typing import Final

from domain import errors
from entrypoints.refused import Refused
from entrypoints.settings import SettingsInvalid


REMEDIES: Final[tuple[tuple[type[errors.TillbridgeError], str], ...]] = (
    (errors.CodatKeyRefused, "Check TILLBRIDGE_CODAT_API_KEY against the Codat Portal."),
    (errors.CodatLimitReached, "See your plan and its limits in the Codat Portal."),
    (errors.CodatError, "`tillbridge doctor` says what is wrong, and when it is over."),
    (errors.SyncSessionUnknown, "`tillbridge sessions` lists those that there are."),
)
"""What to do about each kind of error, the particular before the general."""


def explain(error: errors.TillbridgeError | Refused) -> Iterable[str]:
    """The lines to show for *error*: the reason, then the remedy if there is one to add."""
    match error:
        case Refused(reason=reason, remedy=remedy):
            yield from (reason, remedy)
        case SettingsInvalid(problems=problems):
            yield "The settings are not complete, or not right:"
            yield from (f"  {problem}" for problem in problems)
        case errors.IntegrationUnknown(key=key):
            yield f"Merchants are not offered any integration {key}."
            yield "`tillbridge integrations` lists those on offer, and why others are left out."
        case errors.StorageUnavailable(reason=reason):
            yield f"The database cannot be used: {reason}."
            # The kinds of it know what to do; the general one can only point.
            general = type(error) is errors.StorageUnavailable
            yield "Check TILLBRIDGE_DATABASE_URL and the disk." if general else str(error)
        case _:
            yield str(error)
            yield from [remedy for kind, remedy in REMEDIES if isinstance(error, kind)][:1]
