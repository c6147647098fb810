"""Whether anything that is kept was changed since."""

from typing import Protocol


class ChangeMark(Protocol):
    """
    Tells that what was read a while ago would be read again.

    It speaks of sync sessions, logins, tickets and interest, whoever changed them: this process,
    another one, or a person at the command line.
    """

    async def read(self) -> object | None:
        """
        A mark of how things are.

        If it equals an earlier one, nothing was changed between the return of that earlier call
        and the beginning of this one. `None`, which says nothing, where nobody can tell, or not
        at once; it is never worth an error.
        """
        ...
