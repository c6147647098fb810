"""
The composition root: the only place that names concrete adapters.

The graph is built without I/O; `running` opens what has to be opened, in order.
"""

import asyncio
import functools
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final, TypeAlias

from adapters.branding.pictures import ReadThroughPictureCache
from adapters.branding.read_through import ReadThroughBrandingCache
from adapters.branding.redis import RedisShelf
from adapters.branding.shelf import Leases, Shelf
from adapters.branding.sql import SqlShelf
from adapters.browser_sessions.sql import LOOK, TICKET, SqlBrowserSessions
from adapters.codat.exchange import JITTER
from adapters.codat.http_gateway import HttpCodatGateway
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.aside import Dispensable, rebuild
from adapters.database.database import Database
from adapters.database.eras import Eras
from adapters.database.errors import DatabaseDamaged, DatabaseLost
from adapters.database.migrate import migrate as migrate_database
from adapters.identity.bearer import BearerIdentity, JwtTrust
from adapters.interest.sql import SqlInterestBook
from adapters.merchant_turns.in_process import InProcessTurns
from adapters.merchant_turns.redis import RedisTurns
from adapters.pictures.http_source import HttpPictureSource
from adapters.redis.leases import RedisLeases
from adapters.redis.server import RedisServer
from adapters.sessions.sql import SqlSessionStore
from adapters.start_limits.in_process import InProcessLimits
from adapters.start_limits.redis import RedisLimits
from adapters.system import RandomIds, SystemClock, up_to
from adapters.visits.sql import SqlVisits
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
from entrypoints.declaring import containers, providers
from entrypoints.settings import Settings


AsyncResource: TypeAlias = AbstractAsyncContextManager[object]
DAMAGED: Final = (DatabaseDamaged, DatabaseLost)


def _trust(settings: Settings) -> JwtTrust | None:
    issuer, audience, keys = settings.jwt_issuer, settings.jwt_audience, settings.jwks_url
    if issuer is None or audience is None or keys is None:
        return None
    return JwtTrust(issuer=issuer, audience=audience, jwks=keys)


def _cache_database(settings: Settings, database: Database) -> Database:
    return Database(settings.cache_url) if _cache_apart(settings) else database


def _cache_apart(settings: Settings) -> bool:
    """Whether there is a second database."""
    return settings.cache_url != settings.database_url and not settings.cache_in_redis


def _cache_resource(
    settings: Settings, database: Database, cache_database: Database, redis: RedisServer
) -> AsyncResource:
    """What has a place of its own for what can be fetched anew is no reason not to serve."""
    if settings.cache_in_redis:
        return redis
    return database if cache_database is database else Dispensable(cache_database)


def _shelf(settings: Settings, cache_database: Database, redis: RedisServer) -> Shelf:
    return RedisShelf(redis) if settings.cache_in_redis else SqlShelf(cache_database)


def _loads(settings: Settings, redis: RedisServer) -> Leases | None:
    """Who loads what, where several processes can agree on that."""
    return RedisLeases(redis, "load") if settings.cache_in_redis else None


def _turns(settings: Settings, redis: RedisServer) -> MerchantTurns:
    return RedisTurns(RedisLeases(redis, "turn")) if settings.cache_in_redis else InProcessTurns()


def _limits(settings: Settings, redis: RedisServer, clock: Clock) -> StartLimits:
    rates = {
        "per_merchant": settings.limit_merchant,
        "per_key": settings.limit_key,
        "together": settings.limit_all,
    }
    if settings.cache_in_redis:
        return RedisLimits(**rates, clock=clock, server=redis)
    return InProcessLimits(**rates, clock=clock)


def _each_once(*resources: AsyncResource) -> list[AsyncResource]:
    return list({id(resource): resource for resource in resources}.values())


