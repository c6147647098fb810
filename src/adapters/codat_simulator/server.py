"""Running the simulator: two servers that share one state."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import attrs
import uvicorn
from litestar import Litestar

from adapters.codat_simulator.app import api_app
from adapters.codat_simulator.server_protocol import ReachableProtocol
from adapters.codat_simulator.settings import SimulatorSettings
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.sync_flow.app import sync_flow_app


__all__ = [
    "RunningSimulator",
    "SimulatorCannotListen",
    "SimulatorPortTaken",
    "SimulatorSettings",
    "running_simulator",
    "serve_simulator",
]

BACKLOG = 2048
_WILDCARDS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared, not bound


@attrs.frozen
class SimulatorCannotListen(Exception):
    """The simulator cannot listen where it was told to."""

    host: str
    port: int
    reason: str

    def __str__(self) -> str:
        return f"The simulator cannot listen on {self.host}, port {self.port}: {self.reason}"


@attrs.frozen
class SimulatorPortTaken(SimulatorCannotListen):
    """Something else listens on that port already."""

    def __str__(self) -> str:
        return (
            f"Port {self.port} on {self.host} is taken: choose another for the simulator, "
            "or 0 for any free one."
        )


@attrs.frozen(kw_only=True)
class RunningSimulator:
    """Where a simulator can be reached; no trailing slashes."""

    api_url: str
    sync_flow_url: str


@asynccontextmanager
async def running_simulator(settings: SimulatorSettings) -> AsyncGenerator[RunningSimulator, None]:
    """
    Run a simulator in the current event loop for as long as the context lasts.

    Both servers answer when it is entered; it installs no signal handlers.

    Raises:
        SimulatorPortTaken: one of the ports is in use.
        SimulatorCannotListen: the address is no good for another reason.
    """
    async with AsyncExitStack() as stack:
        api_socket = stack.enter_context(_listening(settings.host, settings.port))
        flow_socket = stack.enter_context(_listening(settings.host, settings.sync_flow_port))
        simulator = Simulator(
            settings=settings,
            api_url=_origin(settings.host, api_socket),
            sync_flow_url=_origin(settings.host, flow_socket),
        )
        servers = (_Server(api_app(simulator)), _Server(sync_flow_app(simulator)))
        await stack.enter_async_context(_served(simulator, servers, (api_socket, flow_socket)))
        yield RunningSimulator(api_url=simulator.api_url, sync_flow_url=simulator.sync_flow_url)


async def serve_simulator(
    settings: SimulatorSettings, on_ready: Callable[[RunningSimulator], None]
) -> None:
    """
    Run a simulator until SIGINT or SIGTERM.

    Args:
        settings: where and for whom.
        on_ready: called once both servers answer.

    Raises:
        SimulatorPortTaken: one of the ports is in use.
        SimulatorCannotListen: the address is no good for another reason.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, stop.set)
    try:
        async with running_simulator(settings) as running:
            on_ready(running)
            await stop.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """A server that leaves signals alone and tells when it is up."""

    def __init__(self, app: Litestar) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=ReachableProtocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def _served(
    simulator: Simulator, servers: Sequence[_Server], sockets: Sequence[socket.socket]
) -> AsyncGenerator[None, None]:
    tasks = [
        asyncio.create_task(server.serve([listening]))
        for server, listening in zip(servers, sockets, strict=True)
    ]
    try:
        for server in servers:
            await server.up.wait()
        yield
    finally:
        simulator.closing.set()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)


@contextlib.contextmanager
def _listening(host: str, port: int) -> Generator[socket.socket, None, None]:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Only a socket that knows its protocol gets TCP_NODELAY, and without it answers dawdle.
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SimulatorCannotListen(host, port, str(error)) from None
    with listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(address)
            # Listening at once: two sockets could otherwise share a port until it is too late.
            listening.listen(BACKLOG)
        except OSError as error:
            kind_of = (
                SimulatorPortTaken if error.errno == errno.EADDRINUSE else SimulatorCannotListen
            )
            raise kind_of(host, port, error.strerror or str(error)) from None
        listening.setblocking(False)  # noqa: FBT003 - the socket module has it so
        yield listening


def _origin(host: str, listening: socket.socket) -> str:
    name = _WILDCARDS.get(host, host)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}"
