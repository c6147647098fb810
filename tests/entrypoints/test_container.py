from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs
import httpx
import pytest
from dependency_injector import providers
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.branding.pictures import ReadThroughPictureCache
from adapters.branding.read_through import ReadThroughBrandingCache
from adapters.branding.redis import RedisShelf
from adapters.codat.http_gateway import HttpCodatGateway
from adapters.identity.bearer import BearerIdentity
from adapters.interest.sql import SqlInterestBook
from adapters.merchant_turns.in_process import InProcessTurns
from adapters.merchant_turns.redis import RedisTurns
from adapters.pictures.http_source import HttpPictureSource
from adapters.redis.server import RedisServer
from adapters.sessions.sql import SqlSessionStore
from adapters.start_limits.in_process import InProcessLimits
from adapters.start_limits.redis import RedisLimits
from adapters.system import RandomIds, SystemClock
from domain.errors import StorageUnavailable
from domain.ids import MerchantIdentifier
from entrypoints.container import Container, expect_databases, migrate, running
from entrypoints.settings import Settings, SettingsInvalid, load
from tests.servers.ports import free_port
from tests.servers.valkey import PATIENT, Valkey
from tests.support import (
    BACKEND,
    FakeWorld,
    a_merchant,
    make_container,
    make_environ,
    make_settings,
)


pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return make_settings(database_url=f"sqlite:///{tmp_path / 'tillbridge.db'}")


@pytest.fixture
def container(settings: Settings) -> Iterator[Container]:
    container = Container(settings=settings)
    yield container
    container.reset_singletons()


@pytest.mark.parametrize("name", list(Container.providers))
def test_everything_can_be_made_without_opening_anything(container: Container, name: str) -> None:
    provider: providers.Provider[object] = container.providers[name]

    assert provider() is not None


@pytest.mark.parametrize("name", list(Container.providers))
def test_everything_can_be_made_of_fakes(name: str) -> None:
    provider: providers.Provider[object] = make_container().providers[name]

    assert provider() is not None


def test_the_product_is_made_of_the_real_adapters(container: Container) -> None:
    expected = {
        "clock": SystemClock,
        "ids": RandomIds,
        "sessions": SqlSessionStore,
        "cache": ReadThroughBrandingCache,
        "codat": HttpCodatGateway,
        "identity": BearerIdentity,
        "turns": InProcessTurns,
        "limits": InProcessLimits,
        "pictures": ReadThroughPictureCache,
        "picture_source": HttpPictureSource,
        "interests": SqlInterestBook,
    }

    assert expected == {name: type(container.providers[name]()) for name in expected}


def test_what_is_shared_is_made_once(container: Container) -> None:
    for provider in container.providers.values():
        if isinstance(provider, providers.Singleton):
            assert provider() is provider()


def test_the_use_cases_share_their_ports_and_the_settings(
    container: Container, settings: Settings
) -> None:
    start, list_integrations = container.start_redirect(), container.list_integrations()

    assert start.integrations is list_integrations
    assert start.sessions is container.read_sync_sessions().sessions
    assert start.codat is list_integrations.codat
    assert settings.public_url == start.public_url
    assert settings.connector == start.connector == container.check_setup().connector
    assert settings.return_urls is container.issue_connect_token().addresses
    assert settings.integrations is list_integrations.curation


def test_a_fake_takes_the_place_of_the_port_everywhere() -> None:
    world, other = FakeWorld(), FakeWorld()

    container = make_container(world, codat=other.codat)

    assert other.codat is container.start_redirect().codat
    assert other.codat is container.list_integrations().codat
    assert world.sessions is container.start_redirect().sessions


def test_the_settings_have_to_be_given_and_be_settings() -> None:
    with pytest.raises(Exception, match="settings"):
        Container().codat()
    with pytest.raises(Exception, match="Settings"):
        Container(settings="https://connect.example.test").codat()


def test_branding_is_kept_in_the_same_database_or_in_one_of_its_own(tmp_path: Path) -> None:
    database, cache = (f"sqlite:///{tmp_path / name}" for name in ("t.db", "c.db"))
    shared = Container(settings=make_settings(database_url=database))
    apart = Container(settings=make_settings(database_url=database, cache_url=cache))

    assert shared.database() is shared.cache_database()
    assert 6 == len(shared.resources())
    assert apart.database() is not apart.cache_database()
    assert 7 == len(apart.resources())


def opened_with_a_fake_codat(container: Container) -> None:
    """Have everything of *container* be opened, and Codat be a fake, which need not be."""
    codat: object = container.codat()
    real = [each for each in container.resources() if each is not codat]
    container.resources.override(real)
    container.codat.override(FakeWorld().codat)


