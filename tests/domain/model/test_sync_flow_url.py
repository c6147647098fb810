import copy
import datetime as dt
import inspect
import io
import json
import logging
import pickle
import threading
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import SyncFlowUrlRefused, SyncFlowUrlStale, SyncFlowUrlTaken
from domain.ids import MerchantIdentifier, PlatformKey, SyncSessionId
from domain.model.sync_flow_url import LONGEST_WAIT, SyncFlowUrl
from domain.model.sync_session import SyncSession
from domain.use_cases.start_redirect import Handoff
from tests import strategies


CANARY = "CANARY7f3a"
URL = f"https://sync-flow.codat.io/1/lqai/gbol/start?merchantIdentifier=m-1&otp={CANARY}"
FETCHED_AT = 1000.0
EXPIRES_AT = dt.datetime(2026, 11, 23, 9, 0, 30, tzinfo=dt.UTC)


def a_url(text: str = URL, *, fetched_at: float = FETCHED_AT) -> SyncFlowUrl:
    return SyncFlowUrl(
        text, fetched_at=fetched_at, expires_at=EXPIRES_AT, fingerprint="a-fingerprint"
    )


@attrs.frozen
class Holder:
    url: SyncFlowUrl


def test_it_gives_the_url_away_once() -> None:
    url = a_url()

    assert url.take(FETCHED_AT) == URL
    with pytest.raises(SyncFlowUrlTaken):
        url.take(FETCHED_AT)


def test_of_64_threads_one_gets_the_url() -> None:
    threads = 64
    for _ in range(20):
        url, together = a_url(), threading.Barrier(threads)

        def take(url: SyncFlowUrl = url, together: threading.Barrier = together) -> str | None:
            together.wait()
            try:
                return url.take(FETCHED_AT)
            except SyncFlowUrlTaken:
                return None

        with ThreadPoolExecutor(threads) as pool:
            answers = [future.result() for future in [pool.submit(take) for _ in range(threads)]]

        assert [URL] == [answer for answer in answers if answer is not None]


class EmptiedMeanwhile:
    """A reading of the clock during which another thread takes the URL."""

    def __init__(self, url: SyncFlowUrl) -> None:
        self.url = url

    def __sub__(self, fetched_at: float) -> float:
        self.url._only.clear()
        return 0.0


def test_who_comes_second_by_a_hair_gets_nothing() -> None:
    url = a_url()

    with pytest.raises(SyncFlowUrlTaken):
        url.take(EmptiedMeanwhile(url))  # type: ignore[arg-type]  # stands for a reading


@given(fetched_at=strategies.readings, waited=st.floats(allow_nan=True))
def test_it_is_handed_out_within_five_seconds_or_never(fetched_at: float, waited: float) -> None:
    url, now = a_url(fetched_at=fetched_at), fetched_at + waited

    if 0 <= now - fetched_at <= 5:
        url.expect_fresh(now)
        assert url.take(now) == URL
    else:
        with pytest.raises(SyncFlowUrlStale):
            url.expect_fresh(now)
        with pytest.raises(SyncFlowUrlRefused):
            url.take(fetched_at)


@pytest.mark.parametrize("waited", [5.001, 31.0, -0.001, float("nan"), float("inf")])
def test_taking_it_too_late_or_before_it_came_throws_it_away(waited: float) -> None:
    url = a_url()

    with pytest.raises(SyncFlowUrlStale):
        url.take(FETCHED_AT + waited)
    with pytest.raises(SyncFlowUrlTaken):
        url.take(FETCHED_AT)


def test_the_last_moment_counts() -> None:
    assert a_url().take(FETCHED_AT + LONGEST_WAIT) == URL


def test_what_was_given_away_is_taken_and_not_stale_however_late() -> None:
    url = a_url()
    _ = url.take(FETCHED_AT)

    with pytest.raises(SyncFlowUrlTaken):
        url.take(FETCHED_AT + 3600)


@pytest.mark.parametrize("name", ["fetched_at", "expires_at", "fingerprint", "_only", "other"])
def test_it_cannot_be_made_fresh_again(name: str) -> None:
    url = a_url()

    with pytest.raises(AttributeError):
        setattr(url, name, FETCHED_AT + 1000)
    with pytest.raises(AttributeError):
        delattr(url, name)


def test_it_says_when_it_was_fetched_when_it_ends_and_how_to_tell_it_from_others() -> None:
    url = a_url()

    expected = (FETCHED_AT, EXPIRES_AT, "a-fingerprint")
    assert expected == (url.fetched_at, url.expires_at, url.fingerprint)


SHOWING: dict[str, Callable[[object], object]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "format": "{}".format,
    "format with repr": "{!r}".format,
    "format with width": "{!s:>80}".format,
    "percent": "%s".__mod__,
    "dir": dir,
}


