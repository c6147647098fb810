"""What the first view of the picker weighs: all that is sent for it, but for logos."""

from collections.abc import Callable
from typing import Any

import attrs
from benchmarks.measures.first_view import Weights


@attrs.define
class Session:
    """Hands on what a browser would tell."""

    handlers: dict[str, Callable[[dict[str, Any]], None]] = attrs.field(factory=dict)

    def on(self, event: str, handler: Callable[[dict[str, Any]], None]) -> None:
        self.handlers[event] = handler

    def loads(self, kind: str, url: str, weight: int) -> None:
        about = {"requestId": url, "type": kind, "response": {"url": url}}
        self.handlers["Network.responseReceived"](about)
        self.handlers["Network.loadingFinished"]({"requestId": url, "encodedDataLength": weight})


def test_everything_but_logos_weighs_and_scripts_are_told_apart() -> None:
    session, weights = Session(), Weights()
    weights.watch(session)

    session.loads("Document", "http://localhost/connect", 1_000)
    session.loads("Script", "http://localhost/static/picker.js", 200)
    session.loads("Image", "http://localhost/logos/gbol/logo", 4_000)
    session.loads("Image", "http://localhost/static/icon.png", 30)

    assert (1_230, 200) == (weights.page, weights.script)