async def test_what_replicas_share_is_in_redis_where_the_cache_is(
    valkey: Valkey, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 't.db'}"
    alone = Container(settings=make_settings(database_url=database))
    settings = make_settings(database_url=database, cache_url=valkey.fresh())
    sharing = Container(settings=settings)
    sharing.redis.override(RedisServer.at(settings.cache_url, budget=PATIENT))
    kinds = {
        name: type(sharing.providers[name]()) for name in ("shelf", "turns", "limits", "cache")
    }

    assert {
        "shelf": RedisShelf,
        "turns": RedisTurns,
        "limits": RedisLimits,
        "cache": ReadThroughBrandingCache,
    } == kinds
    assert sharing.cache_database() is sharing.database()
    assert len(alone.resources()) + 1 == len(sharing.resources())
    # There is nothing to migrate in Redis.
    assert 1 == len(migrate(settings))
    await expect_databases(settings)
    assert sharing.redis() in sharing.resources()
    opened_with_a_fake_codat(sharing)
    async with running(sharing):
        await sharing.list_integrations()(BACKEND)
        await sharing.cache().ping()
        keys = await sharing.redis().ask("KEYS", "tillbridge:copy:*")
        leased = await sharing.redis().ask("KEYS", "tillbridge:load:*")
    assert b"tillbridge:copy:integrations" in keys
    assert [] == leased


async def test_without_its_redis_the_service_starts_all_the_same(tmp_path: Path) -> None:
    nowhere = f"redis://:password@127.0.0.1:{free_port()}/0"
    settings = make_settings(database_url=f"sqlite:///{tmp_path / 't.db'}", cache_url=nowhere)
    migrate(settings)
    container = Container(settings=settings)
    opened_with_a_fake_codat(container)

    async with running(container):
        with pytest.raises(StorageUnavailable) as told:
            await container.cache().ping()
        offer = await container.list_integrations()(BACKEND)
        await container.limits().admit(MerchantIdentifier("m-1"), None)

    assert offer.catalogue.offered
    assert "Redis cannot be used: it cannot be reached" in told.value.reason


async def test_merchants_tokens_are_trusted_only_where_their_issuer_is_known() -> None:
    trusting = make_settings(
        jwt_issuer="https://issuer.example.test",
        jwt_audience="tillbridge",
        jwks_url="https://issuer.example.test/keys",
    )

    for settings in (trusting, make_settings()):
        identity = Container(settings=settings).identity()
        caller = await identity.identify("operator-key-of-the-tests")
        assert BACKEND == caller


PIECES = st.sampled_from(
    [
        *("https://", "http://", "HTTP://", "https:", "ftp://", "sqlite:///", "//", "/", "?", "#"),
        *("sync-flow.codat.io", "sync_flow", "-", "_", ".", "..", "localhost", "foo.localhost"),
        *("127.0.0.1", "127.1", "999.1.1.1", "0x7f", "[::1]", "[", "]", "[:::]", ":", ":8443"),
        *(":0", ":memory:", ":65536", "@", "%", " ", ",", "\\", "\x00", "é", "path", "a" * 64),
        *("keys.json", __file__),
    ]
)


@pytest.mark.parametrize(
    "name", ["sync_flow_hosts", "jwks_url", "database_url", "cache_url", "codat_url"]
)
@given(text=st.lists(PIECES | st.text(max_size=3), min_size=1, max_size=6).map("".join))
@example(text="sync_flow.codat.io")
@example(text="-codat.io")
@example(text="http://foo.localhost:9000")
@example(text="http://issuer.localhost/k")
@example(text="https:keys.json")
@example(text="//[")
@example(text="https://999.1.1.1")
@example(text="sqlite:///")
@example(text="sqlite:///:memory:")
@example(text="sqlite:///a\x00b")
def test_whatever_the_settings_accept_everything_can_be_made_of(name: str, text: str) -> None:
    jwt = {"jwt_issuer": "issuer", "jwt_audience": "tillbridge", "jwks_url": "https://a.test/k"}
    try:
        settings = load(make_environ(**{**jwt, name: text}))
    except SettingsInvalid as invalid:
        problems = invalid.problems
    else:
        problems = ()
        everything_is_made_of(settings)

    assert {f"TILLBRIDGE_{name.upper()}"} >= {problem.split()[0] for problem in problems}


def everything_is_made_of(settings: Settings) -> None:
    container = Container(settings=settings)
    for provider in container.providers.values():
        assert provider() is not None
    assert httpx.URL(settings.codat_url).host
    container.reset_singletons()


@attrs.define
class Door:
    """Something to open, which notes in *log* when it is opened and closed."""

    name: str
    log: list[str]
    jammed: bool = False

    async def __aenter__(self) -> Self:
        if self.jammed:
            raise StorageUnavailable("the door is jammed")
        self.log.append(f"open {self.name}")
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.log.append(f"close {self.name}")


