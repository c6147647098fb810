"""Ports that nobody uses."""

import os
import socket
from contextlib import ExitStack


def free_ports(count: int) -> int:
    """The first of *count* ports in a row that are free at the moment."""
    # Below the ports that the system gives to clients by itself.
    start = 21_000 + os.getpid() % 300 * 32
    for first in range(start, 32_000, count):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    probe = stack.enter_context(socket.socket())
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return first
    raise OSError("there are no such ports")
