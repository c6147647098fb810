"""What a start does on Codat's bad days, and what it costs those who are not to blame."""

import asyncio
import datetime as dt

import pytest

from adapters.merchant_turns.in_process import InProcessTurns
from adapters.start_limits.in_process import InProcessLimits
from domain.errors import (
    CodatConnectionLost,
    CodatError,
    CodatNotFound,
    CodatTimedOut,
    CodatUnavailable,
    IntegrationUnknown,
    TooManyRequests,
)
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.catalogue import WhyLeftOut
from domain.model.rate import Rate
from domain.model.sync_session import Happening, SyncSessionStatus
from domain.ports.codat_gateway import Quota, Traffic
from domain.use_cases.list_integrations import ListIntegrations
from domain.use_cases.start_redirect import LONGEST, WORTH_IT, StartRedirect
from tests.domain.use_cases.product import PUBLIC_URL, Product, happenings
from tests.domain.world import BACKEND, FakeWorld, a_merchant
from tests.fakes.clock import FakeClock


pytestmark = pytest.mark.anyio

XERO, QUICKBOOKS = PlatformKey("gbol"), PlatformKey("qhyg")


def starting(product: Product, listing: ListIntegrations | None = None) -> StartRedirect:
    """A use case that lasts, with turns and limits as they are in the product."""
    world = product.world
    return StartRedirect(
        connector=product.connector,
        integrations=listing or product.list_integrations,
        codat=world.codat,
        sessions=world.sessions,
        turns=InProcessTurns(),
        limits=InProcessLimits(
            per_merchant=(Rate(10, dt.timedelta(minutes=1)),),
            per_key=(),
            together=(Rate(300, dt.timedelta(minutes=1)),),
            clock=world.clock,
        ),
        clock=world.clock,
        ids=world.ids,
        public_url=PUBLIC_URL,
    )


# Limits.


async def test_a_start_beyond_the_limit_asks_nothing_and_writes_nothing(product: Product) -> None:
    session = await product.opened()
    product.world.limits.most = 1
    await product.redirected(session)
    before, asked = await product.stored(session), product.world.codat.calls["start_sync_flow"]

    with pytest.raises(TooManyRequests) as refused:
        await product.start_redirect(session.id, BACKEND)

    assert "merchant" == refused.value.limit
    assert before == await product.stored(session)
    assert asked == product.world.codat.calls["start_sync_flow"]


async def test_a_start_counts_for_the_merchant_and_for_the_key_that_asks(product: Product) -> None:
    session = await product.opened()

    await product.start_redirect(session.id, BACKEND)
    await product.start_redirect(session.id, a_merchant())

    merchant = MerchantIdentifier("m-1")
    assert [(merchant, BACKEND.name), (merchant, None)] == product.world.limits.admitted


async def test_what_is_not_on_offer_counts_for_nobody(product: Product) -> None:
    session = await product.opened()
    product.world.codat.integrations_reported.clear()
    product.world.clock.advance(3600)
    await product.list_integrations(BACKEND)
    await product.world.cache.settle()

    with pytest.raises(IntegrationUnknown):
        await product.start_redirect(session.id, BACKEND)

    assert [] == product.world.limits.admitted


async def test_one_looping_merchant_neither_starves_nor_delays_the_others() -> None:
    product = Product()
    start = starting(product)
    looping, other = await product.opened("m-1"), await product.opened("m-2")
    at_once = most = 0

    async def take_a_moment() -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1

    product.world.codat.interruptions["start_sync_flow"] = take_a_moment
    answers = await asyncio.gather(
        *(start(looping.id, BACKEND) for _ in range(50)), return_exceptions=True
    )
    assert (await start(other.id, BACKEND)).session.redirects

    refused = [answer for answer in answers if isinstance(answer, TooManyRequests)]
    assert ({"merchant"}, 40) == ({answer.limit for answer in refused}, len(refused))
    # Those who are let in still take turns.
    assert (1, 11) == (most, product.world.codat.calls["start_sync_flow"])


# Time.


async def test_codat_has_what_is_left_of_eight_seconds(product: Product) -> None:
    session = await product.opened()

    await product.start_redirect(session.id, BACKEND)

    assert [pytest.approx(LONGEST)] == product.world.codat.patience
    assert LONGEST < 8


