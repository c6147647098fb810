"""What a test holds in its hands to drive a running simulator."""

import base64
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import attrs
import httpx

from adapters.codat_simulator.server import RunningSimulator


Json: TypeAlias = Any
API_KEY = "a test key"
AUTHORIZATION = f"Basic {base64.b64encode(API_KEY.encode()).decode()}"
MERCHANT = "merchant-1"
RETURN_URL = "http://shop.test/return/1?a=b&c=d"
NOBODY = "00000000-0000-4000-8000-000000000000"


@attrs.frozen(kw_only=True)
class Driver:
    """A caller with the right key, and a hand on the controls."""

    running: RunningSimulator
    api: httpx.Client
    anonymous: httpx.Client

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.api.get(path, params=parameters)

    def ok(self, method: str, path: str, json: Json = None, **parameters: Any) -> Json:
        """Make a call that has to succeed, with what a client may rely on."""
        response = self.api.request(method, path, json=json, params=parameters)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()

    def refused(
        self, status: int, method: str, path: str, json: Json = None, **parameters: Any
    ) -> Json:
        """Make a call that has to fail, with Codat's error body."""
        response = self.api.request(method, path, json=json, params=parameters)
        return refusal(response, status)

    def control(self, method: str, path: str, json: Json = None) -> Json:
        response = self.anonymous.request(method, f"/_simulator/{path}", json=json)
        assert response.status_code == 200, response.text
        return response.json()

    def scenario(self, **change: Json) -> Json:
        return self.control("POST", "scenario", change)

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advanceSeconds": seconds})

    def ledger(self) -> Json:
        return self.control("GET", "ledger")

    def minted(self) -> Json:
        """The newest entry of the ledger."""
        return self.ledger()["minted"][-1]

    def start(
        self, merchant: str | None = MERCHANT, keys: str = "lqai/gbol", **parameters: str
    ) -> str:
        """A fresh sync flow URL."""
        if merchant is not None:
            parameters["merchantIdentifier"] = merchant
        url: str = self.ok("GET", f"/config/sync/commerce/{keys}/start", **parameters)["url"]
        return url

    def company(self, name: str = MERCHANT) -> Json:
        return self.ok("POST", "/companies", {"name": name})

    def set_up(self, merchant: str = MERCHANT) -> Json:
        """A company that went through the sync flow."""
        with self.browser() as browser:
            url = self.start(merchant)
            assert browser.get(url).status_code == 200
            assert browser.post(f"{base(url)}/finish").status_code == 303
        return self.ok("GET", f"/companies/{self.minted()['companyId']}")

    def browser(self) -> httpx.Client:
        """Something with cookies and without the API key."""
        return httpx.Client(timeout=5)

    def statuses(self, company_id: str) -> dict[str, str]:
        """The status of each connection, by platform key."""
        connections = self.ok("GET", f"/companies/{company_id}/connections")["results"]
        return {item["integrationKey"]: item["status"] for item in connections}


def base(url: str) -> str:
    """Below this lie the pages of the visit that a sync flow URL opens."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{parts.path.split('/')[1]}"


def refusal(response: httpx.Response, status: int) -> Json:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["statusCode"] == status
    assert body["canBeRetried"] == "Unknown"
    assert len(body["correlationId"]) == 32
    int(body["correlationId"], 16)
    return body
