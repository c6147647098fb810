"""`link`, `token`, `sessions` and `session`: what somebody does who has a merchant on the line."""

import datetime as dt

import attrs
import pytest

from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatKeyRefused,
    CodatLimitReached,
    CodatTimedOut,
    CodatUnavailable,
)
from domain.ids import PlatformKey
from domain.model.caller import Grant
from domain.model.sync_session import SyncSession
from tests.entrypoints.cli.desk import Desk
from tests.fakes.clock import FakeClock
from tests.fakes.sessions import FakeSessionStore
from tests.support import make_environ


NINE = "2026-11-23T09:00:00Z"


@attrs.define(kw_only=True)
class SlowStore(FakeSessionStore):
    """A disk that takes six seconds for each change."""

    clock: FakeClock

    async def save(self, before: SyncSession, after: SyncSession) -> None:
        self.clock.advance(6)
        await FakeSessionStore.save(self, before, after)


def test_link_prints_one_url_alone(desk: Desk) -> None:
    answer = desk.type("link", "m-1", "gbol")

    assert 0 == answer.code
    assert [answer.out.strip()] == desk.world.codat.minted
    assert "30 seconds left, and it works once.\n" in answer.err
    assert "otp" not in answer.err


def test_link_records_who_did_it(desk: Desk) -> None:
    desk.type("link", "m-1", "gbol")

    (session,) = desk.world.sessions.sessions.values()
    assert {"support:alice"} == {entry.actor for entry in session.timeline}
    assert ["support:alice"] == [redirect.actor for redirect in session.redirects]


def test_link_goes_on_with_the_merchants_last_sync_session(desk: Desk) -> None:
    first, second = desk.type("link", "m-1", "gbol"), desk.type("link", "m-1", "gbol")

    assert first.out != second.out
    assert 1 == len(desk.world.sessions.sessions)
    (session,) = desk.world.sessions.sessions.values()
    assert f"Recorded in the sync session {session.id} as support:alice.\n" in second.err


def test_link_as_json_is_one_document(desk: Desk) -> None:
    answer = desk.type("link", "m-1", "gbol", "--json")

    (session,) = desk.world.sessions.sessions.values()
    (redirect,) = session.redirects
    expected = {
        "url": desk.world.codat.minted[0],
        "expiresAt": "2026-11-23T09:00:30Z",
        "secondsLeft": 30,
        "session": {
            "id": session.id,
            "merchantIdentifier": "m-1",
            "platformKey": "gbol",
            "status": "redirected",
            "createdAt": NINE,
            "redirects": [{"id": redirect.id, "at": NINE, "by": "support:alice"}],
        },
    }
    assert expected == answer.json


def test_link_counts_from_when_codat_was_asked(desk: Desk) -> None:
    async def dawdle() -> None:
        desk.world.clock.advance(4.5)

    desk.world.codat.interruptions["start_sync_flow"] = dawdle

    assert 25 == desk.type("link", "m-1", "gbol", "--json").json["secondsLeft"]


def test_link_hands_out_nothing_that_is_stale(desk: Desk) -> None:
    desk.world.sessions = SlowStore(clock=desk.world.clock)

    answer = desk.type("link", "m-1", "gbol")

    assert (1, "") == (answer.code, answer.out)
    assert "It took too long to prepare the link. Ask for a new one.\n" == answer.err
    (session,) = desk.world.sessions.sessions.values()
    assert () == session.redirects


@pytest.mark.parametrize("key", ["lqai", "zzzz", "fztf"])
def test_link_never_starts_what_is_not_on_offer(desk: Desk, key: str) -> None:
    answer = desk.type("link", "m-1", key)

    assert (1, "") == (answer.code, answer.out)
    assert f"Merchants are not offered any integration {key}.\n" in answer.err
    assert "tillbridge integrations" in answer.err
    assert [] == desk.world.codat.started


def test_link_says_why_an_integration_on_show_cannot_be_started(desk: Desk) -> None:
    answer = desk.type("link", "m-1", "tgff")

    assert (1, "") == (answer.code, answer.out)
    assert "Sage Accounting is coming soon; it cannot be connected yet.\n" == answer.err


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (CodatKeyRefused(), "TILLBRIDGE_CODAT_API_KEY"),
        (CodatLimitReached(), "Codat Portal"),
        (CodatUnavailable(), "tillbridge doctor"),
        (CodatTimedOut(), "tillbridge doctor"),
        (CodatAnswerInvalid(reason="it is empty"), "tillbridge doctor"),
    ],
)
def test_link_says_what_to_do_when_codat_refuses(
    desk: Desk, error: CodatError, remedy: str
) -> None:
    desk.world.codat.fail_always("start_sync_flow", error)

    answer = desk.type("link", "m-1", "gbol")

    assert (1, "") == (answer.code, answer.out)
    said, hint = answer.err.splitlines()
    assert str(error) == said
    assert remedy in hint


def test_link_says_what_is_wrong_with_a_merchant_identifier(desk: Desk) -> None:
    answer = desk.type("link", "no spaces please", "gbol")

    assert (1, "") == (answer.code, answer.out)
    assert "merchantIdentifier is not a merchant identifier." in answer.err


def test_link_says_that_nothing_can_be_stored(desk: Desk) -> None:
    desk.world.sessions.storage_fails = True

    answer = desk.type("link", "m-1", "gbol")

    assert (1, "") == (answer.code, answer.out)
    assert "The database cannot be used: the storage was told to fail.\n" in answer.err
    assert "TILLBRIDGE_DATABASE_URL" in answer.err


