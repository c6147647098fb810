"""JSON lines on stderr, one for each request and each refusal; never a secret."""

import logging
import sys
import traceback
from typing import Final

import structlog


MOST_FRAMES: Final = 20
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
    renderer = structlog.processors.JSONRenderer(ensure_ascii=True)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer)
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


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
    return {key: value[:500] if isinstance(value, str) else value for key, value in event.items()}
