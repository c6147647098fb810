"""The application: routes, dependencies and error handling, put together from the container."""

import asyncio
import gc
import importlib.metadata
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar, cast

import structlog
from litestar import Litestar, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException, SerializationException

from domain.errors import TillbridgeError
from domain.model.caller import Backend
from entrypoints.container import Container, running
from entrypoints.logs import configure_logs, frames
from entrypoints.setting_types import LogoDelivery
from entrypoints.settings import load
from entrypoints.web import openapi
from entrypoints.web.asgi import App
from entrypoints.web.auth import AnyRequest, Doorkeeper, door
from entrypoints.web.brand import BrandLogos
from entrypoints.web.clients import Clients
from entrypoints.web.component import texts_in
from entrypoints.web.cors import CrossOrigin
from entrypoints.web.desk import Desk
from entrypoints.web.handoff import HandoffResponses
from entrypoints.web.headers import Cookie
from entrypoints.web.lag import LoopLag
from entrypoints.web.languages import Languages
from entrypoints.web.logos import Logos
from entrypoints.web.media_types import JSON, media_type_of
from entrypoints.web.metrics import Metrics
from entrypoints.web.pages.look import Looks
from entrypoints.web.pages.pages import Pages
from entrypoints.web.pages.picker import PickerViews
from entrypoints.web.pages.rendering import Rendering
from entrypoints.web.pages.tiles import Tiles
from entrypoints.web.quick_picker import QuickPicker
from entrypoints.web.refusals import Refusals
from entrypoints.web.routes import (
    brand,
    component,
    connect_tokens,
    documentation,
    entering,
    hosted,
    integrations,
    interest,
    logos,
    operations,
    static,
    sync_sessions,
)
from entrypoints.web.shell import Shell
from entrypoints.web.short_way import ShortWay


if TYPE_CHECKING:
    from dependency_injector import providers

T = TypeVar("T")
LARGEST_BODY = 16 * 1024
SELDOM = (20_000, 20, 50)
"""
How many new objects have the collector look for rings among them, and then how many such looks
have it look at older ones. What a request leaves behind is hardly ever a ring; Python's own 700
cost a redirect a twentieth of its time.
"""

log = structlog.get_logger("tillbridge.web")


def create_app(container: Container) -> Shell:
    """The whole service as one ASGI application, around whatever *container* holds."""
    container.check_dependencies()
    settings = container.settings()
    metrics = Metrics(container.codat().traffic)
    lag = LoopLag(container.clock())
    metrics.watch_lag(lambda: lag.longest)
    if settings.cache_in_redis:
        redis = container.redis()
        metrics.watch_cache(lambda: redis.away is None, lambda: redis.outages)
    brand_logos = BrandLogos(settings.registered_logos, settings.base_path)
    description = documentation.Description(settings.public_url)
    desk = _furnished(container, metrics, brand_logos)
    assets = static.Assets.read(texts_in(desk.looks.languages.every))
    doorkeeper = Doorkeeper(
        container.identity(), desk.redeeming, desk.cookie, settings.public_origin
    )

    api = Router(
        "/v1",
        route_handlers=[
            integrations.list_integrations,
            integrations.show_branding,
            connect_tokens.issue_connect_token,
            interest.list_interest,
            sync_sessions.open_sync_session,
            sync_sessions.list_sync_sessions,
            sync_sessions.show_sync_session,
            sync_sessions.redirect,
        ],
        before_request=door(doorkeeper.caller, _expect_json),
        response_headers={"Cache-Control": "no-store"},
    )
    pages_for_merchants = Router(
        "/",
        route_handlers=[
            hosted.show_picker,
            hosted.start,
            interest.register_interest,
            hosted.show_session,
            hosted.welcome_back,
        ],
        before_request=door(doorkeeper.merchant),
    )
    app = Litestar(
        [
            api,
            pages_for_merchants,
            entering.redeem_connect_token,
            component.show_component,
            operations.healthz,
            operations.readyz,
            operations.show_metrics,
            documentation.openapi,
            documentation.docs,
            documentation.problem,
            static.show_asset,
            logos.show_logo,
            brand.show_logo,
        ],
        dependencies={
            "desk": _given(lambda: desk),
            "pages": _given(lambda: desk.pages),
            "metrics": _given(lambda: metrics),
            "responses": _given(lambda: desk.responses),
            "assets": _given(lambda: assets),
            "brand_logos": _given(lambda: brand_logos),
            "description": _given(lambda: description),
            "sessions": _given(container.sessions),
            "cache": _given(container.cache),
            "codat": _given(container.codat),
            "listing": _given(container.list_integrations),
            "showing": _given(container.show_picture),
        },
        exception_handlers={
            TillbridgeError: desk.refusals.answer,
            HTTPException: desk.refusals.answer,
            Exception: desk.refusals.answer,
        },
        lifespan=[lambda _: _serving(container, lag, metrics)],
        # Else the environment decides, and shows stack traces to whoever asks.
        debug=False,
        pdb_on_exception=False,
        logging_config=None,
        openapi_config=openapi.config(importlib.metadata.version("tillbridge")),
        request_max_body_size=LARGEST_BODY,
    )
    routes = ShortWay(cast(App, app), door(doorkeeper.caller), desk)
    answering = CrossOrigin(routes, frozenset(settings.shop_origins))
    listing = container.list_integrations()
    return Shell(
        answering,
        metrics,
        container.clock(),
        settings.base_path,
        lambda: listing.withdrawn,
        QuickPicker(desk, container.visits()),
        Clients(settings.trusted_proxies),
    )


