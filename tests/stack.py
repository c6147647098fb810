"""Tillbridge, the simulator and the shop as real processes, for tests of the whole."""

import os
import ssl
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx

from entrypoints.demo.child import Child
from entrypoints.demo.plan import SHOP, SIMULATOR, TILLBRIDGE, Part, Plan
from tests import canaries
from tests.servers.ports import free_ports


LONGEST_START = 60.0
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP: one of their own would read all certificates, each time."""

EVERYTHING = (SIMULATOR, TILLBRIDGE, SHOP)
TILLBRIDGE_ALONE = (TILLBRIDGE,)


@attrs.frozen(kw_only=True)
class StackPlan(Plan):
    """
    The demo's plan, with what a test wants otherwise.

    With *sites_apart* browsers reach Tillbridge, the shop and the sync flow each under a site of
    its own, as they will in production. `localhost`, `shop.localhost` and `127.0.0.1` are three
    sites, and all of them are this machine.
    """

    sites_apart: bool = False
    extra: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def tillbridge(self) -> str:
        host = "localhost" if self.sites_apart else "127.0.0.1"
        return f"http://{host}:{self.port}"

    @property
    def shop(self) -> str:
        host = "shop.localhost" if self.sites_apart else "127.0.0.1"
        return f"http://{host}:{self.port + 3}"

    def parts(self) -> tuple[Part, ...]:
        return tuple(
            attrs.evolve(part, signs=tuple(map(_by_address, part.signs)))
            for part in super().parts()
        )

    @property
    def settings(self) -> dict[str, str]:
        # One test's faults must not have the breaker refuse what the next one asks.
        debug = {"TILLBRIDGE_LOG_LEVEL": "debug", "TILLBRIDGE_BREAKER": "off"}
        return {**super().settings, **debug, **self.extra}


@attrs.frozen
class Stack:
    """A running stack; `http` calls as the platform's backend."""

    plan: StackPlan
    http: httpx.Client

    def control(self, what: str, content: Any) -> Any:
        """Tell the simulator something, by its control plane."""
        url = f"{self.plan.codat_api}/_simulator/{what}"
        return httpx.post(url, json=content, timeout=10, verify=NO_TLS).raise_for_status().json()

    def calm(self) -> None:
        """End every fault of the simulator, and let its clock run."""
        url = f"{self.plan.codat_api}/_simulator/scenario"
        httpx.delete(url, timeout=10, verify=NO_TLS).raise_for_status()

    @property
    def ledger(self) -> Any:
        """What the simulator minted, and how often it was asked for what."""
        url = f"{self.plan.codat_api}/_simulator/ledger"
        ledger = httpx.get(url, timeout=10, verify=NO_TLS).json()
        canaries.forbid(*(minted["url"] for minted in ledger["minted"]))
        return ledger

    def minted(self, merchant: str) -> list[Any]:
        """Every sync flow URL that was minted for *merchant*, oldest first."""
        return [m for m in self.ledger["minted"] if merchant == m["merchantIdentifier"]]

    def token(self, merchant: str, **wanted: object) -> str:
        """A connect token for *merchant*, with what else is *wanted* of it."""
        content = {"merchantIdentifier": merchant, **wanted}
        answer = self.http.post("/v1/connect-tokens", json=content)
        token = str(answer.raise_for_status().json()["token"])
        canaries.forbid(token)
        return token

    def anonymous(self) -> httpx.Client:
        """A client that nobody is logged in with; it follows nothing by itself."""
        address = self.plan.tillbridge
        return httpx.Client(base_url=address, timeout=30, trust_env=False, verify=NO_TLS)

    @contextmanager
    def browser(self, merchant: str) -> Generator[httpx.Client, None, None]:
        """A client that is logged in to the hosted page; it follows nothing by itself."""
        with self.anonymous() as client:
            entered = client.post("/connect/session", data={"token": self.token(merchant)})
            assert 303 == entered.status_code
            canaries.forbid(*client.cookies.values())
            yield client

    def session(self, merchant: str, platform_key: str = "gbol") -> str:
        """The id of a new sync session."""
        wanted = {"merchantIdentifier": merchant, "platformKey": platform_key}
        return str(
            self.http.post("/v1/sync-sessions", json=wanted).raise_for_status().json()["id"]
        )


@contextmanager
def running_stack(
    directory: Path,
    *,
    sites_apart: bool = False,
    first_port: int | None = None,
    only: Collection[str] = EVERYTHING,
    **extra: str,
) -> Generator[Stack, None, None]:
    """
    Start everything on free ports, with files in *directory*; each of *extra* is a setting.

    *first_port* is the first of the four, where something has to know them beforehand; *only*
    names the parts that run.
    """
    settings = {f"TILLBRIDGE_{name.upper()}": value for name, value in extra.items()}
    plan = StackPlan(
        port=first_port or free_ports(4),
        directory=directory,
        sites_apart=sites_apart,
        extra=settings,
    )
    canaries.forbid(plan.operator_key, plan.codat_api_key)
    environ = {name: value for name, value in os.environ.items() if "TILLBRIDGE_" not in name}
    with ExitStack() as running:
        children = [
            running.enter_context(Child.start(part, environ, directory))
            for part in plan.parts()
            if part.name in only
        ]
        _wait_until_up(children)
        http = running.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{plan.port}",
                headers={"Authorization": f"Bearer {plan.operator_key}"},
                timeout=30,
                trust_env=False,
                verify=NO_TLS,
            )
        )
        stack = Stack(plan, http)
        yield stack
        if SIMULATOR in only:
            # What was minted meanwhile must not be found anywhere afterwards.
            _ = stack.ledger
        # All at once, and then each is waited for.
        for child in children:
            child.process.terminate()


def _by_address(url: str) -> str:
    """What only browsers can resolve, as everybody can reach it."""
    return url.replace("//shop.localhost:", "//127.0.0.1:")


def _wait_until_up(children: list[Child]) -> None:
    until = time.monotonic() + LONGEST_START
    while waiting := [child for child in children if not child.up]:
        assert not any(child.ended for child in children), [c.last_lines for c in children]
        assert time.monotonic() < until, _names(child.part for child in waiting)
        time.sleep(0.05)


def _names(parts: "Generator[Part, None, None]") -> str:
    return f"not up: {', '.join(part.name for part in parts)}"
