import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from domain.errors import CodatTimedOut
from domain.ids import Secret
from domain.use_cases.redeem_connect_token import BrowserLogin
from entrypoints.logs import (
    MOST_FRAMES,
    RequestLine,
    configure_logs,
    frames,
    log_request,
    write_waiting_lines,
)
from entrypoints.references import LETTERS, new_reference
from tests.entrypoints.web.asking import BACKEND, Service
from tests.fakes.clock import START
from tests.support import OPERATOR_KEY, a_merchant


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    yield
    root.handlers, root.level = handlers, level
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    structlog.reset_defaults()


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """What was logged since it was last asked for."""

    def read() -> list[dict[str, Any]]:
        write_waiting_lines()
        written = capsys.readouterr().err
        # Anew each time: pytest puts another stderr in place for the test itself.
        configure_logs("debug")
        return [json.loads(line) for line in written.splitlines()]

    return read


@pytest.mark.anyio
async def test_a_request_is_one_line_of_json_with_the_route_and_no_query(
    service: Service, lines: Lines
) -> None:
    lines()
    await service.get("/v1/sync-sessions/ss_s3cret?a=b&token=s3cret")

    refused, request = lines()
    assert {
        "event": "request",
        "level": "info",
        "method": "GET",
        "route": "/v1/sync-sessions/{session_id}",
        "status": 404,
        "milliseconds": 0.0,
        "reference": refused["reference"],
        "timestamp": request["timestamp"],
    } == request
    assert ("refused", "sync-session-unknown") == (refused["event"], refused["problem"])


@pytest.mark.parametrize(("level", "expected"), [("debug", 1), ("info", 1), ("warning", 0)])
@pytest.mark.parametrize("method", ["GET", "BR\u00c9W", "\ud800"])
def test_a_request_is_logged_as_any_other_event(
    capsys: pytest.CaptureFixture[str], method: str, level: str, expected: int
) -> None:
    line = RequestLine(
        method=method,
        route="/",
        status=200,
        milliseconds=0.5,
        reference="7K2M-Q9XD",
        timestamp=START,
    )
    configure_logs(level)
    fields = ("method", "route", "status", "milliseconds", "reference")
    structlog.get_logger().info("request", **{name: getattr(line, name) for name in fields})
    usual = capsys.readouterr().err

    log_request(line)

    written = capsys.readouterr().err
    assert [expected] * 2 == [len(text.splitlines()) for text in (usual, written)]
    for one, other in zip(usual.splitlines(), written.splitlines(), strict=True):
        assert list(json.loads(one)) == list(json.loads(other))
        assert {**json.loads(one), "timestamp": ""} == {**json.loads(other), "timestamp": ""}
        assert json.loads(other)["timestamp"].endswith("Z")
        assert other.isascii()


@pytest.mark.anyio
async def test_the_reference_of_a_problem_is_in_the_logs(service: Service, lines: Lines) -> None:
    for path in ("/v1/sync-sessions/none", "/nowhere"):
        lines()
        told = (await service.get(path)).json()

        assert {told["reference"]} == {line["reference"] for line in lines()}


@pytest.mark.anyio
async def test_codats_own_reference_is_logged(service: Service, lines: Lines) -> None:
    session_id = await service.opened()
    error = CodatTimedOut(correlation_id="4f7a")
    service.world.codat.fail_next("start_sync_flow", error)
    lines()

    await service.post(f"/v1/sync-sessions/{session_id}/redirect")

    assert ["4f7a"] == [line["correlation_id"] for line in lines() if line["event"] == "refused"]


@pytest.mark.anyio
async def test_a_fault_of_ours_is_logged_with_its_place_and_without_its_words(
    service: Service, lines: Lines
) -> None:
    async def stumble() -> None:
        raise ValueError("s3cret")

    service.world.codat.interruptions["start_sync_flow"] = stumble
    session_id = await service.opened()
    lines()

    told = (await service.post(f"/v1/sync-sessions/{session_id}/redirect")).json()

    failed = next(line for line in lines() if line["event"] == "failed")
    assert ("error", told["reference"], "ValueError") == (
        failed["level"],
        failed["reference"],
        failed["error"],
    )
    assert failed["where"][-1].endswith(" stumble")
    assert "s3cret" not in json.dumps(failed)


@pytest.mark.anyio
async def test_no_secret_is_logged_even_at_the_most_talkative_level(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("debug")
    token = await service.token()
    entered = await service.enter(token)
    cookie = entered.headers["set-cookie"].partition(";")[0]
    browser = {"Cookie": cookie}
    await service.enter(token)
    await service.get("/connect?token=s3cret", browser)
    await service.post("/connect/gbol", browser)
    await service.post(f"/v1/sync-sessions/{await service.opened('m-x')}/redirect")
    service.world.codat.repeat_last_url()
    await service.post("/connect/gbol", browser)
    await service.send("GET", "/v1/integrations", {"Authorization": "Bearer s3cret"})
    await service.post("/v1/sync-sessions", json={"s3cret": "s3cret"})

    write_waiting_lines()
    written = "".join(capsys.readouterr())

    assert len(written.splitlines()) > 10
    for secret in ("CANARY", "otp", token, cookie.partition("=")[2], OPERATOR_KEY, "s3cret"):
        assert secret not in written
    assert "m-x" not in written


@pytest.mark.anyio
async def test_no_input_breaks_out_of_its_line(service: Service, lines: Lines) -> None:
    odd = ["a\nb", '"}', "\x1b[31m", "\u2028", '{"event":"forged"}']
    lines()
    for text in odd:
        await service.send("GET", f"/connect/{quote(text)}", params={"q": text})
        await service.post("/connect/session", {}, data={"token": text, text: text})
        await service.post("/v1/sync-sessions", BACKEND, json={text: text})

    read = lines()
    assert 2 * 3 * len(odd) == len(read)
    assert {"request", "refused"} == {line["event"] for line in read}


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_what_is_less_important_than_the_level_is_not_logged(
    capsys: pytest.CaptureFixture[str], level: str, expected: list[str]
) -> None:
    configure_logs(level)
    for logger in (structlog.get_logger("ours"), logging.getLogger("theirs")):
        for name in ("debug", "info", "warning", "error"):
            getattr(logger, name)(name)

    told = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]

    assert expected * 2 == told


