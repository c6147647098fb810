"""
The line to Codat: whether a call may be made now, and what all the calls taught.

Breaker, quota and budget meet here, and are counted and logged in one place.
"""

import datetime as dt
import logging
from collections import Counter

import attrs

from adapters.codat.breaker import Breaker, Permit
from adapters.codat.quota import QuotaWatch
from adapters.codat.retry_budget import RetryBudget
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatNotFound,
    CodatRateLimited,
    CodatUnavailable,
)
from domain.ports.clock import Clock
from domain.ports.codat_gateway import BreakerState, Traffic


log = logging.getLogger(__name__)

BRIEFLY = dt.timedelta(seconds=1)
"""A `Retry-After` up to here is waited for; it says that Codat is busy, not that it is closed."""

LONGEST_MISCONFIGURED = dt.timedelta(minutes=1)


@attrs.define(eq=False)
class Line:
    """One for all calls of a process."""

    clock: Clock
    breaker: Breaker
    quota: QuotaWatch
    budget: RetryBudget = attrs.field(factory=RetryBudget)
    _calls: Counter[str] = attrs.field(factory=Counter, init=False)
    _second_tries: Counter[str] = attrs.field(factory=Counter, init=False)
    _spared: Counter[str] = attrs.field(factory=Counter, init=False)
    _told: BreakerState = attrs.field(default=BreakerState.CLOSED, init=False)
    _distrusted: bool = attrs.field(default=False, init=False)

    def ask(self) -> Permit | CodatUnavailable:
        """Leave for one call, or why there is none."""
        leave = self.breaker.ask(self.clock.monotonic())
        if isinstance(leave, Permit):
            return leave
        self._spared["breaker"] += 1
        return _told(leave.state, leave.wait)

    def expect_quota(self) -> None:
        """
        Make sure that more is left of the daily quota than the share for branding and the list.

        Raises:
            CodatRateLimited: only that is left.
        """
        if self.quota.only_the_share_is_left:
            self._spared["quota"] += 1
            raise CodatRateLimited(retry_after=self.quota.renewed_in, asked=False)

    def pay(self, reason: str) -> bool:
        """Pay for a second try; false where the breaker or the budget is against it."""
        now = self.clock.monotonic()
        if self.breaker.wait(now) > 0.0:
            self._spared["breaker"] += 1
            return False
        if not self.budget.spend(now):
            self._spared["budget"] += 1
            return False
        self._second_tries[reason] += 1
        return True

    def ended(self, permit: Permit, error: CodatError | None) -> None:
        """Learn from how a call ended; *error* is missing where it was answered."""
        now, breaker = self.clock.monotonic(), self.breaker
        self._calls[type(error).__name__ if error else "answered"] += 1
        match error:
            case None | CodatAnswerInvalid() | CodatNotFound() | CodatLimitReached():
                breaker.succeeded(permit, now)
            case CodatKeyRefused():
                wait = LONGEST_MISCONFIGURED.total_seconds()
                breaker.refused(BreakerState.MISCONFIGURED, wait, now)
            case CodatRateLimited() if error.retry_after > BRIEFLY:
                wait = error.retry_after.total_seconds()
                breaker.refused(BreakerState.RATE_LIMITED, wait, now)
            case _:
                breaker.failed(permit, now)
        if error is None:
            self._distrusted = False
        self._tell()

    def called_off(self, permit: Permit) -> None:
        """Nobody waited for the end of the call, or it could not be made for want of room."""
        self._calls["called off"] += 1
        self.breaker.called_off(permit, self.clock.monotonic())

    def distrusts(self, reason: str) -> None:
        """Alert an operator, once until Codat was reached again: this may not be Codat."""
        if not self._distrusted:
            log.error("Codat's side of the connection is not trusted: %s", reason)
        self._distrusted = True

    @property
    def traffic(self) -> Traffic:
        """How it goes."""
        return Traffic(
            breaker=self.breaker.state(self.clock.monotonic()),
            closed=self.closed,
            quota=self.quota.today,
            calls=dict(self._calls),
            second_tries=dict(self._second_tries),
            spared=dict(self._spared),
        )

    @property
    def closed(self) -> CodatUnavailable | None:
        """What a start would be told now without a call being made; none where one would be."""
        now = self.clock.monotonic()
        state = self.breaker.state(now)
        if state not in {BreakerState.CLOSED, BreakerState.PROBING}:
            return _told(state, self.breaker.wait(now))
        if self.quota.only_the_share_is_left:
            return CodatRateLimited(retry_after=self.quota.renewed_in, asked=False)
        return None

    def _tell(self) -> None:
        """Log that the breaker opened, or closed; not each time that a probe failed."""
        standing = self.breaker.standing
        if standing is self._told:
            return
        self._told = standing
        match standing:
            case BreakerState.CLOSED:
                log.info("Codat is asked again.")
            case BreakerState.MISCONFIGURED:
                # Nobody but an operator can mend this.
                log.error("Codat refuses the API key; it is asked once a minute until it does not")
            case _:
                log.warning("Codat is not asked for a while: %s", standing.value)


def _told(state: BreakerState, seconds: float) -> CodatUnavailable:
    """What is said in place of a call, while the breaker is in this *state*."""
    wait = dt.timedelta(seconds=seconds)
    match state:
        case BreakerState.RATE_LIMITED:
            return CodatRateLimited(retry_after=wait, asked=False)
        case BreakerState.MISCONFIGURED:
            return CodatKeyRefused(retry_after=wait, asked=False)
        case _:
            return CodatUnavailable(retry_after=wait, asked=False)
