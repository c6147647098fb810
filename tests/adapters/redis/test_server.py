"""What asking Redis costs on a bad day, and how it is found again."""

import asyncio
import logging
import time

import pytest

from adapters.redis.server import AT_ONCE, BUDGET, LOOKS, PROBES, RedisServer
from adapters.redis.wire import Refused
from domain.errors import StorageUnavailable
from tests.adapters.branding.upstream import until
from tests.fakes.redis import FakeRedis


pytestmark = pytest.mark.anyio

SOON, NEVER = 0.001, 3600.0
READ_ONLY = Refused("it is a replica that cannot be written", about_all=True)


def told_by(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the server logged."""
    names = "adapters.redis.server"
    return [record.getMessage() for record in caplog.records if record.name == names]


async def reason_of(server: RedisServer) -> str:
    with pytest.raises(StorageUnavailable) as caught:
        await server.ask("GET", "a")
    return caught.value.reason


async def test_what_is_asked_is_answered_in_order_and_together() -> None:
    redis = FakeRedis(refuses={"TWO": Refused("it holds something else", about_all=False)})
    async with RedisServer(redis.open) as server:
        answers = await asyncio.gather(
            server.ask("ONE"), server.ask("TWO"), server.ask("THREE"), return_exceptions=True
        )

    assert [list(PROBES)] == redis.sent[:1]
    assert [[("ONE",), ("TWO",), ("THREE",)]] == redis.sent[1:]
    assert [b"OK", b"OK"] == [answers[0], answers[2]]
    assert isinstance(answers[1], StorageUnavailable)
    assert server.outages == 0


async def test_a_crowd_goes_in_several_lots() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open) as server:
        await asyncio.gather(*(server.ask("GET", number) for number in range(AT_ONCE + 1)))

    assert [len(PROBES), AT_ONCE, 1] == [len(lot) for lot in redis.sent]
    assert list(range(AT_ONCE + 1)) == [command[1] for lot in redis.sent[1:] for command in lot]


async def test_who_asks_in_silence_waits_ten_looks_of_five_milliseconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waited: list[float | None] = []

    async def wait(
        futures: set[asyncio.Future[object]],
        *,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio.wait has it
    ) -> tuple[set[asyncio.Future[object]], set[asyncio.Future[object]]]:
        waited.append(timeout)
        await asyncio.sleep(0)
        return set(), futures

    redis = FakeRedis()
    async with RedisServer(redis.open, pause=NEVER) as server:
        redis.silent = True
        monkeypatch.setattr(asyncio, "wait", wait)
        reason = await reason_of(server)
        monkeypatch.undo()

    assert [BUDGET / LOOKS] * LOOKS == waited
    assert pytest.approx(0.05) == sum(filter(None, waited))
    assert "Redis cannot be used: it does not answer within 50 ms" == reason


async def test_an_outage_costs_those_who_ask_at_its_beginning_and_nobody_after_them() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open, pause=NEVER) as server:
        redis.silent = True
        first = await asyncio.gather(*(reason_of(server) for _ in range(3)))
        asked = len(redis.sent)
        after = [await reason_of(server) for _ in range(1000)]
        server.tell("SET", "a", "b")

    assert 1 == len({*first, *after})
    assert asked == len(redis.sent)
    assert 1 == server.outages
    assert redis.closed == redis.opened == 1


async def test_a_busy_event_loop_is_not_taken_for_a_slow_redis() -> None:
    redis = FakeRedis(turns=4)
    async with RedisServer(redis.open) as server:
        asking = [asyncio.create_task(server.ask("GET", "a")) for _ in range(3)]
        for _ in range(4):
            await asyncio.sleep(0)
            time.sleep(BUDGET * 1.2)  # noqa: ASYNC251 - it is to block the loop

        assert [b"OK"] * 3 == await asyncio.gather(*asking)
        assert 0 == server.outages


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        ({"breaks": "the connection broke"}, "the connection broke"),
        ({"refuses": {"GET": READ_ONLY}}, READ_ONLY.reason),
    ],
)
async def test_what_is_wrong_with_all_of_it_ends_its_use_until_it_is_well_again(
    trouble: dict[str, object], told: str
) -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open, pause=SOON) as server:
        for name, value in trouble.items():
            setattr(redis, name, value)
        assert f"Redis cannot be used: {told}" == await reason_of(server)
        redis.breaks, redis.refuses = None, {}
        await until(lambda: server.away is None)

        assert b"OK" == await server.ask("GET", "a")
        assert 1 == server.outages
    assert redis.closed == redis.opened == 2


async def test_what_is_wrong_with_one_key_is_told_and_no_more() -> None:
    redis = FakeRedis(refuses={"GET": Refused("it holds something else", about_all=False)})
    async with RedisServer(redis.open) as server:
        assert "it holds something else" in await reason_of(server)
        assert b"OK" == await server.ask("SET", "a", "b")
        assert server.away is None


@pytest.mark.parametrize(
    ("redis", "why"),
    [
        (FakeRedis(down="it cannot be reached"), "it cannot be reached"),
        (FakeRedis(silent=True), "it does not answer within 50 ms"),
        (FakeRedis(refuses={"SET": READ_ONLY}), READ_ONLY.reason),
        (FakeRedis(breaks="it is no Redis"), "it is no Redis"),
    ],
    ids=["down", "silent", "read-only", "broken"],
)
async def test_the_service_starts_without_it_and_finds_it_later(
    redis: FakeRedis, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapters.redis.server")
    async with RedisServer(redis.open, pause=SOON) as server:
        assert why == server.away
        redis.down, redis.silent, redis.breaks, redis.refuses = None, False, None, {}
        await until(lambda: server.away is None)
        await server.ping()

    lines = told_by(caplog)
    assert [f"Redis is done without: {why}", "Redis is in use again."] == lines
    assert redis.closed == redis.opened


async def test_while_it_is_away_only_what_is_new_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    redis = FakeRedis(down="one thing")
    async with RedisServer(redis.open, pause=SOON) as server:
        await asyncio.sleep(SOON * 10)
        redis.down = "another"
        await until(lambda: server.away == "another")
        await asyncio.sleep(SOON * 10)

    lines = told_by(caplog)
    assert ["Redis is done without: one thing", "Redis is still done without: another"] == lines


async def test_a_connection_that_takes_for_ever_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("adapters.redis.server.CONNECTING", 0.001)

    async def for_ever() -> object:
        await asyncio.Event().wait()
        raise AssertionError

    async with RedisServer(for_ever, pause=NEVER) as server:  # type: ignore[arg-type]  # it never returns
        assert "it cannot be reached in time" == server.away


async def test_what_was_told_is_sent_before_the_connection_is_closed() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open) as server:
        server.tell("SET", "a", "b")

    assert [[("SET", "a", "b")]] == redis.sent[1:]
    assert redis.closed == redis.opened == 1


async def test_who_waits_at_the_end_is_told_and_nobody_can_ask_afterwards() -> None:
    redis = FakeRedis()
    server = RedisServer(redis.open)
    async with server:
        redis.silent = True
        waiting = asyncio.create_task(reason_of(server))
        await asyncio.sleep(0)

    assert "Redis cannot be used" in await waiting
    assert "the connection is closed" in await reason_of(server)
    assert "the connection is not open" in await reason_of(RedisServer(redis.open))


async def test_who_stops_waiting_does_not_disturb_the_others() -> None:
    redis = FakeRedis()
    async with RedisServer(redis.open) as server:
        gone, patient = (asyncio.create_task(server.ask("GET", name)) for name in "ab")
        await asyncio.sleep(0)
        gone.cancel()

        assert b"OK" == await patient
        assert b"OK" == await server.ask("GET", "c")
