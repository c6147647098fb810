"""
The public keys of the platform's issuer (JWK sets, RFC 7517), kept and renewed.

Only keys that can check a signature of an allowed algorithm count: secrets (`oct`), keys for
encryption, and what cannot be read are left out, one by one.
"""

import asyncio
import base64
import json
import logging
import os
from collections.abc import Collection, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

import attrs
import httpx
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from adapters.outbound import bare_transport, read_at_most
from domain.ports.clock import Clock


PublicKey = RSAKey | ECKey | OKPKey
log = logging.getLogger(__name__)

FRESH_FOR: Final = 600.0
"""Seconds for which a set is not asked for again unless an unknown key turns up."""

USABLE_FOR: Final = 24 * 3600.0
"""Seconds for which the last good set serves while its address does not answer."""

COOL_DOWN: Final = 30.0
"""Seconds between two attempts, so that made-up key names cost nothing."""

COOL_DOWN_WITHOUT_KEYS: Final = 3.0
"""The same while there is no key at all, as when both services start together."""

LONGEST_FETCH: Final = 3.0
"""Seconds for the whole of it, however slowly the body drips."""

LARGEST_SET: Final = 64 * 1024
"""Bytes."""

UNUSABLE: Final = "it has no usable key"

SMALLEST_RSA_KEY: Final = 2048
"""Bits (RFC 7518 §3.3)."""


class KeySource(Protocol):
    """Where the issuer's keys come from; opened and closed as an async context manager."""

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        """The keys named *kid*; for a token that names none, all."""
        ...

    async def __aenter__(self) -> object: ...

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class _NoKeySet(Exception):
    """What came is no key set, for a reason that quotes nothing of it."""


@attrs.define
class _Warnings:
    """
    Tells the operator that the key set at *place* is broken, and seldom enough to be read.

    Neither content nor messages of errors are told, for they may quote it.
    """

    place: str
    clock: Clock
    _told_at: float | None = attrs.field(default=None, init=False)

    def tell(self, problem: str) -> None:
        """Log the *problem*, unless one was told within the cool-down."""
        now = self.clock.monotonic()
        if self._told_at is not None and now - self._told_at < COOL_DOWN:
            return
        self._told_at = now
        log.warning(
            "The key set at %s cannot be used (%s); only keys from before serve, if any.",
            self.place,
            problem,
        )


@attrs.define
class KeyFile:
    """
    A key set in a file, read again when the file changes.

    A broken or missing one changes nothing, but is warned of, at the latest when it is needed.
    """

    path: Path
    clock: Clock
    _keys: tuple[PublicKey, ...] = attrs.field(default=(), init=False, repr=False)
    _state: tuple[int, int, int] | None = attrs.field(default=None, init=False, repr=False)
    _problem: str | None = attrs.field(default=None, init=False, repr=False)
    _warnings: _Warnings = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._warnings = _Warnings(str(self.path), self.clock)

    async def __aenter__(self) -> Self:
        await self._refresh()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        """The keys named *kid*; for a token that names none, all."""
        await self._refresh()
        return named(self._keys, kid)

    async def _refresh(self) -> None:
        # In a thread, since the file may be on a slow mount.
        problem = await asyncio.to_thread(self._read)
        if problem is not None:
            self._warnings.tell(problem)

    def _read(self) -> str | None:
        try:
            about = os.stat(self.path)  # noqa: PTH116 - this is all of a path that is needed
            state = (about.st_mtime_ns, about.st_size, about.st_ino)
            if state == self._state:
                return self._problem
            keys = parse_key_set(self.path.read_bytes())
        except OSError as error:
            return type(error).__name__
        self._keys, self._problem = keys or self._keys, None if keys else UNUSABLE
        # Last, for whoever sees it in another thread takes the rest as read.
        self._state = state
        return self._problem


