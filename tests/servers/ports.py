"""Where a server of the tests may listen."""

import socket


def free_port() -> int:
    """A port of loopback on which nobody listens, at this moment."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
