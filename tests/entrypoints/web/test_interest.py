"""What is coming soon: who may ask to be told of it, and who sees that they did."""

import asyncio

import pytest

from domain.errors import CodatUnavailable
from tests.entrypoints.web.asking import (
    FROM_OUR_PAGE,
    FROM_SHOP,
    Headers,
    Service,
    problem,
    serve,
)
from tests.entrypoints.web.page import read


pytestmark = pytest.mark.anyio

ASKING = "/connect/tgff/interest"
INTEREST = "/v1/interest"


async def asked(service: Service, *merchants: str) -> None:
    """Have *merchants* ask for Sage, a second apart."""
    for merchant in merchants:
        answer = await service.post(ASKING, await service.browser(merchant))
        assert 303 == answer.status_code
        service.world.clock.advance(1)


async def test_a_merchant_asks_and_is_sent_back_to_where_it_asked(service: Service) -> None:
    answer = await service.post(ASKING, await service.browser("m-7"))

    assert (303, b"") == (answer.status_code, answer.content)
    assert "/connect#soon" == answer.headers["location"]
    assert "no-store" == answer.headers["cache-control"]
    assert "set-cookie" not in answer.headers
    assert [("m-7", "tgff")] == [
        (i.merchant, i.platform_key) for i in service.world.interests.written
    ]
    assert 0 == service.minted


async def test_the_answer_has_these_headers_and_no_other(service: Service) -> None:
    answer = await service.post(ASKING, await service.browser())

    expected = {
        "location": "/connect#soon",
        "cache-control": "no-store",
        "content-length": "0",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex, nofollow",
    }
    assert expected == dict(answer.headers)


async def test_the_picker_has_a_button_until_the_merchant_asks(service: Service) -> None:
    browser = await service.browser()
    before = read(await service.get("/connect", browser))
    form = before.form("Tell me when it is ready")
    await service.post(form.action, browser, data=form.fields)

    after = read(await service.get("/connect", browser))

    assert ("post", ASKING) == (form.method, form.action)
    assert [ASKING] == [f.action for f in before.forms if f.action.endswith("/interest")]
    assert [] == [f.action for f in after.forms if f.action.endswith("/interest")]
    assert "You want to hear when it is ready" in after.text
    assert "You want to hear when it is ready" not in before.text
    assert "soon" in {element.attributes.get("id") for element in after.elements}


async def test_other_merchants_still_have_the_button(service: Service) -> None:
    await asked(service, "m-1")

    page = read(await service.get("/connect", await service.browser("m-2")))

    assert ASKING == page.form("Tell me when it is ready").action


async def test_where_the_operator_does_not_want_it_there_is_no_button() -> None:
    service = serve(interest="off")

    page = read(await service.get("/connect", await service.browser()))

    assert "Sage Accounting" in page.text
    assert [] == [f.action for f in page.forms if f.action.endswith("/interest")]


async def test_the_way_back_begins_with_the_path_of_the_public_url() -> None:
    service = serve(public_url="https://connect.example.test/pay", return_urls=None)

    answer = await service.post(ASKING, await service.browser())

    assert "/pay/connect#soon" == answer.headers["location"]


async def test_to_ask_again_and_again_is_to_ask_once(service: Service) -> None:
    browser = await service.browser()

    answers = await asyncio.gather(*(service.post(ASKING, browser) for _ in range(5)))

    assert {303} == {answer.status_code for answer in answers}
    assert 1 == len(service.world.interests.written)
    told = (await service.get("/metrics")).text
    assert 'tillbridge_interest_total{integration="tgff"} 1.0\n' in told


async def test_a_form_of_our_page_is_taken_and_those_of_others_are_not(service: Service) -> None:
    cookie = {"Cookie": (await service.browser())["Cookie"]}
    strangers: list[Headers] = [
        FROM_SHOP,
        {"Origin": "https://evil.test"},
        {"Sec-Fetch-Site": "same-site"},
        {**FROM_OUR_PAGE, "Sec-Fetch-Mode": "cors"},
        {**FROM_OUR_PAGE, "Sec-Purpose": "prefetch"},
    ]

    for headers in strangers:
        answer = await service.post(ASKING, {**cookie, **headers})

        assert 403 == answer.status_code
    assert [] == service.world.interests.written
    assert 303 == (await service.post(ASKING, {**cookie, **FROM_OUR_PAGE})).status_code


async def test_a_merchant_asks_in_a_frame_of_the_shop_too(service: Service) -> None:
    framed = {"Sec-Fetch-Dest": "iframe"}
    entered = await service.enter(await service.token("m-7"), {**FROM_SHOP, **framed})
    cookie = entered.headers["set-cookie"].partition(";")[0]

    answer = await service.post(ASKING, {**FROM_OUR_PAGE, **framed, "Cookie": cookie})

    assert (303, "/connect#soon") == (answer.status_code, answer.headers["location"])
    assert ["m-7"] == [interest.merchant for interest in service.world.interests.written]


async def test_nobody_asks_without_having_come_in(service: Service) -> None:
    for headers in (FROM_OUR_PAGE, {**FROM_OUR_PAGE, **service.merchant()}):
        answer = await service.post(ASKING, headers)

        assert 401 == answer.status_code
        read(answer)
    assert [] == service.world.interests.written


