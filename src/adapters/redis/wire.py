"""
One connection to Redis: commands go out together, and their answers come back together.

`redis` is imported when a connection is opened: it takes a third of a second, and who has no
Redis need not wait for it.
"""

import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import attrs


if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection, RedisSSLContext


Argument: TypeAlias = str | bytes | int
Command: TypeAlias = tuple[Argument, ...]
Reply: TypeAlias = Any
"""`bytes`, `int`, `None`, a list of these, or `Refused`."""

CONNECTING: Final = 2.0
"""Seconds for the name, TCP, TLS and the password; no request waits for them."""

SCHEMES: Final = {"valkey://": "redis://", "valkeys://": "rediss://"}
"""Names of the same thing."""


FORBIDDEN_IN_SCRIPTS: Final = ("ACL failure in script", "can't run this command")
"""What Valkey, and what Redis 6, says with no code of its own."""

NO_SUCH_DATABASE: Final = "DB index"


class Lost(Exception):
    """The connection cannot be had, or not be used any more; *reason* holds no secret."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@attrs.frozen
class Refused:
    """The answer to one command: an error. *about_all* where others would fare no better."""

    reason: str
    about_all: bool


class Wire(Protocol):
    """A connection that is open."""

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        """
        The replies to *commands*, in their order.

        Raises:
            Lost: the connection broke; some of them may have been carried out.
        """
        ...

    async def close(self) -> None:
        """Let go of it; raises nothing."""
        ...


Connect: TypeAlias = Callable[[], Awaitable[Wire]]
"""Opens a connection, or raises `Lost`."""


@attrs.frozen(eq=False)
class RedisWire:
    """Keeps the Wire protocol by the connection of the `redis` library, and nothing around it."""

    connection: "AbstractConnection"

    async def exchange(self, commands: Sequence[Command]) -> list[Reply]:
        """Write them all, then read as many answers."""
        from redis.exceptions import ResponseError  # noqa: PLC0415 - see above

        replies: list[Reply] = []
        try:
            await self.connection.send_packed_command(self.connection.pack_commands(commands))
            for _ in commands:
                try:
                    replies.append(await self.connection.read_response())
                except ResponseError as error:
                    replies.append(_refused(error))
        except Exception as error:  # noqa: BLE001 - what answers there may not even be Redis
            raise Lost(_reason(error)) from None
        return replies

    async def close(self) -> None:
        """Close it without waiting for the other end."""
        await self.connection.disconnect(nowait=True)


@attrs.define(eq=False)
class Address:
    """Where a Redis is: its *url*, of which no part is ever told."""

    url: str = attrs.field(repr=False)
    _tls: "RedisSSLContext | None" = attrs.field(default=None, init=False, repr=False)

    async def connect(self) -> RedisWire:
        """
        Open a connection.

        Raises:
            Lost: that is not possible.
        """
        connection = self._connection()
        try:
            await connection.connect()  # type: ignore[no-untyped-call]  # the library says nothing of it
        except BaseException as error:
            await connection.disconnect(nowait=True)
            if isinstance(error, Exception):
                # What answers there may not even be Redis.
                raise Lost(_reason(error)) from None
            raise
        return RedisWire(connection)

    def _connection(self) -> "AbstractConnection":
        from redis.asyncio.connection import (  # noqa: PLC0415 - see above
            Connection,
            SSLConnection,
            parse_url,
        )

        url = self.url
        for ours, theirs in SCHEMES.items():
            if url.startswith(ours):
                url = theirs + url.removeprefix(ours)
        given: dict[str, Any] = dict(parse_url(url))
        kind = given.pop("connection_class", Connection)
        connection: AbstractConnection = kind(
            # What Redis 6 and every Valkey speak; and no introduction: that is a round trip.
            protocol=2,
            driver_info=None,
            # The time is kept by who asks.
            socket_timeout=None,
            socket_connect_timeout=CONNECTING,
            **given,
        )
        if isinstance(connection, SSLConnection):
            # To read all certificates again for each try would hold everybody up.
            self._tls = connection.ssl_context = self._tls or connection.ssl_context
        return connection


def _refused(error: Exception) -> Refused:
    from redis.exceptions import NoPermissionError, OutOfMemoryError, ReadOnlyError  # noqa: PLC0415 - see above

    reasons = {
        ReadOnlyError: "it is a replica that cannot be written",
        OutOfMemoryError: "it is full",
        NoPermissionError: "it does not permit what Tillbridge does there",
    }
    for kind, reason in reasons.items():
        if isinstance(error, kind):
            return Refused(reason, about_all=True)
    if any(words in str(error) for words in FORBIDDEN_IN_SCRIPTS):
        return Refused(reasons[NoPermissionError], about_all=True)
    # The word before the first space is the code; the rest may quote what was sent.
    code = getattr(error, "status_code", None) or str(error).partition(" ")[0]
    if code in {"WRONGTYPE", "ERR"}:
        return Refused("it holds something else under one of the keys", about_all=False)
    return Refused(f"it answers {code}" if code.isalpha() else "it refuses", about_all=True)


def _reason(error: BaseException) -> str:
    from redis.exceptions import AuthenticationError, BusyLoadingError  # noqa: PLC0415 - see above

    # The library wraps what goes wrong while it connects.
    for each in (error, error.__cause__, error.__context__):
        if isinstance(each, AuthenticationError):
            return "it does not accept the user or the password"
        if isinstance(each, BusyLoadingError):
            return "it is still loading"
        if isinstance(each, ssl.SSLError):
            return "its TLS certificate or TLS itself is not accepted"
        if NO_SUCH_DATABASE in str(each):
            return "it has no database of that number"
    return "it cannot be reached, or the connection broke"
