"""Syncs: asking for them and asking after them."""

import msgspec
from litestar import get, post
from litestar.params import FromPath, RawBody

from adapters.codat_simulator import errors
from adapters.codat_simulator.operations import named
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import optional, parsed
from adapters.codat_simulator.syncs import moment
from adapters.codat_simulator.wire import SyncRun, SyncSummary


BASE = "/companies/{company_id:str}/sync/commerce"
META = f"/meta{BASE}"


class LatestBody(msgspec.Struct, rename="camel"):
    """Until when to sync."""

    sync_to: str | None = None


class RangeBody(msgspec.Struct):
    """A range as the specification names its ends."""

    start: str
    finish: str


class HistoricBody(msgspec.Struct, rename="camel"):
    """What to sync: the specification has `dateRange`, the documents `start` and `end`."""

    date_range: RangeBody | None = None
    start: str | None = None
    end: str | None = None


@post(f"{BASE}/latest", status_code=200, opt=named("syncLatest"))
async def sync_latest(company_id: FromPath[str], body: RawBody, simulator: Codat) -> SyncSummary:
    """Sync what came up since the last time."""
    company = simulator.companies.get(company_id)
    wish = optional(body, LatestBody) or LatestBody()
    until = moment(wish.sync_to, "syncTo") if wish.sync_to is not None else None
    ready = simulator.configuration(company).ready
    return simulator.syncs.request_latest(company, until, ready=ready).summary(company)


@post(f"{META}/historic", status_code=200, opt=named("syncHistoric"))
async def sync_historic(company_id: FromPath[str], body: RawBody, simulator: Codat) -> SyncSummary:
    """Sync a range of dates."""
    company = simulator.companies.get(company_id)
    wish = parsed(body, HistoricBody)
    if wish.date_range is not None:
        start, finish = wish.date_range.start, wish.date_range.finish
    elif wish.start is not None and wish.end is not None:
        start, finish = wish.start, wish.end
    else:
        raise errors.invalid(("dateRange", "A date range is required.", "SyncRange"))
    begin, end = moment(start, "start"), moment(finish, "finish")
    if end < begin:
        raise errors.invalid(("dateRange", "It finishes before it starts.", "SyncRange"))
    ready = simulator.configuration(company).ready
    return simulator.syncs.request(company, begin, end, ready=ready).summary(company)


@get(f"{META}/status", opt=named("syncStatus"))
async def get_status(company_id: FromPath[str], simulator: Codat) -> SyncSummary:
    """The newest sync, in the words of both versions of the API."""
    company = simulator.companies.get(company_id)
    return simulator.syncs.latest(company).summary(company)


@get(f"{BASE}/syncs/list/status", opt=named("syncs"))
async def list_syncs(company_id: FromPath[str], simulator: Codat) -> list[SyncRun]:
    """Every sync, newest first; a bare array."""
    syncs = simulator.syncs.all(simulator.companies.get(company_id))
    return [sync.run() for sync in reversed(list(syncs))]


@get(f"{BASE}/syncs/latest/status", opt=named("latestSync"))
async def get_latest_sync(company_id: FromPath[str], simulator: Codat) -> SyncRun:
    """The newest sync."""
    return simulator.syncs.latest(simulator.companies.get(company_id)).run()


@get(f"{BASE}/syncs/lastSuccessful/status", opt=named("lastSuccessfulSync"))
async def get_last_successful_sync(company_id: FromPath[str], simulator: Codat) -> SyncRun:
    """The newest sync that went well."""
    return simulator.syncs.last_successful(simulator.companies.get(company_id)).run()


@get(f"{BASE}/syncs/{{sync_id:str}}/status", opt=named("sync"))
async def get_sync(company_id: FromPath[str], sync_id: FromPath[str], simulator: Codat) -> SyncRun:
    """One sync."""
    return simulator.syncs.get(simulator.companies.get(company_id), sync_id).run()


HANDLERS = (
    sync_latest,
    sync_historic,
    get_status,
    list_syncs,
    get_latest_sync,
    get_last_successful_sync,
    get_sync,
)