@pytest.mark.parametrize(
    ("key", "status"),
    [("lqai", 404), ("TGFF", 404), ("zzzz", 404), ("sage!", 400), ("gbol", 409), ("fbrh", 409)],
)
async def test_only_what_is_coming_soon_can_be_asked_for(key: str, status: int) -> None:
    service = serve(integrations="gbol,tgff=comingSoon,fbrh=disabled")

    answer = await service.post(f"/connect/{key}/interest", await service.browser())

    assert status == answer.status_code
    assert "/connect" in read(answer).links.values()
    assert [] == service.world.interests.written
    assert "tillbridge_interest_total{" not in (await service.get("/metrics")).text


async def test_a_merchant_asks_only_for_what_its_platform_lets_it_see(service: Service) -> None:
    narrowed = await service.browser(integrations=["gbol"])

    assert 404 == (await service.post(ASKING, narrowed)).status_code
    assert [] == service.world.interests.written


async def test_an_operator_who_does_not_want_it_has_no_such_form() -> None:
    service = serve(interest="off")

    for key in ("tgff", "gbol", "lqai"):
        answer = await service.post(f"/connect/{key}/interest", await service.browser())

        assert 404 == answer.status_code
    assert [] == service.world.interests.written
    assert {"interest": []} == (await service.get(INTEREST)).json()


async def test_what_cannot_be_written_is_not_promised(service: Service) -> None:
    browser = await service.browser()
    service.world.interests.storage_fails = True

    answer = await service.post(ASKING, browser)

    assert 503 == answer.status_code
    assert "5" == answer.headers["retry-after"]
    # Another try must ask again, not connect.
    actions = {form.action for form in read(answer).forms}
    assert "/connect/tgff" not in actions


async def test_without_codat_and_without_a_list_it_is_told_so(service: Service) -> None:
    browser = await service.browser()
    service.world.codat.fail_always("integrations", CodatUnavailable())

    assert 503 == (await service.post(ASKING, browser)).status_code


async def test_the_backend_sees_how_many_ask_for_what() -> None:
    service = serve(integrations="gbol=comingSoon,tgff=comingSoon")
    await asked(service, "m-1", "m-2", "m-1")
    await service.post("/connect/gbol/interest", await service.browser("m-3"))

    answer = await service.get(INTEREST)

    expected = [
        {"platformKey": "tgff", "name": "Sage Accounting", "merchants": 2},
        {"platformKey": "gbol", "name": "Xero", "merchants": 1},
    ]
    assert (200, {"interest": expected}) == (answer.status_code, answer.json())
    assert "no-store" == answer.headers["cache-control"]


async def test_the_backend_sees_who_asked_for_one(service: Service) -> None:
    await asked(service, "m-2", "m-1")

    answer = await service.get(f"{INTEREST}?platformKey=tgff")

    waiting = [
        {"merchantIdentifier": "m-2", "since": "2026-11-23T09:00:00Z"},
        {"merchantIdentifier": "m-1", "since": "2026-11-23T09:00:01Z"},
    ]
    expected = {"platformKey": "tgff", "name": "Sage Accounting", "merchants": 2}
    assert {"interest": [{**expected, "askedBy": waiting}]} == answer.json()


async def test_what_nobody_asked_for_is_an_empty_list(service: Service) -> None:
    answer = await service.get(f"{INTEREST}?platformKey=gbol")

    expected = {"platformKey": "gbol", "name": "Xero", "merchants": 0, "askedBy": []}
    assert {"interest": [expected]} == answer.json()


async def test_the_list_is_turned_page_by_page(service: Service) -> None:
    everybody = [f"m-{number}" for number in range(5)]
    await asked(service, *everybody)

    seen, path = [], f"{INTEREST}?platformKey=tgff&limit=2"
    while path:
        page = (await service.get(path)).json()
        seen += [merchant["merchantIdentifier"] for merchant in page["interest"][0]["askedBy"]]
        following = f"{INTEREST}?platformKey=tgff&limit=2&after={page.get('next')}"
        path = following if "next" in page else ""

    assert everybody == seen


@pytest.mark.parametrize("query", ["", "?platformKey=tgff", "?platformKey=zzzz"])
async def test_merchants_see_nothing_of_it(service: Service, query: str) -> None:
    await asked(service, "m-1")

    for headers in (service.merchant("m-1"), await service.browser("m-1")):
        answer = await service.get(f"{INTEREST}{query}", headers)

        assert (403, "backend-only") == problem(answer)
    assert (401, "credentials-missing") == problem(await service.get(f"{INTEREST}{query}", {}))


@pytest.mark.parametrize("key", ["lqai", "LQAI", "zzzz", "fztf"])
async def test_what_can_never_be_on_offer_is_unknown(service: Service, key: str) -> None:
    answer = await service.get(f"{INTEREST}?platformKey={key}")

    assert (404, "integration-unknown") == problem(answer)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("platformKey=sage!", "platformKey"),
        ("platformKey=", "platformKey"),
        ("platformKey=tgff&after=a/b", "after"),
        ("platformKey=tgff&after=", "after"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
    ],
)
async def test_a_query_of_the_wrong_shape_is_named(
    service: Service, query: str, field: str
) -> None:
    answer = await service.get(f"{INTEREST}?{query}")

    assert (400, "input-invalid") == problem(answer)
    assert [field] == [error["field"] for error in answer.json()["errors"]]


async def test_where_the_book_cannot_be_read_the_backend_is_told(service: Service) -> None:
    service.world.interests.storage_fails = True

    for query in ("", "?platformKey=tgff"):
        answer = await service.get(f"{INTEREST}{query}")

        assert (503, "storage-unavailable") == problem(answer)
