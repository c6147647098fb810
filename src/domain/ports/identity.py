"""Who calls."""

from typing import Protocol

from domain.model.caller import Caller


class Identity(Protocol):
    """Tells who presents a bearer token: the platform's backend, or a merchant."""

    async def identify(self, bearer: str) -> Caller:
        """
        Who presents *bearer*: an operator key, or a JWT of the platform's issuer.

        Raises:
            CredentialsRefused: it is neither, or not valid any more.
        """
        ...
