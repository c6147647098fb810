"""
Where servers of the tests may listen.

Between the finding of a port and the start of its server there is time, in which another process
that runs tests must not find the same. So each has a stretch of ports to itself, below those that
the system gives to clients by itself, and goes through it again and again.
"""

import functools
import socket
from contextlib import ExitStack
from typing import Final

import attrs


LENGTH: Final = 250
FIRST: Final = range(20_000, 32_500, LENGTH)


@attrs.define
class Stretch:
    """The ports from *first*, which no other process takes while *claim* is open."""

    first: int
    claim: socket.socket
    _given: int = 0

    def take(self, count: int) -> int:
        """The first of the next *count* ports in a row that are free at the moment."""
        for _ in range(LENGTH):
            if self._given + count > LENGTH:
                self._given = 0
            first, self._given = self.first + self._given, self._given + count
            if _are_free(range(first, first + count)):
                return first
        raise OSError(f"there are no {count} free ports in a row")


@functools.cache
def _own() -> Stretch:
    """The stretch of this process; its claim ends with it."""
    for first in FIRST:
        claim = socket.socket(socket.AF_UNIX)
        try:
            # A name that is no file, and that only one can have (unix(7), "abstract").
            claim.bind(f"\0ports of the tests from {first}")
        except OSError:
            claim.close()
        else:
            return Stretch(first, claim)
    raise OSError("all ports are taken by tests that run at the same time")


def free_ports(count: int) -> int:
    """The first of *count* ports of loopback in a row on which nobody listens, at this moment."""
    return _own().take(count)


def free_port() -> int:
    """A port of loopback on which nobody listens, at this moment."""
    return free_ports(1)


def _are_free(ports: range) -> bool:
    with ExitStack() as stack:
        for port in ports:
            probe = stack.enter_context(socket.socket())
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
