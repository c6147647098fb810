"""Limits that all replicas count together, in Redis."""

import datetime as dt
from typing import Final

from adapters.redis.server import PREFIX, RedisServer
from adapters.start_limits.in_process import InProcessLimits
from domain.errors import StorageUnavailable, TooManyRequests
from domain.ids import MerchantIdentifier
from domain.model.rate import Rate
from domain.ports.clock import Clock


ADMIT: Final = """
-- A list for each key: when its starts were, in microseconds of this server's clock. The last but
-- so many is the one that has to be long enough ago. ARGV has, for each key, how many rates there
-- are, and of each how many starts in how many microseconds.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local longest, whose, at = 0, 0, 1
local kept = {}
for i, key in ipairs(KEYS) do
  local newest = redis.call('LINDEX', key, -1)
  if newest and tonumber(newest) > now + 1000000 then
    -- The clock was set back, or another server took over: what is to come says nothing.
    redis.call('DEL', key)
  end
  local most, period = 0, 0
  for _ = 1, ARGV[at] do
    local rate_most, rate_period = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
    local start = redis.call('LINDEX', key, -rate_most)
    if start and tonumber(start) + rate_period - now > longest then
      longest, whose = tonumber(start) + rate_period - now, i
    end
    most, period = math.max(most, rate_most), math.max(period, rate_period)
    at = at + 2
  end
  at = at + 1
  kept[i] = {most, period}
end
if longest > 0 then return {longest, whose} end
for i, key in ipairs(KEYS) do
  redis.call('RPUSH', key, string.format('%.0f', now))
  redis.call('LTRIM', key, -kept[i][1], -1)
  redis.call('PEXPIRE', key, math.ceil(kept[i][2] / 1000))
end
return {0, 0}
"""
MICROSECOND: Final = dt.timedelta(microseconds=1)


class RedisLimits:
    """
    Keeps the StartLimits port over all who share *server*; without any rates, there is no limit.

    Look and count are one script, so that nobody comes between. Time is Redis's own. While Redis
    is away each process counts for itself, and goes by those starts that it saw.
    """

    def __init__(
        self,
        *,
        per_merchant: tuple[Rate, ...],
        per_key: tuple[Rate, ...],
        together: tuple[Rate, ...],
        clock: Clock,
        server: RedisServer,
    ) -> None:
        self._server = server
        self._merchant = _written(per_merchant)
        self._key = _written(per_key)
        self._together = _written(together)
        self._alone = InProcessLimits(
            per_merchant=per_merchant, per_key=per_key, together=together, clock=clock
        )

    async def admit(self, merchant: MerchantIdentifier, key: str | None) -> None:
        """Ask Redis, or else this process."""
        asked = [
            (f"{PREFIX}starts:merchant:{merchant}", self._merchant, "merchant"),
            (f"{PREFIX}starts:all", self._together, "all"),
        ]
        if key is not None:
            asked.append((f"{PREFIX}starts:key:{key}", self._key, "key"))
        asked = [(name, rates, limit) for name, rates, limit in asked if rates]
        if not asked:
            return
        names = [name for name, _, _ in asked]
        rates = [number for _, written, _ in asked for number in written]
        try:
            wait, whose = await self._server.ask("EVAL", ADMIT, len(names), *names, *rates)
        except StorageUnavailable:
            await self._alone.admit(merchant, key)
            return
        if wait > 0:
            raise TooManyRequests(wait * MICROSECOND, asked[whose - 1][2])
        # Should Redis go away, this much is known.
        self._alone.count(merchant, key)


def _written(rates: tuple[Rate, ...]) -> tuple[int, ...]:
    """How many *rates* there are, and each in two numbers; nothing for none."""
    if not rates:
        return ()
    pairs = ((rate.most, rate.period // MICROSECOND) for rate in rates)
    return (len(rates), *(number for pair in pairs for number in pair))