def _furnished(container: Container, metrics: Metrics, brand_logos: BrandLogos) -> Desk:
    """What routes work with, made of what *container* holds."""
    settings = container.settings()
    languages = Languages.load(settings.locale)
    looks = Looks(settings, languages, Cookie(secure=settings.secure, plain="tb-look"))
    tiles = Tiles(Logos(settings))
    pages = Pages(Rendering(settings, languages, looks, brand_logos), tiles)
    return Desk(
        listing=container.list_integrations(),
        opening=container.open_sync_session(),
        reading=container.read_sync_sessions(),
        starting=container.start_redirect(),
        confirming=container.confirm_connection(),
        issuing=container.issue_connect_token(),
        redeeming=container.redeem_connect_token(),
        registering=container.register_interest(),
        interest=container.read_interest(),
        responses=HandoffResponses(container.clock(), metrics),
        refusals=Refusals(settings, looks, pages, metrics),
        looks=looks,
        views=PickerViews(tiles, settings.connector_side),
        pages=pages,
        cookie=Cookie(secure=settings.secure),
        clock=container.clock(),
        settings=settings,
    )


def from_environment() -> Shell:
    """
    The service as the environment configures it.

    Raises:
        SettingsInvalid: settings are missing or wrong.
    """
    settings = load(os.environ)
    configure_logs(settings.log_level)
    return create_app(Container(settings=settings))


@asynccontextmanager
async def _serving(
    container: Container, lag: LoopLag, metrics: Metrics
) -> AsyncGenerator[None, None]:
    async with running(container):
        doing = (_warm(container), lag.watch(), metrics.keep_following())
        beside = [asyncio.create_task(each) for each in doing]
        # What exists now stays: the collector need not look at it again, which keeps the
        # slowest requests short.
        before = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*SELDOM)
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            gc.set_threshold(*before)
            gc.unfreeze()


async def _warm(container: Container) -> None:
    """Fill the cache before the first merchant comes; where that fails, the next one tries."""
    try:
        offer = await container.list_integrations()(Backend(name="start"))
        if container.settings().logo_delivery is LogoDelivery.PROXIED:
            warm = container.show_picture().warm
            await asyncio.gather(*(warm(i.key, i.branding) for i in offer.catalogue.offered))
    except Exception as error:  # noqa: BLE001  # nobody waits for it, so nobody would be told
        log.warning("not warmed", error=type(error).__qualname__, where=frames(error))


async def _expect_json(request: AnyRequest) -> None:
    """
    What a route reads as JSON has to call itself JSON (RFC 9110 §15.5.16), and to be JSON.

    It is parsed here, since the framework takes some bad bodies for faults of its own.

    Raises:
        HTTPException: it is something else, not UTF-8, too large, or nested too deeply.
    """
    if "data" not in request.route_handler.parsed_fn_signature.parameters:
        return
    if media_type_of(request) != JSON:
        raise HTTPException(status_code=415)
    try:
        await request.json()
    except (SerializationException, UnicodeDecodeError, RecursionError):
        raise HTTPException(status_code=400) from None


def _given(provider: "Callable[[], T] | providers.Provider[T]") -> Provide:
    """A dependency of a route, resolved for each request without a thread."""

    def resolve() -> T:
        return provider()

    return Provide(resolve, sync_to_thread=False)
