"""Everything outside of the domain, as fakes; and those who call."""

import attrs

from domain.ids import MerchantIdentifier, PlatformKey, ReturnName
from domain.model.caller import Backend, Grant, MerchantCaller
from domain.model.merchant import Merchant
from tests.fakes.branding import FakeBrandingCache
from tests.fakes.browser_sessions import FakeBrowserSessions
from tests.fakes.clock import FakeClock
from tests.fakes.codat import FakeCodatGateway
from tests.fakes.connect_tokens import FakeConnectTokens
from tests.fakes.identity import FakeIdentity
from tests.fakes.ids import FakeIds
from tests.fakes.interest import FakeInterestBook
from tests.fakes.limits import FakeLimits
from tests.fakes.pictures import FakePictureCache, FakePictureSource
from tests.fakes.sessions import FakeSessionStore
from tests.fakes.turns import FakeTurns
from tests.fakes.visits import FakeVisits


OPERATOR_KEY = "operator-key-of-the-tests"
BACKEND = Backend(name="backend-1")
"""Who presents the operator key."""


def a_merchant(
    identifier: str = "m-1",
    *,
    name: str | None = None,
    integrations: tuple[str, ...] | None = None,
    return_to: str | None = None,
    locale: str | None = None,
) -> MerchantCaller:
    """A logged-in merchant; *integrations* narrows what its platform lets it see."""
    narrowed = None if integrations is None else frozenset(map(PlatformKey, integrations))
    return MerchantCaller(
        grant=Grant(
            merchant=Merchant(identifier=MerchantIdentifier(identifier), name=name),
            integrations=narrowed,
            return_to=None if return_to is None else ReturnName(return_to),
            locale=locale,
        )
    )


def _codat(world: "FakeWorld") -> FakeCodatGateway:
    return FakeCodatGateway(world.clock)


def _cache(world: "FakeWorld") -> FakeBrandingCache:
    return FakeBrandingCache(world.clock)


def _pictures(world: "FakeWorld") -> FakePictureCache:
    return FakePictureCache(world.clock)


def _visits(world: "FakeWorld") -> FakeVisits:
    return FakeVisits(world.browsers, world.sessions, world.interests)


def _identity() -> FakeIdentity:
    return FakeIdentity({OPERATOR_KEY: BACKEND})


@attrs.define(kw_only=True)
class FakeWorld:
    """Fakes that share one clock; the doorkeeper knows the operator key from the start."""

    clock: FakeClock = attrs.field(factory=FakeClock)
    ids: FakeIds = attrs.field(factory=FakeIds)
    codat: FakeCodatGateway = attrs.field(default=attrs.Factory(_codat, takes_self=True))
    cache: FakeBrandingCache = attrs.field(default=attrs.Factory(_cache, takes_self=True))
    sessions: FakeSessionStore = attrs.field(factory=FakeSessionStore)
    tokens: FakeConnectTokens = attrs.field(factory=FakeConnectTokens)
    browsers: FakeBrowserSessions = attrs.field(factory=FakeBrowserSessions)
    tickets: FakeBrowserSessions = attrs.field(factory=FakeBrowserSessions)
    looks: FakeBrowserSessions = attrs.field(factory=FakeBrowserSessions)
    identity: FakeIdentity = attrs.field(factory=_identity)
    turns: FakeTurns = attrs.field(factory=FakeTurns)
    limits: FakeLimits = attrs.field(factory=FakeLimits)
    picture_source: FakePictureSource = attrs.field(factory=FakePictureSource)
    pictures: FakePictureCache = attrs.field(default=attrs.Factory(_pictures, takes_self=True))
    interests: FakeInterestBook = attrs.field(factory=FakeInterestBook)
    visits: FakeVisits = attrs.field(default=attrs.Factory(_visits, takes_self=True), repr=False)
