"""Issuing and redeeming connect tokens: two use cases, one story."""

import asyncio
import datetime as dt

import pytest

from domain.errors import BackendOnly, ConnectTokenRefused, InputRefused, StorageUnavailable
from domain.ids import LogoName, MerchantIdentifier, PlatformKey, ReturnName, Secret
from domain.model.brand import Brand
from domain.model.caller import Grant, MerchantCaller
from domain.model.colour import Colour
from domain.model.merchant import Merchant
from tests.domain.use_cases.product import Product
from tests.domain.world import BACKEND, a_merchant


pytestmark = pytest.mark.anyio


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
    assert expected == await product.redeem_connect_token.claim(token.secret)
    assert product.world.clock.now() + dt.timedelta(seconds=60) == token.expires_at


async def test_a_token_needs_only_a_merchant(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    expected = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
    assert expected == await product.redeem_connect_token.claim(token.secret)


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
    grant = await product.redeem_connect_token.claim(first.secret)

    second = await product.issue_connect_token.renew(grant)

    assert first.secret != second.secret
    assert grant == await product.redeem_connect_token.claim(second.secret)


async def test_a_token_works_once_even_for_64_at_the_same_time(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")

    async def claim() -> Grant | None:
        try:
            return await product.redeem_connect_token.claim(token.secret)
        except ConnectTokenRefused:
            return None

    claimed = await asyncio.gather(*(claim() for _ in range(64)))

    assert 1 == len([grant for grant in claimed if grant is not None])


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
    assert "m-1" == claimed.merchant.identifier


async def test_setting_the_clock_back_does_not_revive_a_spent_token(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    await product.redeem_connect_token.claim(token.secret)

    product.world.clock.set_back(3600)

    with pytest.raises(ConnectTokenRefused):
        await product.redeem_connect_token.claim(token.secret)


async def test_a_login_is_recognised_for_a_quarter_of_an_hour(product: Product) -> None:
    redeem, grant = product.redeem_connect_token, a_merchant().grant
    login = await redeem.log_in(grant)

    product.world.clock.advance(15 * 60 - 0.001)
    assert MerchantCaller(grant=grant) == await redeem.recognise(login.secret)
    product.world.clock.advance(0.001)
    assert await redeem.recognise(login.secret) is None
    assert product.world.clock.now() == login.expires_at


async def test_a_login_has_a_name_that_nobody_brought_along(product: Product) -> None:
    redeem = product.redeem_connect_token
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    grant = await redeem.claim(token.secret)

    logins = [await redeem.log_in(grant) for _ in range(3)]

    assert 4 == len({token.secret, *(login.secret for login in logins)})
    assert await redeem.recognise(token.secret) is None


async def test_a_new_login_ends_the_old_one(product: Product) -> None:
    redeem = product.redeem_connect_token
    old = await redeem.log_in(a_merchant("m-1").grant)

    new = await redeem.log_in(a_merchant("m-2").grant, instead_of=old.secret)

    assert await redeem.recognise(old.secret) is None
    assert a_merchant("m-2") == await redeem.recognise(new.secret)


async def test_an_unknown_cookie_stands_for_nobody(product: Product) -> None:
    assert await product.redeem_connect_token.recognise(Secret("never-issued")) is None


async def test_where_nothing_can_be_kept_nobody_is_let_in(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    product.world.tokens.storage_fails = product.world.browsers.storage_fails = True

    with pytest.raises(StorageUnavailable):
        await product.redeem_connect_token.claim(token.secret)
    with pytest.raises(StorageUnavailable):
        await product.redeem_connect_token.log_in(a_merchant().grant)


async def test_neither_tokens_nor_logins_show_their_secret(product: Product) -> None:
    token = await product.issue_connect_token(BACKEND, merchant_identifier="m-1")
    login = await product.redeem_connect_token.log_in(a_merchant().grant)

    assert token.secret not in repr(token)
    assert login.secret not in repr(login)


async def test_a_ticket_stands_for_whom_its_login_does_and_ends_with_it(product: Product) -> None:
    grant = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
    login = await product.redeem_connect_token.log_in(grant)
    product.world.clock.advance(600)

    ticket = await product.redeem_connect_token.ticket_like(login.secret)

    assert ticket is not None
    assert login.expires_at == ticket.expires_at
    assert login.secret != ticket.secret
    assert str(ticket.secret) not in repr(ticket)
    product.world.clock.advance(299.9)
    assert grant == await product.redeem_connect_token.claim(ticket.secret)


async def test_a_ticket_is_spent_like_any_token(product: Product) -> None:
    grant = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
    ticket = await product.redeem_connect_token.ticket_for(grant)

    await product.redeem_connect_token.claim(ticket.secret)

    assert product.world.clock.now() + dt.timedelta(minutes=15) == ticket.expires_at
    with pytest.raises(ConnectTokenRefused):
        await product.redeem_connect_token.claim(ticket.secret)


async def test_without_a_login_there_is_no_ticket(product: Product) -> None:
    grant = Grant(merchant=Merchant(identifier=MerchantIdentifier("m-1")))
    login = await product.redeem_connect_token.log_in(grant)
    product.world.clock.advance(900)

    assert await product.redeem_connect_token.ticket_like(login.secret) is None
    assert await product.redeem_connect_token.ticket_like(Secret("unknown")) is None
    assert [] == product.world.tokens.issued
