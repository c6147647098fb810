"""Many callers at once, over real processes and a real database."""

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.stack import Stack, running_stack


AT_ONCE = 64


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


def at_once(post: "list[tuple[str, dict[str, str], dict[str, str]]]") -> list[httpx.Response]:
    """Send every one of *post* (URL, headers, form) at once, over its own connection."""
    barrier = Barrier(len(post))

    def send(what: tuple[str, dict[str, str], dict[str, str]]) -> httpx.Response:
        url, headers, form = what
        with httpx.Client(timeout=60, trust_env=False) as client:
            barrier.wait()
            return client.post(url, headers=headers, data=form)

    with ThreadPoolExecutor(len(post)) as pool:
        return list(pool.map(send, post))


def test_of_64_who_redeem_one_token_exactly_one_comes_in(stack: Stack) -> None:
    for _ in range(3):
        token = stack.token("raced")
        url = f"{stack.plan.tillbridge}/connect/session"

        answers = at_once([(url, {}, {"token": token})] * AT_ONCE)

        statuses = sorted(answer.status_code for answer in answers)
        assert [303] + [410] * (AT_ONCE - 1) == statuses
        assert 1 == sum("set-cookie" in answer.headers for answer in answers)


def test_64_redirects_of_one_sync_session_get_64_different_urls(stack: Stack) -> None:
    session = stack.session("one-merchant")
    before = {minted["id"] for minted in stack.ledger["minted"]}
    url = f"{stack.plan.tillbridge}/v1/sync-sessions/{session}/redirect"
    backend = {"Authorization": f"Bearer {stack.plan.operator_key}", "Accept": "application/json"}

    answers = at_once([(url, backend, {})] * AT_ONCE)

    assert {200} == {answer.status_code for answer in answers}
    handed = [answer.json()["url"] for answer in answers]
    minted = [m for m in stack.ledger["minted"] if m["id"] not in before]
    assert AT_ONCE == len(set(handed))
    assert sorted(handed) == sorted(entry["url"] for entry in minted)
    assert 1 == len({entry["companyId"] for entry in minted})
    shown = stack.http.get(f"/v1/sync-sessions/{session}").json()
    assert AT_ONCE == len(shown["redirects"])


def test_64_merchants_at_once_each_get_a_url_of_their_own(stack: Stack) -> None:
    sessions = {f"merchant-{number}": "" for number in range(AT_ONCE)}
    for merchant in sessions:
        sessions[merchant] = stack.session(merchant)
    backend = {"Authorization": f"Bearer {stack.plan.operator_key}", "Accept": "application/json"}
    before = len(stack.ledger["minted"])

    answers = at_once(
        [
            (f"{stack.plan.tillbridge}/v1/sync-sessions/{session}/redirect", backend, {})
            for session in sessions.values()
        ]
    )

    handed = dict(zip(sessions, (answer.json()["url"] for answer in answers), strict=True))
    minted = {m["merchantIdentifier"]: m["url"] for m in stack.ledger["minted"][before:]}
    assert handed == minted


def test_one_form_posted_64_times_is_answered_with_64_different_urls(stack: Stack) -> None:
    with stack.browser("impatient") as browser:
        cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies.items())}

    answers = at_once([(f"{stack.plan.tillbridge}/connect/gbol", cookie, {})] * AT_ONCE)

    assert {303} == {answer.status_code for answer in answers}
    assert AT_ONCE == len({answer.headers["location"] for answer in answers})
