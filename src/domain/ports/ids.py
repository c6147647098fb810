"""Names that nobody has used before."""

from typing import Protocol

from domain.ids import RedirectId, Secret, SyncSessionId


class Ids(Protocol):
    """Makes names and secrets; no two are the same."""

    def sync_session(self) -> SyncSessionId:
        """A name that sorts by the time it was made and cannot be guessed."""
        ...

    def redirect(self) -> RedirectId:
        """A name for one redirect."""
        ...

    def secret(self) -> Secret:
        """256 random bits in 43 URL-safe characters (RFC 4648 §5)."""
        ...
