"""Issuing and redeeming connect tokens: two use cases, one story."""

import asyncio
import datetime as dt
import re

import pytest
from hypothesis import given

from domain.errors import BackendOnly, ConnectTokenRefused, InputRefused, StorageUnavailable
from domain.ids import LogoName, MerchantIdentifier, PlatformKey, ReturnName, Secret
from domain.model.brand import Brand
from domain.model.caller import NOBODY, Grant, MerchantCaller
from domain.model.colour import Colour
from domain.model.merchant import Merchant
from domain.use_cases.redeem_connect_token import Admission, seconds_left, ticket_of
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant
from tests.fakes.clock import START
from tests.strategies import times


pytestmark = pytest.mark.anyio


async def admitted(product: Product, identifier: str = "m-1") -> Admission:
    """What a merchant has who came in by a connect token just now."""
    token = await product.issue_connect_token(BACKEND, merchant_identifier=identifier)
    return await product.redeem_connect_token.claim(token.secret)


async def test_a_token_stands_for_what_the_backend_said(product: Product) -> None:
    token = await product.issue_connect_token(
        BACKEND,
        merchant_identifier="m-1",
        merchant_name=" Café One ",
        return_to="https://shop.example.test/done",
        locale="fr_CA",
        integrations=["gbol", "qhyg", "gbol"],
        brand={"logo": "acme", "accentColor": "#7A1FA2"},
    )

    expected = Grant(
        merchant=Merchant(identifier=MerchantIdentifier("m-1"), name="Café One"),
        integrations=frozenset({PlatformKey("gbol"), PlatformKey("qhyg")}),
        return_to=ReturnName("home"),
        locale="fr-CA",
        brand=Brand(logo=LogoName("acme"), accent=Colour.parse("#7a1fa2")),
    )
    assert expected == (await product.redeem_connect_token.claim(token.secret)).grant
    assert product.world.clock.now() + dt.timedelta(seconds=60) == token.expires_at


