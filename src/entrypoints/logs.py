"""JSON lines on stderr, one for each request and each refusal; never a secret."""

import asyncio
import contextlib
import datetime as dt
import logging
import sys
import traceback
from typing import Any, BinaryIO, Final, cast

import attrs
import msgspec
import structlog


MOST_FRAMES: Final = 20
LONGEST_VALUE: Final = 500
PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_ENCODER: Final = msgspec.json.Encoder()
_RENDERER: Final = structlog.processors.JSONRenderer(ensure_ascii=True, separators=(",", ":"))
_FIELDS: Final = ("method", "route", "status", "milliseconds", "reference")
_TALKATIVE: Final = tuple(
    structlog.make_filtering_bound_logger(level) for level in (logging.DEBUG, logging.INFO)
)
QUIET: Final = ("httpx", "httpcore")
"""These would log whole addresses, which may carry a single-use code."""


def configure_logs(level: str) -> None:
    """Send everything at *level* and above to stderr, a JSON object a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_where,
        _cap,
    ]
    structlog.configure(
        processors=[*shared, _as_bytes],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=_Lines(_WhileItLasts(sys.stderr.buffer)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=_as_ascii)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


@attrs.define(eq=False)
class _WhileItLasts:
    """
    A *file* that may fail, as one on a full disk does: what cannot be logged is not.

    No merchant is told that something went wrong only because nobody could write that it went
    well.
    """

    file: BinaryIO
    _waiting: list[bytes] = attrs.field(factory=list, init=False)

    def write(self, line: bytes) -> int:
        self._write_what_waits()
        with contextlib.suppress(OSError):
            return self.file.write(line)
        return 0

    def flush(self) -> None:
        self._write_what_waits()
        with contextlib.suppress(OSError):
            self.file.flush()

    def soon(self, line: bytes) -> None:
        """
        Write *line* before the event loop looks for what came in meanwhile, with others.

        So no line waits for time to pass, and under load one call of the system writes many.
        """
        if not self._waiting:
            try:
                asyncio.get_running_loop().call_soon(self.flush)
            except RuntimeError:  # there is no loop: nobody would write it later
                self.write(line)
                self.flush()
                return
        self._waiting.append(line)

    def _write_what_waits(self) -> None:
        if self._waiting:
            lines = b"".join(self._waiting)
            self._waiting.clear()
            with contextlib.suppress(OSError):
                self.file.write(lines)


class _Lines(structlog.BytesLoggerFactory):
    """Makes loggers that write to *out*, which the line of a request goes to directly."""

    def __init__(self, out: _WhileItLasts) -> None:
        super().__init__(file=cast(BinaryIO, out))
        self.out = out


class RequestLine(msgspec.Struct, kw_only=True):
    """
    What is logged of one request; *milliseconds* is how long it took.

    *client* is an address, where operators want it.
    """

    method: str
    route: str
    status: int
    milliseconds: float
    reference: str
    client: str | msgspec.UnsetType = msgspec.UNSET
    event: str = "request"
    level: str = "info"
    timestamp: dt.datetime


def log_request(line: RequestLine) -> None:
    """
    Log one request, as any logger of structlog's would, for a third of the time.

    Where `configure_logs` has not been called, or something else since, it is told the usual
    way; so is what needs more care.
    """
    configured = structlog.get_config()
    if configured["processors"][-1] is not _as_bytes or not line.method.isascii():
        fields = {name: getattr(line, name) for name in _FIELDS}
        if line.client:
            fields["client"] = line.client
        structlog.get_logger().info(line.event, **fields)
    elif configured["wrapper_class"] in _TALKATIVE:
        configured["logger_factory"].out.soon(_ENCODER.encode(line) + b"\n")


def write_waiting_lines() -> None:
    """Write the lines of requests that were answered in this turn of the event loop."""
    factory = structlog.get_config()["logger_factory"]
    if isinstance(factory, _Lines):
        factory.out.flush()


def frames(error: BaseException) -> list[str]:
    """
    Where *error* came up: the innermost calls, which an endless recursion has many of.

    Neither its message nor any variable is told: either might hold a secret.
    """
    calls = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    return [f"{call.filename}:{call.lineno} {call.name}" for call in calls]


def _tell_where(
    _: object, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Other packages log whole exceptions: only where they came up is kept."""
    match event.pop("exc_info", None):
        case (_, BaseException() as error, _):
            return {**event, "error": type(error).__qualname__, "where": frames(error)}
        case _:
            return event


def _cap(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """No value makes a line endless."""
    for key, value in event.items():
        if isinstance(value, str) and len(value) > LONGEST_VALUE:
            event[key] = value[:LONGEST_VALUE]
    return event


def _as_bytes(logger: Any, name: str, event: structlog.typing.EventDict) -> bytes:
    """The line of nearly every event; whatever is not plain is left to the slower way."""
    # The faster encoder would write out what objects hide, for example from their `repr`.
    if PLAIN.issuperset(map(type, event.values())):
        with contextlib.suppress(UnicodeEncodeError):
            line = _ENCODER.encode(event)
            if line.isascii():
                return line
    return _as_ascii(logger, name, event).encode()


def _as_ascii(logger: Any, name: str, event: structlog.typing.EventDict) -> str:
    """The line of any event whatsoever: what JSON has no form for is shown as Python does."""
    return str(_RENDERER(logger, name, event))