def test_token_prints_the_url_that_lets_a_merchant_in(desk: Desk) -> None:
    answer = desk.type("token", "m-1")

    (secret,) = desk.world.tokens.issued
    assert (0, f"https://connect.example.test/connect#token={secret}\n") == (
        answer.code,
        answer.out,
    )
    assert "Good for one visit within 60 seconds (09:01:00 UTC).\n" == answer.err


def test_token_as_json_is_as_in_the_http_api(desk: Desk) -> None:
    answer = desk.type("token", "m-1", "--json")

    (secret,) = desk.world.tokens.issued
    expected = {
        "token": secret,
        "url": f"https://connect.example.test/connect#token={secret}",
        "expiresAt": "2026-11-23T09:01:00Z",
    }
    assert (expected, "") == (answer.json, answer.err)


def test_token_carries_what_the_page_needs_to_know(desk: Desk) -> None:
    desk.environ = make_environ(return_urls="shop=https://shop.example.test/done")

    answer = desk.type(
        *("token", "m-1", "--name", "Bean & Leaf", "--return-to", "shop"),
        *("--locale", "fr", "--integrations", "gbol, qhyg"),
    )

    assert 0 == answer.code
    (kept,) = desk.world.tokens.unspent.values()
    grant: Grant = kept.grant
    assert "Bean & Leaf" == grant.merchant.name
    assert ("shop", "fr") == (grant.return_to, grant.locale)
    assert frozenset({PlatformKey("gbol"), PlatformKey("qhyg")}) == grant.integrations


def test_token_refuses_an_address_that_is_not_registered(desk: Desk) -> None:
    answer = desk.type("token", "m-1", "--return-to", "https://evil.example")

    assert (1, "") == (answer.code, answer.out)
    assert "returnTo is not a registered return address." in answer.err


def test_sessions_lists_the_newest_first(desk: Desk) -> None:
    desk.type("link", "m-1", "gbol")
    desk.world.clock.advance(3 * 60)
    desk.type("link", "m-2", "qhyg")

    heading, newest, oldest = desk.type("sessions").out.splitlines()

    assert ["ID", "MERCHANT", "KEY", "STATUS", "OPENED"] == heading.split()
    assert "m-2       qhyg  redirected  0 seconds ago, 2026-11-23 09:03:00 UTC" in newest
    assert "m-1       gbol  redirected  3 minutes ago, 2026-11-23 09:00:00 UTC" in oldest


def test_sessions_can_be_narrowed(desk: Desk) -> None:
    desk.type("link", "m-1", "gbol")
    desk.type("link", "m-2", "gbol")
    desk.world.codat.fail_next("start_sync_flow", CodatUnavailable())
    desk.type("link", "m-2", "qhyg")

    narrowed = desk.type("sessions", "--merchant", "m-2", "--status", "open", "--json").json
    limited = desk.type("sessions", "--limit", "2", "--json").json

    assert ["qhyg"] == [session["platformKey"] for session in narrowed["syncSessions"]]
    assert 2 == len(limited["syncSessions"])


def test_sessions_says_when_there_are_none(desk: Desk) -> None:
    answer = desk.type("sessions", "--merchant", "nobody")

    assert (0, "", "There are no such sync sessions.\n") == (answer.code, answer.out, answer.err)


def test_sessions_names_the_option_that_is_wrong(desk: Desk) -> None:
    answer = desk.type("sessions", "--merchant", "no spaces please")

    assert 1 == answer.code
    assert "--merchant is not a merchant identifier." in answer.err


def test_session_shows_the_timeline(desk: Desk) -> None:
    desk.world.codat.fail_next("start_sync_flow", CodatTimedOut())
    desk.type("link", "m-1", "gbol")
    desk.type("link", "m-1", "gbol")
    (session,) = desk.world.sessions.sessions.values()
    desk.world.clock.wall += dt.timedelta(days=3)

    answer = desk.type("session", session.id)

    assert 0 == answer.code
    assert "Integration   gbol\n" in answer.out
    assert "Redirects     1\n" in answer.out
    assert "redirectUnknown  support:alice  " in answer.out
    assert "CodatTimedOut  3 days ago, 2026-11-23 09:00:00 UTC\n" in answer.out


def test_session_as_json_has_the_timeline(desk: Desk) -> None:
    desk.type("link", "m-1", "gbol")
    (session,) = desk.world.sessions.sessions.values()

    answer = desk.type("session", session.id, "--json")

    happened = [entry["what"] for entry in answer.json["timeline"]]
    assert ["opened", "redirectStarted", "redirected"] == happened
    assert "fingerprint" not in answer.out


def test_session_says_where_to_look_for_one_that_there_is_not(desk: Desk) -> None:
    answer = desk.type("session", "ss_none")

    assert (1, "") == (answer.code, answer.out)
    assert [
        "There is no such sync session.",
        "`tillbridge sessions` lists those that there are.",
    ] == (answer.err.splitlines())


def test_no_command_but_link_has_a_sync_flow_url_minted(desk: Desk) -> None:
    for typed in (
        ["token", "m-1"],
        ["sessions"],
        ["integrations"],
        ["branding", "warm"],
        ["branding", "show", "gbol"],
        ["doctor"],
    ):
        desk.type(*typed)

    assert [] == desk.world.codat.minted