@attrs.define
class KeyUrl:
    """
    A key set behind a URL.

    One fetch runs at a time; whoever has its key already does not wait for it.
    """

    url: str
    clock: Clock
    transport: httpx.AsyncBaseTransport | None = None
    longest_fetch: float = LONGEST_FETCH
    _own: httpx.AsyncBaseTransport | None = attrs.field(default=None, init=False, repr=False)
    _keys: tuple[PublicKey, ...] = attrs.field(default=(), init=False, repr=False)
    _fetched_at: float | None = attrs.field(default=None, init=False, repr=False)
    _tried_at: float | None = attrs.field(default=None, init=False, repr=False)
    _turn: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False, repr=False)
    _warnings: _Warnings = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        # A query may hold what is not for a log.
        self._warnings = _Warnings(self.url.partition("?")[0], self.clock)

    async def __aenter__(self) -> Self:
        self._own = self.transport or bare_transport()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._own is not None:
            await self._own.aclose()
            self._own = None

    async def find(self, kid: str | None) -> Sequence[PublicKey]:
        """The keys named *kid*; for a token that names none, all."""
        there = named(self._usable(), kid)
        if there and (self._age() < FRESH_FOR or self._turn.locked()):
            return there
        async with self._turn:
            if self._may_try():
                await self._fetch()
        return named(self._usable(), kid)

    def _age(self) -> float:
        if self._fetched_at is None:
            return USABLE_FOR
        return self.clock.monotonic() - self._fetched_at

    def _usable(self) -> tuple[PublicKey, ...]:
        return self._keys if self._age() < USABLE_FOR else ()

    def _may_try(self) -> bool:
        if self._tried_at is None:
            return True
        pause = COOL_DOWN if self._usable() else COOL_DOWN_WITHOUT_KEYS
        return self.clock.monotonic() - self._tried_at >= pause

    async def _fetch(self) -> None:
        self._tried_at = self.clock.monotonic()
        try:
            async with asyncio.timeout(self.longest_fetch):
                keys = parse_key_set(await self._read())
        except _NoKeySet as reason:
            self._warnings.tell(str(reason))
        except (httpx.HTTPError, OSError) as error:
            self._warnings.tell(type(error).__name__)
        else:
            if keys:
                self._keys, self._fetched_at = keys, self.clock.monotonic()
            else:
                self._warnings.tell(UNUSABLE)

    async def _read(self) -> bytes:
        if self._own is None:
            raise RuntimeError("The key set's connection is not open.")
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        # Without the client around the transport, there are no redirects to follow.
        response = await self._own.handle_async_request(
            httpx.Request("GET", self.url, headers=headers)
        )
        try:
            if response.status_code != HTTPStatus.OK:
                raise _NoKeySet(f"the answer is HTTP {response.status_code}")
            body = await read_at_most(response, LARGEST_SET)
            if body is None:
                raise _NoKeySet(f"it has more than {LARGEST_SET} bytes")
            return body
        finally:
            await response.aclose()


def named(keys: Collection[PublicKey], kid: str | None) -> tuple[PublicKey, ...]:
    """Those of *keys* that a token with this *kid* may have been signed with."""
    return tuple(key for key in keys if kid is None or key.get("kid") == kid)


def parse_key_set(body: bytes) -> tuple[PublicKey, ...]:
    """The usable keys of a JWK set; none where it is not one."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    entries = content.get("keys") if isinstance(content, dict) else None
    if not isinstance(entries, list):
        return ()
    parsed = (_parse_key(entry) for entry in entries)
    return tuple(key for key in parsed if key is not None)


def _parse_key(entry: object) -> PublicKey | None:
    if not isinstance(entry, dict):
        return None
    try:
        if entry["kty"] == "RSA" and _bits(entry["n"]) < SMALLEST_RSA_KEY:
            return None
        key = JWKRegistry.import_key(entry)
        key.check_use("sig")
        key.check_key_op("verify")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        # Any of these, depending on what exactly is wrong with it.
        return None
    return key if isinstance(key, PublicKey) else None


def _bits(number: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(f"{number}==")).bit_length()
