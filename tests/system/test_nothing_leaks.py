"""Rule 2 as an auditor would look at it: everything the service writes, searched for secrets."""

from collections.abc import Generator
from itertools import product

import httpx
import pytest

from tests import canaries
from tests.stack import Stack, running_stack


FAULTS = (
    {"status": 500},
    {"status": 429, "retryAfterForm": "junk"},
    {"status": 403},
    {"malformed": "truncated"},
    {"malformed": "html"},
    {"malformed": "wrongType"},
    {"malformed": "missingUrl"},
    {"malformed": "wrongHost"},
    {"malformed": "lookalikeHost"},
    {"malformed": "userinfo"},
    {"malformed": "crlf"},
    {"malformed": "redirect"},
    {"drop": "afterHandling"},
)


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def answers_of(stack: Stack) -> list[httpx.Response]:
    """Everything that can be asked, in good days and in bad."""
    session = stack.session("leaky")
    redirect = f"/v1/sync-sessions/{session}/redirect"
    got = [stack.http.post(redirect), stack.http.post(redirect, data={"as": "form"})]
    with stack.browser("leaky") as browser:
        got += [browser.post("/connect/gbol"), browser.get("/connect")]
        for fault in FAULTS:
            stack.control("scenario", {"operation": "start", **fault})
            got += [stack.http.post(redirect), browser.post("/connect/gbol")]
            assert got[-1].status_code >= 500, fault
            httpx.delete(f"{stack.plan.codat_api}/_simulator/scenario", trust_env=False)
        for path, method in product(
            ("/connect", f"/connect/sessions/{session}", f"/connect/return/{session}"),
            ("GET", "HEAD", "DELETE"),
        ):
            got.append(browser.request(method, path))
        token = stack.token("leaky")
        got += [browser.post("/connect/session", data={"token": token}) for _ in range(3)]
    got += [stack.http.get(f"/v1/sync-sessions/{session}"), stack.http.get("/v1/sync-sessions")]
    got += [stack.http.get(path) for path in ("/metrics", "/readyz", "/docs", "/openapi.json")]
    got += [stack.http.get("/nowhere?otp=123456"), stack.http.get(f"/connect?token={token}")]
    return got


def test_a_url_is_in_one_location_or_one_answer_and_nowhere_else(stack: Stack) -> None:
    answers = answers_of(stack)

    minted = [entry["url"] for entry in stack.ledger["minted"]]
    metrics = stack.http.get("/metrics").text
    seen = dict.fromkeys(minted, 0)
    for answer in answers:
        where = [answer.headers.get("location", ""), answer.text]
        for url in minted:
            seen[url] += any(url in place for place in where)
    assert {0, 1} == set(seen.values())
    for answer in answers:
        rest = [value for name, value in answer.headers.items() if name != "location"]
        for code in (code for url in minted for code in canaries.codes(url)):
            assert all(code not in value for value in rest)
            assert f"otp={code}" not in metrics


def test_no_file_holds_a_url_a_key_a_token_or_a_cookie(stack: Stack) -> None:
    answers_of(stack)
    _ = stack.ledger
    log = (stack.plan.directory / "tillbridge.log").read_bytes()

    found = canaries.search_files(stack.plan.directory, but=frozenset({"demo.env"}))

    assert {} == found
    assert b'"route":"/connect/{platform_key}"' in log.replace(b": ", b":")
    assert (stack.plan.directory / "tillbridge.db").stat().st_size > 0


def test_get_and_head_of_everything_mint_nothing_and_spend_nothing(stack: Stack) -> None:
    session = stack.session("scanned")
    token = stack.token("scanned")
    with stack.browser("scanned") as browser:
        paths = [
            *("/", "/connect", "/connect/gbol", "/connect/session", "/connect/lqai"),
            *(f"/connect/sessions/{session}", f"/connect/return/{session}"),
            *("/v1/integrations", "/v1/connect-tokens", "/v1/sync-sessions"),
            f"/v1/sync-sessions/{session}/redirect",
            f"/connect?token={token}",
        ]
        for path, method in product(paths, ("GET", "HEAD", "OPTIONS")):
            browser.request(method, path)
            stack.http.request(method, path)
        entered = browser.post("/connect/session", data={"token": token})

    assert [] == stack.ledger["minted"]
    assert 303 == entered.status_code