def test_what_other_packages_log_has_the_same_form(lines: Lines) -> None:
    lines()
    logging.getLogger("somebody").warning("a %s\nb", "c" * 1000)

    (line,) = lines()
    assert ("warning", 500) == (line["level"], len(line["event"]))
    assert line["event"].startswith("a ccc")
    assert "timestamp" in line


def test_of_an_exception_that_others_log_only_the_place_is_kept(lines: Lines) -> None:
    lines()
    try:
        int("s3cret")
    except ValueError:
        logging.getLogger("somebody").exception("failed")

    (line,) = lines()
    assert ("failed", "ValueError") == (line["event"], line["error"])
    assert line["where"][0].endswith(
        " test_of_an_exception_that_others_log_only_the_place_is_kept"
    )
    assert "s3cret" not in json.dumps(line)


def test_packages_that_would_log_whole_addresses_are_quiet(lines: Lines) -> None:
    lines()
    for name in ("httpx", "httpcore", "httpcore.http11"):
        logging.getLogger(name).info("GET https://…?otp=s3cret")
        logging.getLogger(name).warning("down")

    assert ["down"] * 3 == [line["event"] for line in lines()]


def test_everything_is_ascii_and_no_value_makes_a_line_endless(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("info")

    structlog.get_logger("x").info("\u202e\u2028é", text="é" * 10_000, number=5)

    (written,) = capsys.readouterr().err.splitlines()
    assert written.isascii()
    assert (500, 5) == (len(json.loads(written)["text"]), json.loads(written)["number"])


def test_what_an_object_hides_is_not_written_out(lines: Lines) -> None:
    login = BrowserLogin(secret=Secret("s3cret"), grant=a_merchant("m-1").grant, expires_at=START)
    lines()

    structlog.get_logger("x").info("odd", login=login, among=[login], number=1.5, none=None)

    (line,) = lines()
    assert (1.5, None) == (line["number"], line["none"])
    assert "BrowserLogin(" in line["login"]
    assert "s3cret" not in json.dumps(line)


def test_half_a_character_is_logged_all_the_same(lines: Lines) -> None:
    lines()
    structlog.get_logger("x").info("odd", text="\ud800")

    assert ["\ud800"] == [line["text"] for line in lines()]


def test_a_reference_is_easily_read_out() -> None:
    for _ in range(100):
        reference = new_reference()

        assert 9 == len(reference)
        assert "-" == reference[4]
        assert set(reference[:4] + reference[5:]) <= set(LETTERS)
    assert 32 == len(set(LETTERS))
    assert not set("ILOU") & set(LETTERS)


def test_no_two_references_are_the_same() -> None:
    assert 1000 == len({new_reference() for _ in range(1000)})


def test_of_an_endless_recursion_only_the_end_is_told() -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()

    assert MOST_FRAMES == len(frames(caught.value))


class FullDisk:
    """A stderr that leads to a file on a full disk."""

    def __init__(self) -> None:
        self.tried = 0

    @property
    def buffer(self) -> "FullDisk":
        return self

    def write(self, _: object) -> int:
        self.tried += 1
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        self.write(b"")


def test_what_cannot_be_logged_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    full = FullDisk()
    monkeypatch.setattr("sys.stderr", full)
    configure_logs("info")

    structlog.get_logger().info("nobody hears of it")
    log_request(a_line())

    assert 4 == full.tried


@pytest.mark.anyio
async def test_nor_does_it_where_others_wait_to_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = FullDisk()
    monkeypatch.setattr("sys.stderr", full)
    configure_logs("info")

    log_request(a_line())
    log_request(a_line())
    write_waiting_lines()

    assert 2 == full.tried


@pytest.mark.anyio
async def test_lines_of_requests_wait_for_the_end_of_the_turn_and_for_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("info")

    def written() -> list[int | None]:
        return [json.loads(line).get("status") for line in capsys.readouterr().err.splitlines()]

    log_request(a_line(status=200))
    log_request(a_line(status=404))
    early = written()
    structlog.get_logger().info("other")
    log_request(a_line(status=500))
    in_order = written()
    await asyncio.sleep(0)
    late = written()

    assert ([], [200, 404, None], [500]) == (early, in_order, late)


def test_where_nothing_was_configured_nothing_waits() -> None:
    write_waiting_lines()

    assert not isinstance(structlog.get_config()["logger_factory"], structlog.BytesLoggerFactory)


def a_line(status: int = 200) -> RequestLine:
    return RequestLine(
        method="GET",
        route="/",
        status=status,
        milliseconds=1.0,
        reference="ABCD-EFGH",
        timestamp=START,
    )
