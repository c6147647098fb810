"""Syncs: started on request, finished a few simulated seconds later."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import IntEnum

import attrs

from adapters.codat_simulator import errors
from adapters.codat_simulator.clock import iso
from adapters.codat_simulator.wire import Company, DateRange, SyncRun, SyncSummary


DURATION = timedelta(seconds=5)
# How far back the first sync reaches.
FIRST_PERIOD = timedelta(days=1)


class Code(IntEnum):
    """Codat's sync status codes, as far as this simulator comes to use them."""

    IN_PROGRESS = 1000
    SUCCESS = 2000
    NOTHING_TO_WRITE = 2040
    CONFIGURATION_ERROR = 4000
    DEAUTHORIZED = 4040
    DUPLICATION_PROTECTION = 5080


SUCCESSES = (Code.SUCCESS, Code.NOTHING_TO_WRITE)
TEXTS = {
    Code.IN_PROGRESS: ("Started", ""),
    Code.SUCCESS: ("Complete", ""),
    Code.NOTHING_TO_WRITE: ("Complete", ""),
    Code.CONFIGURATION_ERROR: ("ValidateError", "Sync is not configured or not enabled."),
    Code.DEAUTHORIZED: ("ValidateError", "A connection is not linked."),
    Code.DUPLICATION_PROTECTION: ("PushError", "The dates overlap with an earlier sync."),
}


@attrs.define(kw_only=True)
class Sync:
    """One sync of one company."""

    id: str
    company_id: str
    start: datetime
    finish: datetime
    requested_at: datetime
    code: Code

    def run(self) -> SyncRun:
        """As `CompanySyncStatus`."""
        status, message = TEXTS[self.code]
        return SyncRun(
            company_id=self.company_id,
            sync_id=self.id,
            sync_status_code=self.code,
            sync_status=status,
            error_message=message,
            sync_exception_message="",
            sync_utc=iso(self.requested_at),
            data_pushed=self.code == Code.SUCCESS,
        )

    def summary(self, company: Company) -> SyncSummary:
        """As `SyncSummary` and `SyncStatus`."""
        run = self.run()
        return SyncSummary(
            **{name: getattr(run, name) for name in SyncRun.__struct_fields__},
            commerce_sync_id=self.id,
            sync_date_range_utc=DateRange(start=iso(self.start), finish=iso(self.finish)),
            data_connections=company.data_connections,
        )


@attrs.define
class Syncs:
    """Every sync, by company, oldest first."""

    _new_id: Callable[[], str]
    _now: Callable[[], datetime]
    _by_company: dict[str, list[Sync]] = attrs.field(factory=dict, init=False)

    def request_latest(self, company: Company, until: datetime | None, *, ready: bool) -> Sync:
        """Sync from where the last successful sync ended to *until*, or to now."""
        finish = until or self._now()
        last = self._last_successful(company)
        start = last.finish if last else finish - FIRST_PERIOD
        return self.request(company, start, finish, ready=ready)

    def request(self, company: Company, start: datetime, finish: datetime, *, ready: bool) -> Sync:
        """Sync this range; whether it can succeed is decided on the spot."""
        earlier = self._settled(company)
        now = self._now()
        linked = {item.source_type for item in company.data_connections if item.status == "Linked"}
        overlap = any(
            sync.start < finish and start < sync.finish
            for sync in earlier
            if sync.code == Code.IN_PROGRESS or sync.code in SUCCESSES
        )
        code = Code.IN_PROGRESS
        if not ready:
            code = Code.CONFIGURATION_ERROR
        elif not {"Accounting", "Commerce"} <= linked:
            code = Code.DEAUTHORIZED
        elif overlap:
            code = Code.DUPLICATION_PROTECTION
        sync = Sync(
            id=self._new_id(),
            company_id=company.id,
            start=start,
            finish=finish,
            requested_at=now,
            code=code,
        )
        self._by_company.setdefault(company.id, []).append(sync)
        return sync

    def all(self, company: Company) -> Iterable[Sync]:
        """Every sync of the company."""
        return self._settled(company)

    def latest(self, company: Company) -> Sync:
        """
        The newest sync.

        Raises:
            CodatError: there was none.
        """
        syncs = self._settled(company)
        if not syncs:
            raise errors.sync_missing("latest")
        return syncs[-1]

    def last_successful(self, company: Company) -> Sync:
        """
        The newest sync that went well.

        Raises:
            CodatError: there was none.
        """
        found = self._last_successful(company)
        if found is None:
            raise errors.sync_missing("lastSuccessful")
        return found

    def get(self, company: Company, sync_id: str) -> Sync:
        """
        One sync.

        Raises:
            CodatError: this company has no such sync.
        """
        for sync in self._settled(company):
            if sync.id == sync_id:
                return sync
        raise errors.sync_missing(sync_id)

    def clear(self) -> None:
        """Forget all of them."""
        self._by_company.clear()

    def _last_successful(self, company: Company) -> Sync | None:
        well = [sync for sync in self._settled(company) if sync.code in SUCCESSES]
        return well[-1] if well else None

    def _settled(self, company: Company) -> list[Sync]:
        syncs = self._by_company.get(company.id, [])
        for sync in syncs:
            done_at = sync.requested_at + DURATION
            if sync.code == Code.IN_PROGRESS and self._now() >= done_at:
                empty = sync.finish <= sync.start
                sync.code = Code.NOTHING_TO_WRITE if empty else Code.SUCCESS
                company.last_sync = iso(done_at)
                for connection in company.data_connections:
                    connection.last_sync = company.last_sync
        return syncs


def moment(text: str, field: str) -> datetime:
    """
    Read an ISO 8601 date or date-time; without a zone it is taken as UTC.

    Raises:
        CodatError: it is neither.
    """
    try:
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise errors.invalid((field, f"{text} is not a date.", "DateTime")) from None
