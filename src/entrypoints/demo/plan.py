"""What the demo consists of: addresses, keys, and the command of each process."""

import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import attrs


HOST: Final = "127.0.0.1"
PLATFORM: Final = "Corner Till"
CONNECTOR: Final = {"platformKey": "lqai", "side": "commerce"}
TILLBRIDGE: Final = "Tillbridge"
UNLIMITED: Final = (
    "TILLBRIDGE_LIMIT_MERCHANT",
    "TILLBRIDGE_LIMIT_KEY",
    "TILLBRIDGE_LIMIT_ALL",
)
SIMULATOR: Final = "Codat simulator"
SHOP: Final = "demo shop"


def _key() -> str:
    return secrets.token_urlsafe(32)


@attrs.frozen(kw_only=True)
class Part:
    """
    One process of the demo: its *command*, and its own *environment*.

    It is up when all of the *signs* answer, which are absolute URLs.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = attrs.field(repr=False)
    signs: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Plan:
    """
    Four ports in a row from *port*, and what runs on them.

    *directory* is where the database and the other files of this one run are.
    """

    port: int
    directory: Path
    operator_key: str = attrs.field(factory=_key, repr=False)
    codat_api_key: str = attrs.field(factory=_key, repr=False)

    @property
    def ports(self) -> dict[int, str]:
        """Each port, and who listens there."""
        names = (TILLBRIDGE, "Codat API", "Codat sync flow", SHOP)
        return {self.port + offset: name for offset, name in enumerate(names)}

    @property
    def tillbridge(self) -> str:
        """Tillbridge's public URL."""
        return self._origin(0)

    @property
    def codat_api(self) -> str:
        """Where the simulator plays Codat's API."""
        return self._origin(1)

    @property
    def sync_flow(self) -> str:
        """Where the simulator plays Codat's sync flow."""
        return self._origin(2)

    @property
    def shop(self) -> str:
        """The platform's back office."""
        return self._origin(3)

    @property
    def env_file(self) -> Path:
        """The settings, for `tillbridge --env-file`."""
        return self.directory / "demo.env"

    @property
    def settings(self) -> dict[str, str]:
        """Tillbridge's settings; for a real platform they would look much the same."""
        return {
            "TILLBRIDGE_CODAT_URL": self.codat_api,
            "TILLBRIDGE_CODAT_API_KEY": self.codat_api_key,
            "TILLBRIDGE_CONNECTOR_KEY": CONNECTOR["platformKey"],
            "TILLBRIDGE_CONNECTOR_SIDE": CONNECTOR["side"],
            "TILLBRIDGE_SYNC_FLOW_HOSTS": self.sync_flow,
            "TILLBRIDGE_LOGO_ORIGINS": self.codat_api,
            "TILLBRIDGE_OPERATOR_KEYS": f"shop={self.operator_key}",
            "TILLBRIDGE_PUBLIC_URL": self.tillbridge,
            "TILLBRIDGE_SHOP_ORIGINS": self.shop,
            "TILLBRIDGE_RETURN_URLS": f"shop={self.shop}/done",
            "TILLBRIDGE_DATABASE_URL": f"sqlite:///{self.directory / 'tillbridge.db'}",
            "TILLBRIDGE_PLATFORM_NAME": PLATFORM,
            # Whoever plays or measures presses more often than merchants do.
            **dict.fromkeys(UNLIMITED, "off"),
        }

    @property
    def announcement(self) -> dict[str, object]:
        """What is written to the file of `--ready-file`."""
        return {
            "tillbridge": self.tillbridge,
            "codatApi": self.codat_api,
            "syncFlow": self.sync_flow,
            "shop": self.shop,
            "operatorKey": self.operator_key,
            "codatApiKey": self.codat_api_key,
            "connector": CONNECTOR,
        }

    def parts(self) -> tuple[Part, ...]:
        """The processes: who answers before who asks, which is the order to start them in."""
        tillbridge = (sys.executable, "-m", "entrypoints.cli.main")
        ports = tuple(map(str, self.ports))
        return (
            Part(
                name=SIMULATOR,
                command=(
                    *(*tillbridge, "simulator", "--port", ports[1], "--sync-flow-port", ports[2]),
                    *("--connector-key", CONNECTOR["platformKey"]),
                    *("--connector-side", CONNECTOR["side"]),
                ),
                environment={"TILLBRIDGE_CODAT_API_KEY": self.codat_api_key},
                signs=(f"{self.codat_api}/_simulator/ledger", f"{self.sync_flow}/"),
            ),
            Part(
                name=TILLBRIDGE,
                command=(*tillbridge, "serve", "--port", ports[0], "--migrate"),
                environment=self.settings,
                signs=(f"{self.tillbridge}/readyz",),
            ),
            Part(
                name=SHOP,
                command=(sys.executable, "-m", "entrypoints.demo_shop", "--port", ports[3]),
                environment={
                    "SHOP_TILLBRIDGE_URL": self.tillbridge,
                    "SHOP_OPERATOR_KEY": self.operator_key,
                },
                signs=(f"{self.shop}/",),
            ),
        )

    def _origin(self, offset: int) -> str:
        return f"http://{HOST}:{self.port + offset}"