class Container(containers.DeclarativeContainer):
    """Everything that Tillbridge is made of; tests put fakes in place of ports."""

    settings: providers.Provider[Settings] = providers.Dependency(instance_of=Settings)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    ids: providers.Provider[Ids] = providers.Singleton(RandomIds)
    connector = settings.provided.connector

    database = providers.Singleton(Database, settings.provided.database_url)
    cache_database = providers.Singleton(_cache_database, settings, database)
    sessions: providers.Provider[SessionStore] = providers.Singleton(SqlSessionStore, database)
    eras = providers.Singleton(Eras, clock)
    tokens: providers.Provider[ConnectTokens] = providers.Singleton(
        SqlConnectTokens, database, eras
    )
    browsers: providers.Provider[BrowserSessions] = providers.Singleton(
        SqlBrowserSessions, database, eras
    )
    tickets: providers.Provider[BrowserSessions] = providers.Singleton(
        SqlBrowserSessions, database, eras, TICKET
    )
    looks: providers.Provider[BrowserSessions] = providers.Singleton(
        SqlBrowserSessions, database, eras, LOOK
    )
    interests: providers.Provider[InterestBook] = providers.Singleton(SqlInterestBook, database)
    visits: providers.Provider[Visits] = providers.Singleton(SqlVisits, browsers)
    redis = providers.Singleton(RedisServer.at, settings.provided.cache_url)
    shelf = providers.Singleton(_shelf, settings, cache_database, redis)
    cache: providers.Provider[BrandingCache] = providers.Singleton(
        ReadThroughBrandingCache,
        shelf=shelf,
        clock=clock,
        leases=providers.Callable(_loads, settings, redis),
    )
    pictures: providers.Provider[PictureCache] = providers.Singleton(
        ReadThroughPictureCache,
        shelf=shelf,
        clock=clock,
        leases=providers.Callable(_loads, settings, redis),
    )
    picture_source: providers.Provider[PictureSource] = providers.Singleton(
        HttpPictureSource, settings.provided.logo_origins
    )
    codat: providers.Provider[CodatGateway] = providers.Singleton(
        HttpCodatGateway,
        base_url=settings.provided.codat_url,
        api_key=settings.provided.codat_api_key,
        sync_flow_hosts=settings.provided.sync_flow_hosts,
        clock=clock,
        second_try=settings.provided.second_try,
        breaker=settings.provided.breaker,
        quota_share=settings.provided.quota_share,
        jitter=providers.Object(functools.partial(up_to, JITTER)),
    )
    identity: providers.Provider[Identity] = providers.Singleton(
        BearerIdentity,
        operator_keys=settings.provided.operator_keys,
        jwt=providers.Callable(_trust, settings),
        clock=clock,
    )
    turns: providers.Provider[MerchantTurns] = providers.Singleton(_turns, settings, redis)
    limits: providers.Provider[StartLimits] = providers.Singleton(_limits, settings, redis, clock)

    list_integrations = providers.Singleton(
        ListIntegrations,
        connector=connector,
        curation=settings.provided.integrations,
        codat=codat,
        cache=cache,
    )
    open_sync_session = providers.Singleton(
        OpenSyncSession,
        integrations=list_integrations,
        sessions=sessions,
        turns=turns,
        clock=clock,
        ids=ids,
    )
    read_sync_sessions = providers.Singleton(ReadSyncSessions, sessions=sessions)
    start_redirect = providers.Singleton(
        StartRedirect,
        connector=connector,
        integrations=list_integrations,
        codat=codat,
        sessions=sessions,
        turns=turns,
        limits=limits,
        clock=clock,
        ids=ids,
        public_url=settings.provided.public_url,
    )
    confirm_connection = providers.Singleton(
        ConfirmConnection, connector=connector, codat=codat, sessions=sessions, clock=clock
    )
    issue_connect_token = providers.Singleton(
        IssueConnectToken,
        tokens=tokens,
        looks=looks,
        addresses=settings.provided.return_urls,
        logos=settings.provided.registered_logos,
        connector=connector,
        clock=clock,
        ids=ids,
    )
    redeem_connect_token = providers.Singleton(
        RedeemConnectToken,
        tokens=tokens,
        browsers=browsers,
        tickets=tickets,
        looks=looks,
        clock=clock,
        ids=ids,
    )
    register_interest = providers.Singleton(
        RegisterInterest, integrations=list_integrations, book=interests, clock=clock
    )
    read_interest = providers.Singleton(ReadInterest, connector=connector, book=interests)
    show_picture = providers.Singleton(
        ShowPicture, integrations=list_integrations, source=picture_source, cache=pictures
    )
    warm_branding = providers.Singleton(
        WarmBranding,
        integrations=list_integrations,
        codat=codat,
        cache=cache,
        pictures=show_picture,
    )
    check_setup = providers.Singleton(
        CheckSetup,
        connector=connector,
        integrations=list_integrations,
        codat=codat,
        sessions=sessions,
        cache=cache,
        quota_share=settings.provided.quota_share,
    )

    resources: providers.Provider[list[AsyncResource]] = providers.Callable(
        _each_once,
        database,
        providers.Callable(_cache_resource, settings, database, cache_database, redis),
        codat,
        identity,
        cache,
        picture_source,
        pictures,
    )


@asynccontextmanager
async def running(container: Container) -> AsyncGenerator[Container, None]:
    """Open what has to be opened, in order; close it again in reverse."""
    async with AsyncExitStack() as stack:
        stack.callback(container.reset_singletons)
        for resource in container.resources():
            await stack.enter_async_context(resource)
        yield container


def migrate(settings: Settings) -> list[str]:
    """
    Bring every database that is in use to the current schema; a line for each says what was done.

    A damaged cache with a file of its own is set aside, and begun anew.

    Raises:
        StorageUnavailable: one of them cannot be used.
    """
    done = [migrate_database(settings.database_url)]
    if _cache_apart(settings):
        try:
            done.append(migrate_database(settings.cache_url))
        except DAMAGED:
            aside = rebuild(settings.cache_url, SystemClock().now())
            done.append(f"The cache was damaged and is begun anew; the old one is {aside.name}.")
    return done


async def expect_databases(settings: Settings) -> None:
    """
    Make sure that every database that is in use can be opened as it is.

    A damaged cache with a file of its own is set aside, and begun anew; the database of sync
    sessions never is.

    Raises:
        StorageUnavailable: one of them is not there, outdated, or cannot be used.
    """
    async with Database(settings.database_url):
        pass
    if not _cache_apart(settings):
        return
    try:
        async with Database(settings.cache_url):
            pass
    except DAMAGED:
        await asyncio.to_thread(rebuild, settings.cache_url, SystemClock().now())
