"""Settings as text, and a container over a world of fakes."""

from domain.ports.branding_cache import BrandingCache
from domain.ports.browser_sessions import BrowserSessions
from domain.ports.clock import Clock
from domain.ports.codat_gateway import CodatGateway
from domain.ports.connect_tokens import ConnectTokens
from domain.ports.identity import Identity
from domain.ports.ids import Ids
from domain.ports.interest_book import InterestBook
from domain.ports.merchant_turns import MerchantTurns
from domain.ports.picture_cache import PictureCache
from domain.ports.picture_source import PictureSource
from domain.ports.session_store import SessionStore
from domain.ports.start_limits import StartLimits
from domain.ports.visits import Visits
from entrypoints.container import Container
from entrypoints.settings import Settings, load
from tests.domain.world import BACKEND, OPERATOR_KEY, FakeWorld, a_merchant
from tests.fakes.visits import FakeVisits


__all__ = [
    "BACKEND",
    "ENVIRON",
    "OPERATOR_KEY",
    "PUBLIC_URL",
    "FakeWorld",
    "a_merchant",
    "make_container",
    "make_environ",
    "make_settings",
]

PUBLIC_URL = "https://connect.example.test"
ENVIRON = {
    "HOME": "/home/of-the-tests",
    "TILLBRIDGE_CODAT_API_KEY": "codat-api-key-of-the-tests",
    "TILLBRIDGE_CONNECTOR_KEY": "lqai",
    "TILLBRIDGE_CONNECTOR_SIDE": "commerce",
    "TILLBRIDGE_OPERATOR_KEYS": OPERATOR_KEY,
    "TILLBRIDGE_PUBLIC_URL": PUBLIC_URL,
}
"""What `tillbridge serve` needs, and no more; the connector is that of a till."""


def make_environ(**settings: str | None) -> dict[str, str]:
    """The environment of the tests, with `x_y="…"` as TILLBRIDGE_X_Y; `None` takes it away."""
    named = {f"TILLBRIDGE_{name.upper()}": value for name, value in settings.items()}
    return {name: value for name, value in {**ENVIRON, **named}.items() if value is not None}


def make_settings(**settings: str | None) -> Settings:
    """Settings as `tillbridge serve` would read them; each override is the text of one."""
    return load(make_environ(**settings))


def make_container(
    world: FakeWorld | None = None,
    *,
    settings: Settings | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    codat: CodatGateway | None = None,
    cache: BrandingCache | None = None,
    sessions: SessionStore | None = None,
    tokens: ConnectTokens | None = None,
    browsers: BrowserSessions | None = None,
    tickets: BrowserSessions | None = None,
    looks: BrowserSessions | None = None,
    identity: Identity | None = None,
    turns: MerchantTurns | None = None,
    limits: StartLimits | None = None,
    pictures: PictureCache | None = None,
    picture_source: PictureSource | None = None,
    interests: InterestBook | None = None,
) -> Container:
    """The product over *world*, save for the ports that are given; nothing has to be opened."""
    world = world or FakeWorld()
    return Container(
        settings=settings or make_settings(),
        clock=clock or world.clock,
        ids=ids or world.ids,
        codat=codat or world.codat,
        cache=cache or world.cache,
        sessions=sessions or world.sessions,
        tokens=tokens or world.tokens,
        browsers=browsers or world.browsers,
        tickets=tickets or world.tickets,
        looks=looks or world.looks,
        identity=identity or world.identity,
        turns=turns or world.turns,
        limits=limits or world.limits,
        pictures=pictures or world.pictures,
        picture_source=picture_source or world.picture_source,
        interests=interests or world.interests,
        visits=_visits(world, browsers, sessions, interests),
        resources=[],
    )


def _visits(
    world: FakeWorld,
    browsers: BrowserSessions | None,
    sessions: SessionStore | None,
    interests: InterestBook | None,
) -> Visits:
    """Those of the stores that are given, too."""
    if not (browsers or sessions or interests):
        return world.visits
    return FakeVisits(
        browsers or world.browsers, sessions or world.sessions, interests or world.interests
    )
