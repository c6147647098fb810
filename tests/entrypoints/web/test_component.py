"""What `<tillbridge-picker>` is told, and who may ask."""

import datetime as dt
import json
import re
from importlib.resources import files
from typing import Any

import httpx
import pytest

from domain.errors import CodatRateLimited, CodatUnavailable
from domain.ids import MerchantIdentifier, Secret
from domain.model.brand import Brand
from domain.model.caller import Grant
from domain.model.merchant import Merchant
from domain.ports.codat_gateway import BreakerState, Traffic
from domain.use_cases.redeem_connect_token import Ticket
from entrypoints.web.component import TEXTS, shown
from entrypoints.web.languages import Languages
from entrypoints.web.pages.look import Look
from entrypoints.web.pages.picker import PickerView
from tests.entrypoints.web.asking import (
    FROM_OUR_PAGE,
    FROM_SHOP,
    SHOP,
    Headers,
    Service,
    problem,
    serve,
)
from tests.support import make_settings


pytestmark = pytest.mark.anyio

FROM_SCRIPT: Headers = {
    "Origin": SHOP,
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "cors",
    "Sec-Fetch-Dest": "empty",
}
"""What a browser sends with the component's question."""


async def ask(
    service: Service,
    token: str,
    headers: Headers = FROM_SCRIPT,
    *,
    path: str = "/connect/component",
) -> httpx.Response:
    return await service.post(path, headers, data={"token": token})


async def view(service: Service, *, path: str = "/connect/component", **wanted: Any) -> Any:
    answer = await ask(service, await service.token(**wanted), path=path)
    assert 200 == answer.status_code
    return answer.json()


def tiles(told: Any) -> dict[str, Any]:
    return {tile["key"]: tile for group in told["groups"] for tile in group["tiles"]}


async def test_it_tells_what_the_picker_shows(service: Service) -> None:
    told = await view(service, merchantName="Toast")

    assert ("en-US", "ltr") == (told["language"], told["dir"])
    assert ("Select your accounting software", "For Toast") == (told["title"], told["merchant"])
    assert ["Available", "Coming soon"] == [group["heading"] for group in told["groups"]]
    assert ("Xero", "choose", "Taking you to Xero…", "X") == tuple(
        tiles(told)["gbol"][name] for name in ("name", "state", "busy", "letter")
    )
    assert "soon" == tiles(told)["tgff"]["state"]
    assert "lqai" not in tiles(told)
    assert ("", "") == (told["hint"], told["nothing"])


async def test_the_answer_is_for_the_platforms_script_and_nobody_keeps_it(
    service: Service,
) -> None:
    answer = await ask(service, await service.token())

    assert "application/json" == answer.headers["content-type"]
    assert "no-store" == answer.headers["cache-control"]
    assert SHOP == answer.headers["access-control-allow-origin"]
    assert "access-control-allow-credentials" not in answer.headers
    assert "set-cookie" not in answer.headers


async def test_the_ticket_starts_a_redirect_each_time_until_it_ends(service: Service) -> None:
    told = await view(service)
    starts = [await service.enter(told["ticket"], FROM_SHOP, platformKey="gbol")]

    service.world.clock.advance(899.9)
    starts.append(await service.enter(told["ticket"], FROM_SHOP, platformKey="qhyg"))

    assert 900 == told["expiresIn"]
    assert service.world.codat.minted == [start.headers["location"] for start in starts]
    assert 2 == len(set(service.world.codat.minted))


async def test_a_ticket_is_no_token_and_no_cookie(service: Service) -> None:
    ticket = (await view(service))["ticket"]

    for sender in (FROM_SHOP, FROM_OUR_PAGE, {}):
        assert 410 == (await service.enter(ticket, sender)).status_code
    assert 410 == (await ask(service, ticket)).status_code
    for cookie in ("__Host-tb", "__Host-tb-framed"):
        assert 401 == (await service.get("/connect", {"Cookie": f"{cookie}={ticket}"})).status_code


async def test_what_comes_of_a_ticket_ends_when_it_does(service: Service) -> None:
    ticket = (await view(service))["ticket"]
    service.world.clock.advance(600.5)

    started = await service.enter(ticket, FROM_SHOP, platformKey="gbol")

    cookie = started.headers["set-cookie"]
    assert cookie.endswith("; Max-Age=86700")
    here = {"Cookie": cookie.partition(";")[0]}
    service.world.clock.advance(299)
    assert 200 == (await service.get("/connect", here)).status_code
    service.world.clock.advance(0.5)
    assert 401 == (await service.get("/connect", here)).status_code


async def test_the_ticket_of_another_merchant_is_not_asked_about(service: Service) -> None:
    here = await service.browser("m-2", merchantName="Former Merchant")
    ticket = (await view(service))["ticket"]

    started = await service.enter(ticket, here, platformKey="gbol")

    assert service.world.codat.minted == [started.headers["location"]]
    assert 401 == (await service.get("/connect", here)).status_code


