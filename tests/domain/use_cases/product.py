"""The use cases over a world of fakes, put together by hand."""

import attrs

from domain.ids import LogoName, PlatformKey, ReturnName
from domain.model.caller import Caller
from domain.model.catalogue import Curation
from domain.model.connector import Connector, Side
from domain.model.return_address import ReturnAddresses
from domain.model.sync_session import Happening, SyncSession
from domain.use_cases.check_setup import CheckSetup
from domain.use_cases.confirm_connection import ConfirmConnection
from domain.use_cases.issue_connect_token import IssueConnectToken
from domain.use_cases.list_integrations import ListIntegrations
from domain.use_cases.open_sync_session import OpenSyncSession
from domain.use_cases.read_interest import ReadInterest
from domain.use_cases.read_sync_sessions import ReadSyncSessions
from domain.use_cases.redeem_connect_token import RedeemConnectToken
from domain.use_cases.register_interest import RegisterInterest
from domain.use_cases.show_picture import ShowPicture
from domain.use_cases.start_redirect import StartRedirect
from domain.use_cases.warm_branding import WarmBranding
from tests.domain.world import BACKEND, FakeWorld


TILL = Connector(key=PlatformKey("lqai"), side=Side.COMMERCE)
PUBLIC_URL = "https://connect.example.test"
ADDRESSES = ReturnAddresses({ReturnName("home"): "https://shop.example.test/done"})
LOGOS = frozenset({LogoName("logo"), LogoName("acme")})


@attrs.define(kw_only=True)
class Product:
    """Every use case of a platform whose product is a till."""

    world: FakeWorld = attrs.field(factory=FakeWorld)
    connector: Connector = TILL
    curation: Curation = attrs.field(factory=Curation)

    @property
    def list_integrations(self) -> ListIntegrations:
        return ListIntegrations(
            connector=self.connector,
            curation=self.curation,
            codat=self.world.codat,
            cache=self.world.cache,
        )

    @property
    def open_sync_session(self) -> OpenSyncSession:
        return OpenSyncSession(
            integrations=self.list_integrations,
            sessions=self.world.sessions,
            turns=self.world.turns,
            clock=self.world.clock,
            ids=self.world.ids,
        )

    @property
    def read_sync_sessions(self) -> ReadSyncSessions:
        return ReadSyncSessions(sessions=self.world.sessions)

    @property
    def start_redirect(self) -> StartRedirect:
        return StartRedirect(
            connector=self.connector,
            integrations=self.list_integrations,
            codat=self.world.codat,
            sessions=self.world.sessions,
            turns=self.world.turns,
            limits=self.world.limits,
            clock=self.world.clock,
            ids=self.world.ids,
            public_url=PUBLIC_URL,
        )

    @property
    def confirm_connection(self) -> ConfirmConnection:
        return ConfirmConnection(
            connector=self.connector,
            codat=self.world.codat,
            sessions=self.world.sessions,
            clock=self.world.clock,
        )

    @property
    def issue_connect_token(self) -> IssueConnectToken:
        return IssueConnectToken(
            tokens=self.world.tokens,
            looks=self.world.looks,
            addresses=ADDRESSES,
            logos=LOGOS,
            connector=self.connector,
            clock=self.world.clock,
            ids=self.world.ids,
        )

    @property
    def redeem_connect_token(self) -> RedeemConnectToken:
        return RedeemConnectToken(
            tokens=self.world.tokens,
            browsers=self.world.browsers,
            tickets=self.world.tickets,
            looks=self.world.looks,
            clock=self.world.clock,
            ids=self.world.ids,
        )

    @property
    def register_interest(self) -> RegisterInterest:
        return RegisterInterest(
            integrations=self.list_integrations,
            book=self.world.interests,
            clock=self.world.clock,
        )

    @property
    def read_interest(self) -> ReadInterest:
        return ReadInterest(connector=self.connector, book=self.world.interests)

    @property
    def warm_branding(self) -> WarmBranding:
        return WarmBranding(
            integrations=self.list_integrations,
            codat=self.world.codat,
            cache=self.world.cache,
            pictures=self.show_picture,
        )

    @property
    def show_picture(self) -> ShowPicture:
        return ShowPicture(
            integrations=self.list_integrations,
            source=self.world.picture_source,
            cache=self.world.pictures,
        )

    @property
    def check_setup(self) -> CheckSetup:
        return CheckSetup(
            connector=self.connector,
            integrations=self.list_integrations,
            codat=self.world.codat,
            sessions=self.world.sessions,
            cache=self.world.cache,
        )

    async def opened(self, merchant: str = "m-1", key: str = "gbol") -> SyncSession:
        """A sync session that the backend opened for *merchant*."""
        return await self.open_sync_session(key, BACKEND, merchant)

    async def redirected(self, session: SyncSession, caller: Caller = BACKEND) -> str:
        """The URL of one redirect of *session*, given away."""
        handoff = await self.start_redirect(session.id, caller)
        return handoff.url.take(self.world.clock.monotonic())

    async def stored(self, session: SyncSession) -> SyncSession:
        """*session* as it is kept now."""
        return await self.world.sessions.get(session.id)


def happenings(session: SyncSession) -> list[Happening]:
    """What happened to *session*, oldest first."""
    return [entry.what for entry in session.timeline]