@pytest.mark.parametrize(("waited", "patience"), [(3.0, 4.8), (5.5, 2.3)])
async def test_whoever_waited_in_line_leaves_codat_less(waited: float, patience: float) -> None:
    product = Product()
    start, session = starting(product), await product.opened()
    clock: FakeClock = product.world.clock

    async with start.turns.turn(session.merchant):
        waiting = asyncio.create_task(start(session.id, BACKEND))
        await asyncio.sleep(0.01)
        clock.advance(waited)
    await waiting

    assert [pytest.approx(patience)] == product.world.codat.patience


async def test_whoever_waited_too_long_is_told_to_come_again_before_anything_is_written() -> None:
    product = Product()
    start, session = starting(product), await product.opened()

    async with start.turns.turn(session.merchant):
        waiting = asyncio.create_task(start(session.id, BACKEND))
        await asyncio.sleep(0.01)
        product.world.clock.advance(LONGEST - WORTH_IT + 0.1)
    with pytest.raises(TooManyRequests) as refused:
        await waiting

    assert ("turns", dt.timedelta(seconds=1)) == (refused.value.limit, refused.value.retry_after)
    assert session == await product.stored(session)
    assert [] == product.world.codat.patience


# Two outcomes.


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (CodatUnavailable(), Happening.REDIRECT_FAILED),
        (CodatUnavailable(asked=False), Happening.REDIRECT_FAILED),
        (CodatTimedOut(), Happening.REDIRECT_UNKNOWN),
        (CodatConnectionLost(), Happening.REDIRECT_UNKNOWN),
    ],
)
async def test_failed_and_unknown_are_told_apart_and_both_can_start_again(
    product: Product, error: CodatError, what: Happening
) -> None:
    session = await product.opened()
    product.world.codat.fail_next("start_sync_flow", error)

    with pytest.raises(type(error)):
        await product.start_redirect(session.id, BACKEND)

    stored = await product.stored(session)
    assert (what, SyncSessionStatus.OPEN) == (happenings(stored)[-1], stored.status)
    assert await product.redirected(session)


# F8: what Codat lists and does not know.


async def test_what_codat_does_not_know_is_withdrawn_until_the_next_list() -> None:
    product = Product(world=FakeWorld())
    listing = product.list_integrations
    start, session = starting(product, listing), await product.opened()
    await listing(BACKEND)
    product.world.codat.fail_next("start_sync_flow", CodatNotFound())

    with pytest.raises(IntegrationUnknown):
        await start(session.id, BACKEND)

    catalogue = (await listing(BACKEND)).catalogue
    keys = [integration.key for integration in catalogue.offered]
    assert XERO not in keys
    assert QUICKBOOKS in keys
    assert WhyLeftOut.WITHDRAWN in {out.why for out in catalogue.left_out if out.key == XERO}
    assert 1 == listing.withdrawn
    with pytest.raises(IntegrationUnknown):
        await start(session.id, BACKEND)
    assert 1 == product.world.codat.calls["start_sync_flow"]

    product.world.clock.advance(3600)
    await listing(BACKEND)
    await product.world.cache.settle()
    assert XERO in [i.key for i in (await listing(BACKEND)).catalogue.offered]
    assert (await start(session.id, BACKEND)).session.redirects


def test_nothing_is_withdrawn_of_what_was_never_listed(product: Product) -> None:
    listing = product.list_integrations

    listing.withdraw(XERO)

    assert 0 == listing.withdrawn


# What the doctor sees of the quota.


@pytest.mark.parametrize(("remaining", "passed"), [(5000, True), (101, True), (100, False)])
async def test_the_doctor_minds_a_quota_that_is_nearly_used_up(
    product: Product, remaining: int, *, passed: bool
) -> None:
    quota = Quota(limit=1000, remaining=remaining, as_of=product.world.clock.now())
    product.world.codat.passing = Traffic(quota=quota)

    (check,) = [c for c in await product.check_setup(BACKEND) if "Quota" == c.name]

    assert (passed, passed) == (check.passed, check.remedy is None)
    assert f"{remaining} of 1000 requests are left today" == check.detail


async def test_where_codat_tells_no_quota_the_doctor_looks_at_none(product: Product) -> None:
    assert "Quota" not in {check.name for check in await product.check_setup(BACKEND)}