def test_what_the_component_is_told_shows_no_ticket_in_logs() -> None:
    merchant = Merchant(identifier=MerchantIdentifier("m-1"))
    ticket = Ticket(
        secret=Secret("s" * 43),
        grant=Grant(merchant=merchant),
        expires_at=dt.datetime(2026, 11, 23, 9, 15, tzinfo=dt.UTC),
    )
    look = Look(language=Languages.load().by_tag["en-US"], brand=Brand())
    view = PickerView(title="", lead="", groups=())

    told = shown(look, view, ticket, make_settings(), ticket.expires_at)

    assert (ticket.secret, 0) == (told.ticket, told.expires_in)
    assert ticket.secret not in repr(told)
    assert "en-US" in repr(told)


async def test_a_ticket_ends_after_15_minutes(service: Service) -> None:
    told = await view(service)

    service.world.clock.advance(900)

    answer = await service.enter(told["ticket"], FROM_SHOP, platformKey="gbol")
    assert (410, 0) == (answer.status_code, service.minted)


async def test_what_was_begun_comes_first(service: Service) -> None:
    await service.redirected("m-1", "gbol")

    told = await view(service)

    assert ["Started", "Available", "Coming soon"] == [g["heading"] for g in told["groups"]]
    assert ("continue", "Continue with Xero") == (
        tiles(told)["gbol"]["state"],
        tiles(told)["gbol"]["label"],
    )


async def test_a_grant_narrows_what_is_told(service: Service) -> None:
    told = await view(service, integrations=["gbol"])

    assert ["gbol"] == list(tiles(told))
    assert told["search"] is None


async def test_with_many_there_are_words_for_a_search() -> None:
    service = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    told = await view(service)

    assert {
        "label": "Find your software",
        "matches": "Matches:",
        "none": ["Nothing matches “", "”."],
        "clear": "Show everything",
    } == told["search"]


async def test_what_was_sought_stands_between_the_quotes_of_the_language() -> None:
    service = serve(integrations="gbol,qhyg,fbrh,tgff=comingSoon,pdvj=disabled,qudb=comingSoon")

    told = [(await view(service, locale=tag))["search"]["none"] for tag in ("de", "ar")]

    assert [["Keine Treffer für „", "“."], ["لا توجد نتائج تطابق «", "»."]] == told


async def test_while_codat_takes_nothing_it_says_so_beforehand(service: Service) -> None:
    closed = CodatRateLimited(retry_after=dt.timedelta(seconds=42))
    service.world.codat.passing = Traffic(breaker=BreakerState.RATE_LIMITED, closed=closed)

    told = await view(service)
    service.world.codat.passing = Traffic()
    later = await view(service)

    assert re.fullmatch(r"\w{4}-\w{4}", told["trouble"].pop("reference"))
    assert {
        "title": "Codat accepts no more requests for now",
        "detail": "Nothing was started, and nothing is lost. You can try again in a moment.",
        "wait": 42,
    } == told["trouble"]
    assert later["trouble"] is None
    assert tiles(told) == tiles(later)


async def test_with_nothing_on_offer_it_says_so(service: Service) -> None:
    service.world.codat.integrations_reported.clear()

    told = await view(service)

    assert ([], "Please come back later.") == (
        told["groups"],
        told["nothing"],
    )


@pytest.mark.parametrize("public_url", ["https://connect.example.test", "https://x.test/base"])
async def test_addresses_lead_here_from_anywhere(public_url: str) -> None:
    service = serve(public_url=public_url)

    told = await view(service)

    logo = tiles(told)["gbol"]["logo"]
    assert re.fullmatch(rf"{re.escape(public_url)}/logos/gbol/logo\?v=\w+", logo)
    assert tiles(told)["fbrh"]["logo"] is None


async def test_logos_that_are_loaded_from_codat_keep_their_addresses() -> None:
    service = serve(logo_delivery="direct")

    told = await view(service)

    assert tiles(told)["gbol"]["logo"].startswith("https://static.codat.io/")


@pytest.mark.parametrize(
    ("path", "headers", "wanted", "expected"),
    [
        ("?lang=fr", {}, {"locale": "de"}, ("fr-FR", "ltr")),
        ("", {"Accept-Language": "fr"}, {"locale": "de"}, ("de", "ltr")),
        ("", {"Accept-Language": "nl;q=0.5, ar"}, {}, ("ar", "rtl")),
        ("?lang=xx", {}, {}, ("en-US", "ltr")),
    ],
)
async def test_it_speaks_as_asked_else_as_granted_else_as_the_browser_likes(
    service: Service,
    path: str,
    headers: Headers,
    wanted: dict[str, str],
    expected: tuple[str, str],
) -> None:
    token = await service.token(**wanted)

    answer = await ask(
        service, token, {**FROM_SCRIPT, **headers}, path=f"/connect/component{path}"
    )

    assert expected == (answer.json()["language"], answer.json()["dir"])


async def test_it_wears_the_brand_of_the_platform_and_of_the_token() -> None:
    service = serve(accent_color="#0a5c36", color_mode="dark")

    told = await view(service, brand={"radius": 3})

    assert "dark" == told["brand"]["mode"]
    properties = told["brand"]["properties"]
    assert ("#0a5c36", "3px") == (properties["--light-accent"], properties["--radius"])
    assert {"--light-accent", "--dark-accent", "--radius"} == set(properties)
    used = (files("entrypoints.web") / "element" / "style.js").read_text(encoding="utf-8")
    assert all(f"var({name}, " in used for name in (*properties, "--font"))


