"""Codat's Sync for Commerce API by HTTP."""

import asyncio
import base64
import datetime as dt
import functools
import logging
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Any, Final, ParamSpec, Self, TypeVar, cast
from urllib.parse import urlsplit

import httpx

from adapters.codat.breaker import Breaker
from adapters.codat.errors import http_date
from adapters.codat.exchange import Answer, Exchange, Patience
from adapters.codat.line import Line
from adapters.codat.lists import encoded, entries_of, query_of
from adapters.codat.quota import QuotaWatch
from adapters.codat.sync_flow_url import (
    Fingerprints,
    check_and_rewrite,
    expect_merchant,
    parse_allowed_origins,
)
from adapters.codat.transport import PooledTransport
from adapters.codat.wire import (
    BrandingBody,
    CompanyBody,
    ConfigurationBody,
    ConnectionBody,
    IntegrationBody,
    StartBody,
    decode,
)
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ids import CompanyId, MerchantIdentifier, PlatformKey
from domain.model.connection_report import Company, Connection, SyncConfiguration, stands_for
from domain.model.connector import SyncRoute
from domain.model.integration import PLATFORM_KEY, Branding, ReportedIntegration
from domain.model.sync_flow_url import LIFETIME, SyncFlowUrl
from domain.ports.clock import Clock
from domain.ports.codat_gateway import LONGEST_START, LastAnswer, SecondTry, Traffic


CHATTY_LOGGERS: Final = (
    "httpx",
    "httpcore",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
"""These write requests, answers and headers, and so URLs and keys, at INFO or DEBUG."""

alert = logging.getLogger(__name__).error
P = ParamSpec("P")
T = TypeVar("T")


def _leaving_nothing_behind(
    ask: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, T]]:
    """
    Have errors leave without the frames in which they arose.

    Those frames hold bodies, URLs and headers, and whoever reports a traceback with its
    variables would report these, too.
    """

    @functools.wraps(ask)
    async def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
        gateway = cast("HttpCodatGateway", args[0])
        try:
            answer = await ask(*args, **kwargs)
        except CodatError as error:
            bare = error.with_traceback(None)
        else:
            gateway.note(None)
            return answer
        # Outside of the clause, or the interpreter would add the context again.
        bare.__cause__ = bare.__context__ = None
        gateway.note(bare)
        raise bare

    return wrapper


