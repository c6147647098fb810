"""What a platform's backend asks of Tillbridge."""

from http import HTTPStatus
from typing import Any

import attrs
import httpx


class TillbridgeUnavailable(Exception):
    """Tillbridge cannot be reached, or refuses; the merchant can only try again."""


@attrs.frozen
class Tillbridge:
    """Tillbridge's HTTP API; *http* carries its address and the operator key."""

    http: httpx.AsyncClient

    @property
    def address(self) -> str:
        """Where the merchant's browser reaches it."""
        return str(self.http.base_url).rstrip("/")

    async def mint_connect_token(self, merchant: str, name: str) -> str:
        """A token that lets this merchant's browser in, once; it lasts for 60 seconds."""
        wanted = {"merchantIdentifier": merchant, "merchantName": name, "returnTo": "shop"}
        return str((await self._call("POST", "/v1/connect-tokens", json=wanted))["token"])

    async def connections(self, merchant: str) -> list[Any]:
        """The merchant's sync sessions, newest first."""
        mine = {"merchantIdentifier": merchant}
        return list((await self._call("GET", "/v1/sync-sessions", params=mine))["syncSessions"])

    async def connection(self, session: str, merchant: str) -> Any:
        """One sync session of the merchant; `None` where it is somebody else's, or none."""
        found = await self._call("GET", f"/v1/sync-sessions/{session}")
        return found if found and found["merchantIdentifier"] == merchant else None

    async def integration_names(self) -> dict[str, str]:
        """What the platform keys stand for."""
        listed = (await self._call("GET", "/v1/integrations"))["integrations"]
        return {integration["key"]: integration["name"] for integration in listed}

    async def _call(self, method: str, path: str, **content: Any) -> Any:
        try:
            answer = await self.http.request(method, path, **content)
            if answer.status_code == HTTPStatus.NOT_FOUND:
                return None
            return answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise TillbridgeUnavailable from error