@pytest.mark.parametrize(("mode", "place"), [("light", 1), ("dark", 2)])
def test_its_colours_are_those_of_the_hosted_pages(mode: str, place: int) -> None:
    """Custom properties of one page cannot be read on another, so they stand in both."""
    folder = files("entrypoints.web")
    sheet = (folder / "templates" / "tillbridge.css").read_text(encoding="utf-8")
    hosted = dict(re.findall(rf"--{mode}-([a-z-]+): (#[0-9a-f]+);", sheet))
    style = (folder / "element" / "style.js").read_text(encoding="utf-8")
    plain, modern = re.findall(r"\.picker \{\n(.*?)\n *\}\n", style, re.DOTALL)

    colour = r"(?:var\(--[a-z-]+, )*(#[0-9a-f]+)\)*"
    pairs = re.findall(
        rf"--([a-z-]+): (?:var\(--[a-z-]+, )?light-dark\({colour}, {colour}", modern
    )
    shown = {pair[0]: pair[place] for pair in pairs}
    assert {"card", "ink", "soft", "line", "ground", "accent", "warn", "on-warn"} == set(shown)
    assert shown == {name: hosted[name] for name in shown}
    fallback = dict(re.findall(rf"--([a-z-]+): {colour}", plain))
    assert fallback == {pair[0]: pair[1] for pair in pairs}


@pytest.mark.parametrize("token", ["", "unknown", "\x00", "a" * 5000])
async def test_a_token_that_does_not_count_is_refused_in_the_merchants_words(
    service: Service, token: str
) -> None:
    answer = await ask(service, token, path="/connect/component?lang=fr")

    assert (410, "connect-token-refused") == problem(answer)
    assert SHOP == answer.headers["access-control-allow-origin"]
    french = Languages.load().find("fr")
    assert french is not None
    assert french.gettext("This link does not work any more") == answer.json()["title"]
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", answer.json()["reference"])


async def test_a_token_works_once(service: Service) -> None:
    token = await service.token()
    await ask(service, token)

    assert 410 == (await ask(service, token)).status_code


async def test_while_codat_is_away_and_nothing_is_known_it_says_when_to_come_back(
    service: Service,
) -> None:
    service.world.codat.fail_always("integrations", CodatUnavailable())

    answer = await ask(service, await service.token())

    assert (503, "codat-unavailable") == problem(answer)
    assert int(answer.headers["retry-after"]) > 0
    assert "Retry-After" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "headers",
    [
        {**FROM_SCRIPT, "Origin": "https://evil.test"},
        {**FROM_SCRIPT, "Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_nobody_else_may_ask_and_the_token_is_not_spent(
    service: Service, headers: Headers
) -> None:
    token = await service.token()

    answer = await ask(service, token, headers)

    assert (403, "cross-site-refused") == problem(answer)
    assert "access-control-allow-origin" not in answer.headers
    assert token in service.world.tokens.unspent


async def test_our_own_page_and_programs_may_ask(service: Service) -> None:
    for headers in (FROM_OUR_PAGE, {}):
        assert 200 == (await ask(service, await service.token(), headers)).status_code


@pytest.mark.parametrize("body", [{"json": {"token": "x"}}, {"files": {"token": b"x"}}])
async def test_a_token_comes_as_a_form(service: Service, body: dict[str, object]) -> None:
    answer = await service.post("/connect/component", FROM_SCRIPT, **body)

    assert (415, "media-type-unsupported") == problem(answer)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_only_a_post_asks(service: Service, method: str) -> None:
    answer = await service.send(method, "/connect/component", FROM_SCRIPT)

    assert 405 == answer.status_code


async def test_a_ticket_that_cannot_be_kept_is_not_given(service: Service) -> None:
    token = await service.token()
    service.world.tickets.storage_fails = True

    assert 503 == (await ask(service, token)).status_code


async def test_the_script_brings_its_first_words_in_every_language(service: Service) -> None:
    script = (await service.get("/static/tillbridge-picker.js", {})).text

    (texts,) = re.findall(r"^const TEXTS = (\{.+\});$", script, re.MULTILINE)
    told = json.loads(texts)
    assert {language.tag for language in Languages.load().every} == set(told)
    assert told["en-US"] == TEXTS
    for words in told.values():
        assert set(TEXTS) == set(words)
        assert all(words.values())
    assert told["fr-FR"]["retry"] != told["en-US"]["retry"]


def test_the_script_says_the_same_in_english_by_itself() -> None:
    path = files("entrypoints.web") / "element" / "texts.js"
    script = path.read_text(encoding="utf-8")

    (english,) = re.findall(r"^const ENGLISH = \{\n(.+?)^\};$", script, re.MULTILINE | re.DOTALL)
    assert TEXTS == dict(re.findall(r'^  (\w+): "(.+)",$', english, re.MULTILINE))
