"""What the numbers tell of the Redis that replicas share."""

import httpx
import pytest

from adapters.redis.server import RedisServer
from domain.errors import StorageUnavailable
from entrypoints.web.app import create_app
from tests.entrypoints.web.asking import ask
from tests.fakes.redis import FakeRedis
from tests.support import PUBLIC_URL, make_container, make_settings


pytestmark = pytest.mark.anyio


async def numbers(redis: RedisServer, url: str | None) -> list[str]:
    """The lines of the metrics about the cache."""
    container = make_container(settings=make_settings(cache_url=url))
    container.redis.override(redis)
    answer = await ask(create_app(container), httpx.Request("GET", f"{PUBLIC_URL}/metrics"))
    lines = answer.text.splitlines()
    # When a counter began is the library's own addition.
    told = [line for line in lines if "_created" not in line]
    return [line for line in told if line.startswith("tillbridge_cache")]


async def test_they_tell_whether_it_is_in_use_and_how_often_it_went_away() -> None:
    url, fake = "redis://:password@cache.test/0", FakeRedis()
    async with RedisServer(fake.open, pause=3600) as redis:
        before = await numbers(redis, url)
        fake.breaks = "the connection broke"
        with pytest.raises(StorageUnavailable):
            await redis.ping()
        after = await numbers(redis, url)

    assert ["tillbridge_cache_up 1.0", "tillbridge_cache_outages_total 0.0"] == before
    assert ["tillbridge_cache_up 0.0", "tillbridge_cache_outages_total 1.0"] == after


async def test_without_one_they_tell_nothing() -> None:
    assert [] == await numbers(RedisServer(FakeRedis().open), None)