async def test_a_token_needs_only_a_merchant(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    expected = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
    assert expected == (await product.redeem_connect_token.claim(token.secret)).grant


async def test_only_the_backend_issues_tokens(product: Product) -> None:
    with pytest.raises(BackendOnly):
        await product.issue_connect_token(a_merchant(), merchant_identifier="m-1")

    assert [] == product.world.tokens.issued


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"merchant_identifier": "m 1"}, "merchantIdentifier"),
        ({"merchant_identifier": None}, "merchantIdentifier"),
        ({"merchant_name": "\u202eevil"}, "merchantName"),
        ({"return_to": "https://evil.example"}, "returnTo"),
        ({"return_to": ["home"]}, "returnTo"),
        ({"locale": "english"}, "locale"),
        ({"integrations": []}, "integrations"),
        ({"integrations": "gbol"}, "integrations"),
        ({"integrations": {"gbol": True}}, "integrations"),
        ({"integrations": ["gbol", "XERO"]}, "integrations[1]"),
        ({"integrations": [["gbol"]]}, "integrations[0]"),
        ({"brand": "acme"}, "brand"),
        ({"brand": {"logo": "other"}}, "brand.logo"),
        ({"brand": {"accentColor": "#ffcc00"}}, "brand.accentColor"),
    ],
    ids=repr,
)
async def test_a_wrong_value_is_named_and_nothing_is_issued(
    product: Product, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        await product.issue_connect_token(BACKEND, **{"merchant_identifier": "m-1", **wrong})

    assert field == refused.value.field
    assert [] == product.world.tokens.issued


async def test_a_token_that_cannot_be_kept_is_not_issued(product: Product) -> None:
    product.world.tokens.storage_fails = True

    with pytest.raises(StorageUnavailable):
        await product.issue_connect_token(BACKEND, merchant_identifier="m-1")


async def test_every_token_is_another_one(product: Product) -> None:
    tokens = [
        await product.issue_connect_token(BACKEND, merchant_identifier="m-1") for _ in range(5)
    ]

    assert 5 == len({token.secret for token in tokens})


async def test_a_token_can_be_renewed_for_what_it_stood_for(product: Product) -> None:
    first = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    admission = await product.redeem_connect_token.claim(first.secret)
    product.world.clock.advance(600)

    second = await product.issue_connect_token.renew(admission.grant, visit_ends=admission.ends_at)

    assert first.secret != second.secret
    assert product.world.clock.now() + dt.timedelta(seconds=60) == second.expires_at
    assert admission == await product.redeem_connect_token.claim(second.secret)


async def test_a_token_is_not_renewed_beyond_the_end_of_its_visit(product: Product) -> None:
    ends = product.world.clock.now() + dt.timedelta(seconds=10)

    renewed = await product.issue_connect_token.renew(a_merchant().grant, visit_ends=ends)

    assert ends == renewed.expires_at


async def test_a_token_works_once_even_for_64_at_the_same_time(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    async def claim() -> Admission | None:
        try:
            return await product.redeem_connect_token.claim(token.secret)
        except ConnectTokenRefused:
            return None

    claimed = await asyncio.gather(*(claim() for _ in range(64)))

    assert 1 == len([admission for admission in claimed if admission is not None])


async def test_unknown_spent_and_expired_tokens_are_refused_alike(product: Product) -> None:
    spent = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    await product.redeem_connect_token.claim(spent.secret)
    expired = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    product.world.clock.advance(60)

    refusals = []
    for secret in (Secret("never-issued"), spent.secret, expired.secret):
        with pytest.raises(ConnectTokenRefused) as refused:
            await product.redeem_connect_token.claim(secret)
        refusals.append((type(refused.value), str(refused.value), refused.value.args))

    assert 1 == len(set(refusals))


async def test_a_token_works_until_its_last_moment(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    product.world.clock.advance(59.999)

    claimed = await product.redeem_connect_token.claim(token.secret)
    assert "m-1" == claimed.grant.merchant.identifier


async def test_setting_the_clock_back_does_not_revive_a_spent_token(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    await product.redeem_connect_token.claim(token.secret)

    product.world.clock.set_back(3600)

    with pytest.raises(ConnectTokenRefused):
        await product.redeem_connect_token.claim(token.secret)


async def test_a_login_is_recognised_for_a_quarter_of_an_hour(product: Product) -> None:
    redeem, grant = product.redeem_connect_token, a_merchant().grant
    login = await redeem.log_in(await admitted(product))

    product.world.clock.advance(15 * 60 - 0.001)
    assert MerchantCaller(grant=grant) == await redeem.recognise(login.secret)
    product.world.clock.advance(0.001)
    assert await redeem.recognise(login.secret) is None
    assert product.world.clock.now() == login.expires_at


async def test_a_login_has_a_name_that_nobody_brought_along(product: Product) -> None:
    redeem = product.redeem_connect_token
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    admission = await redeem.claim(token.secret)

    logins = [await redeem.log_in(admission) for _ in range(3)]

    assert 4 == len({token.secret, *(login.secret for login in logins)})
    assert await redeem.recognise(token.secret) is None


async def test_a_new_login_ends_the_old_one(product: Product) -> None:
    redeem = product.redeem_connect_token
    old = await redeem.log_in(await admitted(product, "m-1"))

    new = await redeem.log_in(await admitted(product, "m-2"), instead_of=old.secret)

    assert await redeem.recognise(old.secret) is None
    assert a_merchant("m-2") == await redeem.recognise(new.secret)


async def test_an_unknown_cookie_stands_for_nobody(product: Product) -> None:
    assert await product.redeem_connect_token.recognise(Secret("never-issued")) is None


async def test_where_nothing_can_be_kept_nobody_is_let_in(product: Product) -> None:
    admission = await admitted(product)
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    product.world.tokens.storage_fails = product.world.browsers.storage_fails = True

    with pytest.raises(StorageUnavailable):
        await product.redeem_connect_token.claim(token.secret)
    with pytest.raises(StorageUnavailable):
        await product.redeem_connect_token.log_in(admission)


async def test_neither_tokens_nor_logins_show_their_secret(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    login = await product.redeem_connect_token.log_in(await admitted(product))

    assert token.secret not in repr(token)
    assert login.secret not in repr(login)


async def test_a_ticket_stands_for_whom_its_login_does_and_ends_with_it(product: Product) -> None:
    redeem, grant = product.redeem_connect_token, a_merchant().grant
    login = await redeem.log_in(await admitted(product), ticketed=True)
    ticket = ticket_of(login.secret)

    product.world.clock.advance(899.9)
    came_in = [await redeem.admit(ticket) for _ in range(2)]

    expected = Admission(grant=grant, ends_at=login.expires_at, agreed=True)
    assert [expected] * 2 == came_in
    product.world.clock.advance(0.1)
    with pytest.raises(ConnectTokenRefused):
        await redeem.admit(ticket)


async def test_what_a_ticket_opens_ends_with_the_ticket(product: Product) -> None:
    redeem = product.redeem_connect_token
    login = await redeem.log_in(await admitted(product), ticketed=True)
    product.world.clock.advance(600)

    other = await redeem.log_in(await redeem.admit(ticket_of(login.secret)), ticketed=True)
    third = await redeem.admit(ticket_of(other.secret))

    assert login.expires_at == other.expires_at == third.ends_at
    assert login.secret != other.secret


async def test_a_ticket_is_neither_a_token_nor_a_login(product: Product) -> None:
    redeem = product.redeem_connect_token
    login = await redeem.log_in(await admitted(product), ticketed=True)
    ticket = ticket_of(login.secret)

    assert await redeem.recognise(ticket) is None
    for claiming in (redeem.claim(ticket), redeem.claim_for_component(ticket)):
        with pytest.raises(ConnectTokenRefused):
            await claiming
    with pytest.raises(ConnectTokenRefused):
        await redeem.admit(login.secret)
    assert re.fullmatch(r"[\w-]{43}", ticket)


async def test_only_a_login_that_is_to_have_one_has_a_ticket(product: Product) -> None:
    redeem = product.redeem_connect_token
    login = await redeem.log_in(await admitted(product))

    with pytest.raises(ConnectTokenRefused):
        await redeem.admit(ticket_of(login.secret))


async def test_the_ticket_of_a_login_ends_when_another_takes_its_place(product: Product) -> None:
    redeem = product.redeem_connect_token
    old = await redeem.log_in(await admitted(product), ticketed=True)

    await redeem.log_in(await admitted(product), instead_of=old.secret)

    with pytest.raises(ConnectTokenRefused):
        await redeem.admit(ticket_of(old.secret))


async def test_where_a_ticket_counts_a_token_does_and_once(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    came_in = await product.redeem_connect_token.admit(token.secret)

    ends_at = product.world.clock.now() + dt.timedelta(minutes=15)
    assert Admission(grant=a_merchant().grant, ends_at=ends_at, agreed=False) == came_in
    with pytest.raises(ConnectTokenRefused):
        await product.redeem_connect_token.admit(token.secret)


async def test_who_says_that_the_merchant_may_change_is_not_asked(product: Product) -> None:
    redeem, present = product.redeem_connect_token, a_merchant("m-2")
    tokens = [
        (await product.issue_connect_token(BACKEND, merchant_identifier="m-1")).secret
        for _ in range(4)
    ]

    came_in = [
        await accept(token, agreed=agreed)
        for token, accept, agreed in zip(
            tokens,
            [redeem.claim, redeem.claim, redeem.admit, redeem.admit],
            [False, True, False, True],
            strict=True,
        )
    ]

    assert [True, False, True, False] == [redeem.must_ask(present, one) for one in came_in]
    assert not redeem.must_ask(a_merchant("m-1"), came_in[0])


@pytest.mark.parametrize("spent", [True, False])
async def test_for_a_day_a_token_tells_how_pages_look_and_nothing_of_whom(
    product: Product,
    spent: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    redeem = product.redeem_connect_token
    token = await product.issue_connect_token(
        BACKEND,
        merchant_identifier="m-1",
        merchant_name="Café One",
        return_to="home",
        locale="fr-CA",
        integrations=["gbol"],
        brand={"logo": "acme"},
    )
    if spent:
        await redeem.claim(token.secret)

    product.world.clock.advance(24 * 3600 - 0.1)
    look = await redeem.look_of(token.secret)

    expected = Grant(
        merchant=NOBODY,
        return_to=ReturnName("home"),
        locale="fr-CA",
        brand=Brand(logo=LogoName("acme")),
    )
    assert expected == look
    with pytest.raises(ConnectTokenRefused):
        await redeem.claim(token.secret)
    product.world.clock.advance(0.1)
    assert await redeem.look_of(token.secret) is None


async def test_nothing_is_kept_of_how_pages_look_where_nothing_was_said(product: Product) -> None:
    token = await product.issue_connect_token(
        BACKEND, merchant_identifier="m-1", merchant_name="Café One", integrations=["gbol"]
    )

    assert [] == product.world.looks.opened
    assert await product.redeem_connect_token.look_of(token.secret) is None


async def test_a_look_that_cannot_be_read_is_none_and_one_that_cannot_be_kept_no_token(
    product: Product,
) -> None:
    about = {"merchant_identifier": "m-1", "locale": "fr"}
    token = await product.issue_connect_token(BACKEND, **about)
    product.world.looks.storage_fails = True

    assert await product.redeem_connect_token.look_of(token.secret) is None
    with pytest.raises(StorageUnavailable):
        await product.issue_connect_token(BACKEND, **about)
    assert 1 == len(product.world.tokens.issued)


async def test_the_component_has_a_ticket_without_a_login(product: Product) -> None:
    redeem = product.redeem_connect_token
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    ticket = await redeem.claim_for_component(token.secret)

    assert product.world.clock.now() + dt.timedelta(minutes=15) == ticket.expires_at
    assert ticket.grant == (await redeem.admit(ticket.secret)).grant
    assert str(ticket.secret) not in repr(ticket)
    assert [] == product.world.browsers.opened
    with pytest.raises(ConnectTokenRefused):
        await redeem.claim_for_component(token.secret)


@given(end=times, now=times)
def test_the_seconds_that_are_left_are_whole_and_none_is_lost(
    end: dt.datetime, now: dt.datetime
) -> None:
    left = seconds_left(end, now)

    if end <= now:
        assert 0 == left
    else:
        assert dt.timedelta(seconds=left - 1) < end - now <= dt.timedelta(seconds=left)


def test_a_visit_that_has_just_begun_lasts_900_seconds() -> None:
    assert 900 == seconds_left(START + dt.timedelta(minutes=15), START)
