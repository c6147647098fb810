"""
What every call of the API passes on its way in.

Counted, then checked for the key, then for the quota, then for a replayed
Idempotency-Key, and then at the mercy of the active scenario.
"""

import base64

import attrs
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import (
    ASGIApp,
    HTTPRequestEvent,
    Receive,
    ReceiveMessage,
    Scope,
    Send,
)

from adapters.codat_simulator import errors
from adapters.codat_simulator.answers import Answer, Recorder, refusal
from adapters.codat_simulator.faults import Exchange
from adapters.codat_simulator.idempotency import METHODS
from adapters.codat_simulator.quota import retry_after_header
from adapters.codat_simulator.scenario import Arrival
from adapters.codat_simulator.state import Simulator


PUBLIC = "images"
KEY = "idempotency-key"
TOO_MANY = 429


class Gate(ASGIMiddleware):
    """Stands before the operations of the API; the control plane goes around it."""

    scopes: tuple[ScopeType, ...] = (ScopeType.HTTP,)

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        key = simulator.settings.api_key.encode()
        self._authorization = f"Basic {base64.b64encode(key).decode()}"

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Let the request pass, refuse it, or do to it what the scenario says."""
        operation = scope["route_handler"].opt.get("operation")
        if operation is None:
            await next_app(scope, receive, send)
            return
        self._simulator.ledger.count(operation)
        arrival = self._simulator.scenario.arrive(operation, scope["path"])
        headers = Headers.from_scope(scope)
        if operation != PUBLIC:
            self._admit(headers)
        exchange = Exchange(
            simulator=self._simulator, scope=scope, receive=receive, send=send, app=next_app
        )
        key = headers.get(KEY)
        if key is not None and scope.get("method") in METHODS:
            await self._once(key, arrival, exchange)
        else:
            await self._answer(arrival, exchange)

    def _admit(self, headers: Headers) -> None:
        if headers.get("authorization") != self._authorization:
            raise errors.plain(401)
        if self._simulator.scenario.switches.key_revoked:
            raise errors.plain(403)
        quota = self._simulator.quota
        if not quota.take():
            raise errors.plain(TOO_MANY, retry_after_header(quota.retry_after()))

    async def _answer(self, arrival: Arrival, exchange: Exchange) -> None:
        struck = self._simulator.scenario.draw(arrival)
        for fault in struck:
            seconds = fault.delay_seconds
            if seconds is not None and not await self._simulator.pause(seconds):
                await exchange.hang_up()
                return
        for fault in struck:
            if fault.answers:
                await exchange.suffer(fault)
                return
        await exchange.app(exchange.scope, exchange.receive, exchange.send)

    async def _once(self, key: str, arrival: Arrival, exchange: Exchange) -> None:
        keys = self._simulator.idempotency
        body = await _whole_body(exchange.receive)
        if body is None:
            return
        # The same key for another call is as wrong as the same key with another body.
        request = f"{exchange.scope.get('method')} {exchange.scope['path']}".encode(), body
        known = keys.recall(key)
        if known is not None:
            same = known.request == request
            await self._replayed(known.answer, same=same).send_to(exchange.send)
            return
        remembered = keys.begin(key, request)
        recorder = Recorder()
        receive = _again(body, exchange.receive)
        try:
            await self._answer(arrival, attrs.evolve(exchange, receive=receive, send=recorder))
        finally:
            keys.release(key)
        if recorder.complete:
            if recorder.answer.status != TOO_MANY:
                remembered.answer = recorder.answer
                keys.keep(key, remembered)
            await recorder.answer.send_to(exchange.send)

    def _replayed(self, answer: Answer | None, *, same: bool) -> Answer:
        if same and answer is not None:
            return answer
        error = errors.plain(422) if not same else errors.key_in_progress()
        return refusal(error, self._simulator.dice.correlation_id())


async def _whole_body(receive: Receive) -> bytes | None:
    """The body, None if the client left in the middle of it."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        more = message["more_body"]
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Let the *body* be received once more, and then whatever comes after it."""
    ahead: list[HTTPRequestEvent] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> ReceiveMessage:
        return ahead.pop() if ahead else await receive()

    return receive_again
