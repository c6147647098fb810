from typing import Any

import pytest

from domain.model.caller import Grant
from domain.model.merchant import Merchant
from tests.entrypoints.web.asking import SHOP, Service, problem
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

TOKENS = "/v1/connect-tokens"


async def test_the_backend_mints_a_token_for_one_minute(service: Service) -> None:
    answer = await service.post(TOKENS, json={"merchantIdentifier": "m-1"})

    (token,) = service.world.tokens.issued
    assert 201 == answer.status_code
    assert "no-store" == answer.headers["cache-control"]
    assert {
        "token": token,
        "url": f"{PUBLIC_URL}/connect#token={token}",
        "expiresAt": "2026-11-23T09:01:00Z",
    } == answer.json()


async def test_everything_that_is_said_of_the_merchant_is_kept(service: Service) -> None:
    token = await service.token(
        merchantName=" Toast & Co ",
        returnTo="home",
        locale="de_CH",
        integrations=["gbol", "qhyg"],
    )

    (kept,) = (g for secret, g in service.world.tokens.unspent.items() if secret == token)
    merchant = Merchant(identifier=kept.grant.merchant.identifier, name="Toast & Co")
    narrowed = frozenset(kept.grant.integrations or ())
    assert {"gbol", "qhyg"} == narrowed
    assert (
        Grant(
            merchant=merchant,
            integrations=narrowed,
            return_to=kept.grant.return_to,
            locale="de-CH",
        )
        == kept.grant
    )
    assert "home" == kept.grant.return_to


async def test_the_registered_address_itself_names_it_too(service: Service) -> None:
    token = await service.token(returnTo=f"{SHOP}/done")

    assert "home" == next(
        g.grant.return_to for s, g in service.world.tokens.unspent.items() if s == token
    )


async def test_a_merchant_cannot_mint_tokens_not_even_for_itself(service: Service) -> None:
    for headers in (service.merchant("m-1"), await service.browser("m-1")):
        before = len(service.world.tokens.issued)

        answer = await service.post(TOKENS, headers, json={"merchantIdentifier": "m-1"})

        assert (403, "backend-only") == problem(answer)
        assert before == len(service.world.tokens.issued)


@pytest.mark.parametrize(
    ("about", "field"),
    [
        ({"merchantName": "a\nb"}, "merchantName"),
        ({"merchantName": "\u202eeldooN"}, "merchantName"),
        ({"merchantName": "a" * 201}, "merchantName"),
        ({"merchantName": 5}, "merchantName"),
        ({"returnTo": "https://evil.test"}, "returnTo"),
        ({"returnTo": f"{SHOP}/done/../x"}, "returnTo"),
        ({"returnTo": "HOME"}, "returnTo"),
        ({"returnTo": "javascript:alert(1)"}, "returnTo"),
        ({"locale": "en; q=1"}, "locale"),
        ({"locale": ""}, "locale"),
        ({"integrations": []}, "integrations"),
        ({"integrations": "gbol"}, "integrations"),
        ({"integrations": ["gbol", "LQAI"]}, "integrations[1]"),
        ({"integrations": [None]}, "integrations[0]"),
        ({"integrations": ["gbol", "lqai"]}, "integrations[1]"),
        ({"integrations": ["zzzz"]}, "integrations[0]"),
        ({"integrations": ["fztf"]}, "integrations[0]"),
        ({"merchantIdentifier": ""}, "merchantIdentifier"),
        ({"merchantIdentifier": ["m-1"]}, "merchantIdentifier"),
        ({"merchant_identifier": "m-1"}, "merchant_identifier"),
        ({"admin": True}, "admin"),
    ],
)
async def test_a_value_of_the_wrong_shape_is_named(
    service: Service, about: dict[str, Any], field: str
) -> None:
    answer = await service.post(TOKENS, json={"merchantIdentifier": "m-1", **about})

    assert (400, "input-invalid") == problem(answer)
    assert [field] == [error["field"] for error in answer.json()["errors"]]
    assert [] == service.world.tokens.issued


async def test_what_is_missing_is_named(service: Service) -> None:
    answer = await service.post(TOKENS, json={})

    assert (400, "input-invalid") == problem(answer)
    assert ["merchantIdentifier"] == [error["field"] for error in answer.json()["errors"]]


async def test_no_token_is_given_out_that_could_not_be_stored(service: Service) -> None:
    service.world.tokens.storage_fails = True

    answer = await service.post(TOKENS, json={"merchantIdentifier": "m-1"})

    assert (503, "storage-unavailable") == problem(answer)