@pytest.mark.parametrize("show", SHOWING.values(), ids=SHOWING)
def test_showing_it_shows_nothing(show: Callable[[object], object]) -> None:
    url = a_url()

    for shown in (url, Holder(url), [url], {"url": url}):
        assert CANARY not in str(show(shown))


def test_formats_that_need_its_text_are_refused() -> None:
    with pytest.raises(TypeError):
        format(a_url(), ">80")


WRAPPING: dict[str, Callable[[SyncFlowUrl], object]] = {
    "alone": lambda url: url,
    "in a list": lambda url: [url],
    "in a class": Holder,
}


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("wrap", WRAPPING.values(), ids=WRAPPING)
def test_it_is_not_pickled(wrap: Callable[[SyncFlowUrl], object], protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(wrap(a_url()), protocol)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_going_round_its_own_refusal_does_not_pickle_it(protocol: int) -> None:
    with pytest.raises(TypeError):
        object.__reduce_ex__(a_url(), protocol)


DUPLICATING: dict[str, Callable[[SyncFlowUrl], object]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "deepcopy of a holder": lambda url: copy.deepcopy(Holder(url)),
    "deepcopy of a list": lambda url: copy.deepcopy([url]),
    "json": json.dumps,
    "json by vars": lambda url: json.dumps(url, default=vars),
    "msgspec json": msgspec.json.encode,
    "msgspec json of a holder": lambda url: msgspec.json.encode(Holder(url)),
    "msgspec msgpack": msgspec.msgpack.encode,
    "msgspec builtins": msgspec.to_builtins,
    "vars": vars,
}


@pytest.mark.parametrize("duplicate", DUPLICATING.values(), ids=DUPLICATING)
def test_it_is_neither_copied_nor_serialised(duplicate: Callable[[object], object]) -> None:
    with pytest.raises(TypeError):
        duplicate(a_url())


def test_what_holds_it_can_be_taken_apart_without_showing_it() -> None:
    holder = Holder(a_url())

    for parts in (attrs.asdict(holder), attrs.astuple(holder), inspect.getmembers(holder)):
        assert CANARY not in repr(parts)


def test_a_handoff_says_when_the_url_ends_and_no_more() -> None:
    session = SyncSession.open(
        SyncSessionId("ss_1"),
        MerchantIdentifier("m-1"),
        PlatformKey("gbol"),
        now=EXPIRES_AT,
        actor="merchant",
    )
    handoff = Handoff(session=session, url=a_url())

    assert EXPIRES_AT == handoff.expires_at
    assert CANARY not in repr(handoff)
    assert CANARY not in repr(attrs.asdict(handoff))


def test_it_equals_nothing_but_itself() -> None:
    url, twin = a_url(), a_url()

    assert url == url  # noqa: PLR0124 - equality is what is tested
    assert url != twin
    assert url != URL
    assert 2 == len({url, twin, url})


@pytest.mark.parametrize("level", [logging.DEBUG, logging.CRITICAL])
def test_logging_it_logs_nothing(level: int) -> None:
    written = io.StringIO()
    logger, handler = logging.getLogger("of the test"), logging.StreamHandler(written)
    logger.setLevel(level)
    logger.addHandler(handler)

    logger.log(level, "%s %r %s", a_url(), a_url(), {"url": a_url()})
    logger.removeHandler(handler)

    assert "<SyncFlowUrl: secret>" in written.getvalue()
    assert CANARY not in written.getvalue()


MISUSES: dict[str, Callable[[SyncFlowUrl], object]] = {
    "taken too late": lambda url: url.take(FETCHED_AT + 6),
    "taken too early": lambda url: url.take(FETCHED_AT - 6),
    "taken second": lambda url: url.take(EmptiedMeanwhile(url)),  # type: ignore[arg-type]  # so
    "found stale": lambda url: url.expect_fresh(FETCHED_AT + 6),
    "taken at no time": lambda url: url.take("soon"),  # type: ignore[arg-type]  # callers may err
    "pickled": pickle.dumps,
    "copied": copy.copy,
    "changed": lambda url: setattr(url, "fetched_at", 0),
}


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_no_traceback_shows_it_even_with_all_variables(
    misuse: Callable[[SyncFlowUrl], object],
) -> None:
    # The URL itself must not be a variable of this test, which is part of the traceback.
    holder = Holder(a_url())

    with pytest.raises((SyncFlowUrlRefused, TypeError, AttributeError)) as raised:
        misuse(holder.url)

    detailed = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    shown = "".join(detailed.format())
    assert "holder" in shown
    assert CANARY not in shown.replace(repr(URL), "")
    assert CANARY not in repr(raised.value.args)