class HttpCodatGateway:
    """
    Keeps the CodatGateway port; see the port for what each method means.

    *base_url* may have a path; *sync_flow_hosts* are the places that a sync flow URL may lead
    to, each a `host`, a `host:port` or an origin.
    *second_try*, *breaker* and *quota_share* (percent) are the operator's; *jitter* tells how
    many seconds lie between two tries, and *sleep* lets them pass.
    Opened and closed as an async context manager; constructing it does no I/O.

    Raises:
        ValueError: the URL, the key or a host is not one.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        sync_flow_hosts: tuple[str, ...],
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        patience: Patience | None = None,
        second_try: SecondTry = SecondTry.ANY,
        breaker: bool = True,
        quota_share: int = 10,
        jitter: Callable[[], float] = float,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        if not api_key:
            raise ValueError("The Codat API key is empty.")
        self._clock = clock
        self._last: LastAnswer | None = None
        self._allowed = parse_allowed_origins(sync_flow_hosts)
        self._fingerprints = Fingerprints.keyed_by(api_key)
        self._transport = transport or PooledTransport()
        self._line = Line(clock, Breaker(enabled=breaker), QuotaWatch(clock, quota_share))
        # Codat encodes the key alone, without the user name that Basic usually has.
        credentials = base64.b64encode(api_key.encode()).decode()
        self._codat = Exchange(
            base_url=_checked(base_url),
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "Authorization": f"Basic {credentials}",
                "User-Agent": "tillbridge",
            },
            transport=self._transport,
            clock=clock,
            line=self._line,
            patience=patience or Patience(),
            second_try=second_try,
            jitter=jitter,
            sleep=sleep,
        )

    def __repr__(self) -> str:
        return f"<HttpCodatGateway to {self._codat.base_url}>"

    async def __aenter__(self) -> Self:
        _silence_loggers()
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(exc_type, exc_value, traceback)

    def last_answer(self) -> LastAnswer | None:
        """How the latest question ended; that something is not there is an answer like any."""
        return self._last

    def closed(self) -> CodatUnavailable | None:
        """Why a start would not be made."""
        return self._line.closed

    def traffic(self) -> Traffic:
        """What the line to Codat has counted."""
        return self._line.traffic

    def note(self, error: CodatError | None) -> None:
        """Remember how a question ended, unless it was never asked."""
        if isinstance(error, CodatUnavailable) and not error.asked:
            return
        if isinstance(error, CodatNotFound):
            error = None
        self._last = LastAnswer(at=self._clock.now(), error=error)

    @_leaving_nothing_behind
    async def integrations(self) -> tuple[ReportedIntegration, ...]:
        """All integrations; an entry that cannot be read is left out."""
        reported = [entry.to_domain() for entry in await self._integrations()]
        by_key = {integration.key: integration for integration in reported if integration}
        return tuple(by_key.values())

    @_leaving_nothing_behind
    async def branding(self, key: PlatformKey) -> Branding:
        """How the integration *key* wants to be shown."""
        answer = await self._codat.ask(f"/config/integrations/{_segment(key)}/branding")
        return decode(answer.body, BrandingBody).to_domain()

    @_leaving_nothing_behind
    async def start_sync_flow(
        self,
        route: SyncRoute,
        merchant: MerchantIdentifier,
        return_to: str,
        *,
        within: float = LONGEST_START,
    ) -> SyncFlowUrl:
        """Have one sync flow URL minted; `redirectUrl` is in Codat's documentation only."""
        ends = f"{_segment(route.commerce_key)}/{_segment(route.accounting_key)}"
        query = f"merchantIdentifier={encoded(merchant)}&redirectUrl={encoded(return_to)}"
        target = f"/config/sync/commerce/{ends}/start?{query}"
        answer = await self._codat.start(target, within=within)
        fetched_at = self._clock.monotonic()
        try:
            url = self._url_in(answer, merchant)
        except CodatAnswerInvalid:
            if answer.after_unknown:
                raise CodatTimedOut from None
            raise
        return SyncFlowUrl(
            url,
            fetched_at=fetched_at,
            expires_at=answer.began_at + LIFETIME,
            fingerprint=self._fingerprints.of(url),
        )

    @_leaving_nothing_behind
    async def find_companies(self, merchant: MerchantIdentifier) -> tuple[Company, ...]:
        """
        The companies whose name is that of *merchant*, newest first.

        Asks Codat to search and looks again at what it found: by one page of its documentation
        the search does not work for companies, by another it does.
        """
        stripped = merchant.replace("_", "").replace(":", "")
        wanted = "||".join(f"name={name}" for name in dict.fromkeys((merchant, stripped)) if name)
        try:
            entries = await entries_of(
                "/companies", CompanyBody, self._codat.confirm, query=wanted
            )
        except CodatAnswerInvalid:
            entries = await entries_of("/companies", CompanyBody, self._codat.confirm)
        entries.sort(key=lambda entry: entry.age_rank, reverse=True)
        companies = (entry.to_domain() for entry in entries)
        return tuple(c for c in companies if c is not None and stands_for(c, merchant))

    @_leaving_nothing_behind
    async def connections(self, company: CompanyId) -> tuple[Connection, ...]:
        """All connections of a company, save any whose integration Codat does not name."""
        entries = await entries_of(
            f"/companies/{_company_segment(company)}/connections",
            ConnectionBody,
            self._codat.confirm,
        )
        keys: dict[str | None, str] = {}
        if any(entry.integration_key is None for entry in entries):
            keys = {entry.integration_id: entry.key for entry in await self._integrations()}
        found = (
            entry.to_domain(entry.integration_key or keys.get(entry.integration_id))
            for entry in entries
        )
        return tuple(connection for connection in found if connection)

    @_leaving_nothing_behind
    async def configuration(self, company: CompanyId) -> SyncConfiguration | None:
        """How the company's sync is configured; `None` where it, or the company, is not."""
        target = f"/config/companies/{_company_segment(company)}/sync/commerce"
        try:
            answer = await self._codat.confirm(target)
        except CodatNotFound:
            return None
        return decode(answer.body, ConfigurationBody).to_domain()

    @_leaving_nothing_behind
    async def clock_skew(self) -> dt.timedelta | None:
        """From the `Date` of a small answer (RFC 9110 §6.6.1); whole seconds."""
        answer = await self._codat.ask(f"/config/integrations?{query_of(page='1', pageSize='1')}")
        theirs = http_date(answer.headers.get("date", ""))
        return None if theirs is None else theirs - self._clock.now().replace(microsecond=0)

    def _url_in(self, answer: Answer, merchant: MerchantIdentifier) -> str:
        text = decode(answer.body, StartBody).url
        if not text:
            raise CodatAnswerInvalid(reason="it holds no sync flow URL")
        try:
            url = check_and_rewrite(text, self._allowed)
            expect_merchant(url, merchant)
        except CodatAnswerInvalid as error:
            # Whoever can put such a URL into Codat's mouth may be after our merchants.
            alert("Security event: a start was answered badly: %s", error.reason)
            raise
        return url

    async def _integrations(self) -> list[IntegrationBody]:
        return await entries_of("/config/integrations", IntegrationBody, self._codat.ask)


def _silence_loggers() -> None:
    for name in CHATTY_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    plain = not (parts.query or parts.fragment or parts.username or parts.password)
    if parts.scheme not in {"https", "http"} or not parts.hostname or not plain:
        raise ValueError("Codat's URL is not a plain http or https URL.")
    return base_url.rstrip("/")


def _segment(key: PlatformKey) -> str:
    if not PLATFORM_KEY.fullmatch(key):
        # It would not be in Codat's list, but might lead to another of its calls.
        raise CodatNotFound
    return encoded(key)


def _company_segment(company: CompanyId) -> str:
    try:
        return str(uuid.UUID(company))
    except ValueError:
        raise CodatNotFound from None
