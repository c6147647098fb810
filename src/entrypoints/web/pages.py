"""The hosted pages: what a merchant sees, rendered on the server, complete without JavaScript."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Response

from domain.ids import PlatformKey, ReturnName, Secret, SyncSessionId
from domain.model.caller import MerchantCaller
from domain.model.connection_report import ConnectionReport
from domain.model.connector import Side
from domain.model.integration import Availability, Integration
from domain.model.sync_session import SyncSession, SyncSessionStatus
from domain.use_cases.list_integrations import Offer
from entrypoints.setting_types import is_loopback
from entrypoints.settings import Settings
from entrypoints.web.headers import Headers, for_pages
from entrypoints.web.problem_types import ProblemType


MANY = 5
"""With more integrations than this, a search box earns its place."""

LOOKS = 5
"""How often the page of the return looks again by itself."""


@attrs.frozen(kw_only=True)
class Tile:
    """One integration on the page; *logo* is missing where it may not be loaded."""

    key: PlatformKey
    name: str
    logo: str | None
    state: str
    letter: str


@attrs.frozen(kw_only=True)
class Group:
    """Tiles that belong together."""

    id: str
    heading: str
    tiles: tuple[Tile, ...]


@attrs.frozen
class Pages:
    """Renders every hosted page, with the headers that all of them need."""

    settings: Settings
    _templates: Environment = attrs.field(init=False)
    _headers: Headers = attrs.field(init=False)

    @_templates.default
    def _load_templates(self) -> Environment:
        environment = Environment(
            loader=PackageLoader("entrypoints.web"),
            autoescape=True,
            undefined=StrictUndefined,
            # The files are those of the package: they do not change while it runs.
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals |= {
            "base": self.settings.base_path,
            "platform": self.settings.platform_name,
            "rehearsal": is_loopback(urlsplit(self.settings.codat_url).hostname),
            "till": self.settings.connector_side is Side.COMMERCE,
            "wanted": "accounting software"
            if self.settings.connector_side is Side.COMMERCE
            else "sales system",
        }
        return environment

    @_headers.default
    def _compose_headers(self) -> Headers:
        return for_pages(self.settings)

    def picker(
        self,
        caller: MerchantCaller,
        offer: Offer,
        sessions: Iterable[SyncSession],
        *,
        sought: str = "",
    ) -> Response[bytes]:
        """Everything on offer, what was begun before first; *sought* narrows it by name."""
        latest = _latest(sessions)
        offered = offer.catalogue.offered
        tiles = [self._tile(i, latest.get(i.key)) for i in offered if _matches(i, sought)]
        groups = [
            Group(id=state, heading=heading, tiles=tuple(t for t in tiles if t.state in states))
            for state, heading, states in (
                ("begun", "Started", {"continue", "manage"}),
                ("ready", "Available", {"choose"}),
                ("soon", "Coming soon", {"soon", "off"}),
            )
        ]
        return self.render(
            "picker.html",
            caller=caller,
            groups=[group for group in groups if group.tiles],
            sought=sought,
            searchable=len(offered) > MANY,
            nothing=not offered,
            last_known=offer.last_known,
            as_of=offer.as_of,
            back=self.way_back(caller.grant.return_to),
        )

    def session(
        self, caller: MerchantCaller, session: SyncSession, integration: Integration | None
    ) -> Response[bytes]:
        """The stable page of one sync session: go on, start again, or choose another."""
        return self.render(
            "session.html",
            caller=caller,
            session=session,
            tile=self._tile(integration, session) if integration else None,
            back=self.way_back(caller.grant.return_to, session.id),
        )

    def returned(
        self,
        caller: MerchantCaller,
        session: SyncSession,
        integration: Integration | None,
        report: ConnectionReport | None,
        *,
        look: int,
    ) -> Response[bytes]:
        """What Codat says after the merchant came back; *report* is missing where it does not."""
        finished = session.stands
        again = None if finished or look >= LOOKS else look + 1
        headers = {}
        if again is not None:
            address = f"{self.settings.base_path}/connect/return/{quote(session.id)}?look={again}"
            headers["Refresh"] = f"{1 + look * 2}; url={address}"
        return self.render(
            "returned.html",
            headers=headers,
            caller=caller,
            session=session,
            tile=self._tile(integration, session) if integration else None,
            report=report,
            finished=finished,
            checking=again is not None,
            back=self.way_back(caller.grant.return_to, session.id),
        )

    def switch(
        self, caller: MerchantCaller, name: str, token: Secret, platform_key: str | None = None
    ) -> Response[bytes]:
        """Somebody else is logged in here: ask before the merchant is changed."""
        return self.render(
            "switch.html", caller=caller, name=name, token=token, platform_key=platform_key
        )

    def notice(
        self,
        kind: ProblemType,
        detail: str,
        reference: str,
        *,
        caller: MerchantCaller | None = None,
        platform_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        """Something that did not work, in the merchant's words, with a way on."""
        return self.render(
            "notice.html",
            status=kind.status.value,
            headers=headers,
            caller=caller,
            kind=kind,
            detail=detail,
            reference=reference,
            retry=platform_key,
            back=self.way_back(caller.grant.return_to if caller else None),
        )

    def way_back(
        self, name: ReturnName | None, session: SyncSessionId | None = None
    ) -> str | None:
        """
        The platform's registered address, with the sync session's id where there is one.

        Never with a status: the platform should ask for that.
        """
        address = self.settings.return_urls.resolve(name)
        if address is None or session is None:
            return address
        return f"{address}{'&' if '?' in address else '?'}session={quote(session)}"

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,  # a template takes what it names
    ) -> Response[bytes]:
        """Fill a template."""
        return Response(
            status_code=status,
            content=self._templates.get_template(template).render(**values).encode(),
            media_type="text/html",
            headers={**self._headers, **(headers or {})},
        )

    def _tile(self, integration: Integration, session: SyncSession | None) -> Tile:
        return Tile(
            key=integration.key,
            name=integration.name,
            logo=self._logo(integration),
            state=_state(integration, session),
            letter=integration.name[:1].upper(),
        )

    def _logo(self, integration: Integration) -> str | None:
        image = integration.branding.logo_square or integration.branding.logo_full
        if image is None:
            return None
        try:
            parts = urlsplit(image.src)
        except ValueError:
            return None
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        return image.src if origin in self.settings.logo_origins else None


def _state(integration: Integration, session: SyncSession | None) -> str:
    if integration.availability is Availability.COMING_SOON:
        return "soon"
    if integration.availability is Availability.DISABLED:
        return "off"
    if session is None or not session.redirects:
        return "choose"
    return "manage" if session.status is SyncSessionStatus.COMPLETED else "continue"


def _latest(sessions: Iterable[SyncSession]) -> dict[PlatformKey, SyncSession]:
    """The newest sync session for each integration; *sessions* come newest first."""
    latest: dict[PlatformKey, SyncSession] = {}
    for session in sessions:
        latest.setdefault(session.platform_key, session)
    return latest


def _matches(integration: Integration, sought: str) -> bool:
    plain = "".join(sought.casefold().split())
    return plain in "".join(integration.name.casefold().split())