def with_doors(*doors: Door) -> Container:
    return Container(settings=make_settings(), resources=list(doors))


async def test_resources_are_opened_in_order_and_closed_in_reverse() -> None:
    log: list[str] = []

    container = with_doors(Door("a", log), Door("b", log))

    async with running(container) as started:
        assert container is started
        log.append("work")

    assert ["open a", "open b", "work", "close b", "close a"] == log


async def test_what_is_open_is_closed_where_the_next_one_is_jammed() -> None:
    log: list[str] = []
    container = with_doors(Door("a", log), Door("b", log, jammed=True), Door("c", log))

    with pytest.raises(StorageUnavailable):
        async with running(container):
            log.append("work")

    assert ["open a", "close a"] == log


async def test_a_second_run_starts_with_everything_anew(settings: Settings) -> None:
    container = Container(settings=settings, resources=[])

    async with running(container):
        first = container.codat()
    async with running(container):
        assert first is not container.codat()


async def test_the_product_runs_on_a_database_that_was_migrated(settings: Settings) -> None:
    with pytest.raises(StorageUnavailable):
        await expect_databases(settings)
    assert 1 == len(migrate(settings))
    await expect_databases(settings)
    world = FakeWorld()
    container = Container(settings=settings, clock=world.clock, codat=world.codat)
    real = (container.database(), container.identity(), container.cache())
    container.resources.override(list(real))

    async with running(container):
        session = await container.open_sync_session()("gbol", a_merchant("m-1"))
        handoff = await container.start_redirect()(session.id, a_merchant("m-1"))
        url = handoff.url.take(world.clock.monotonic())

    assert world.codat.minted == [url]


async def test_every_database_in_use_is_migrated_and_expected(tmp_path: Path) -> None:
    database, cache = (f"sqlite:///{tmp_path / name}" for name in ("t.db", "c.db"))
    settings = make_settings(database_url=database, cache_url=cache)

    assert 2 == len(migrate(settings))
    await expect_databases(settings)


@pytest.fixture
def apart(tmp_path: Path) -> Settings:
    """Two databases that are there: one for sync sessions, one for what can be fetched anew."""
    database, cache = (f"sqlite:///{tmp_path / name}" for name in ("t.db", "c.db"))
    settings = make_settings(database_url=database, cache_url=cache)
    migrate(settings)
    return settings


DAMAGE: dict[str, Callable[[Path], object]] = {
    "zeroed header": lambda path: path.write_bytes(bytes(100) + path.read_bytes()[100:]),
    "scribbled page": lambda path: path.write_bytes(
        path.read_bytes()[:8192] + b"\xa5" * 4096 + path.read_bytes()[12288:]
    ),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:20_000]),
}


def set_aside(path: Path, mark: str = ".damaged-*Z") -> list[Path]:
    """The files beside *path* that are named after it."""
    return sorted(path.parent.glob(f"{path.name}{mark}"))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_a_damaged_cache_is_set_aside_and_begun_anew(
    apart: Settings, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    cache = tmp_path / "c.db"
    damage(cache)
    scribbles = cache.read_bytes()

    await expect_databases(apart)

    (aside,) = set_aside(cache)
    assert scribbles == aside.read_bytes()
    await expect_databases(apart)


async def test_a_damaged_cache_is_set_aside_by_migrating_as_well(
    apart: Settings, tmp_path: Path
) -> None:
    (tmp_path / "c.db").write_bytes(b"Dear Sir or Madam, " * 100)

    said = migrate(apart)

    (aside,) = set_aside(tmp_path / "c.db")
    assert f"The cache was damaged and is begun anew; the old one is {aside.name}." == said[1]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_a_damaged_database_of_sync_sessions_is_left_alone(
    apart: Settings, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = tmp_path / "t.db"
    damage(path)
    before = path.read_bytes()

    with pytest.raises(StorageUnavailable, match="restore a backup"):
        await expect_databases(apart)

    assert before == path.read_bytes()
    assert [] == set_aside(path)


async def test_a_cache_that_is_shared_with_sync_sessions_is_never_set_aside(
    settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "tillbridge.db"
    path.write_bytes(b"Dear Sir or Madam, " * 100)

    with pytest.raises(StorageUnavailable, match="restore a backup"):
        migrate(settings)
    with pytest.raises(StorageUnavailable, match="restore a backup"):
        await expect_databases(settings)

    assert [path] == set_aside(path, "")


async def test_a_service_that_finds_no_cache_goes_on_without(
    apart: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "c.db").write_bytes(b"scribbles")

    async with running(Container(settings=apart)) as container:
        await container.sessions().ping()
        with pytest.raises(StorageUnavailable):
            await container.cache().ping()

    assert "Nothing can be kept for the next start" in caplog.text
