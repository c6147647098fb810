"""A line of 64 kB/s each way that loses one packet in twenty, without rights over the network."""

import asyncio
import threading
from random import Random
from types import TracebackType
from typing import Final, Self


BYTES_A_SECOND: Final = 64_000
LOSS: Final = 0.05
PACKET: Final = 1_460
"""Bytes of a segment on Ethernet."""

FIRST_HANDSHAKE: Final = 1.0
FIRST_TIMEOUT: Final = 0.2
"""
Seconds until TCP sends a lost segment once more, doubled for each loss after that.

RFC 6298, section 2: a second while no round trip was measured; then, in Linux, 200 ms at least.
"""


class PoorLine:
    """
    Passes on to *target*, a port of loopback, what comes to `port`, as such a line would.

    TCP mends what is lost, so what one sees of it is waiting: all that follows within the
    connection waits for the segment that is sent again. A line that drops most of it would end
    in the same timeouts that a silent one does. *seed* makes two runs alike, save for who comes
    first.
    """

    def __init__(self, target: int, seed: int) -> None:
        self.target = target
        self.port = 0
        self.lost = 0
        self._random = Random(seed)  # noqa: S311 - which packets are lost is no secret
        self._free_at = {"there": 0.0, "back": 0.0}
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="poor line")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._open.wait(10)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        await self._over.wait()
        server.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._resend(FIRST_HANDSHAKE)
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._carry("there", reader, back))
                both.create_task(self._carry("back", there, writer))
        except* OSError:
            pass  # whoever broke it off knows
        finally:
            back.close()
            writer.close()

    async def _carry(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while packet := await reader.read(PACKET):
            await self._resend(FIRST_TIMEOUT)
            now = self._loop.time()
            begins = max(now, self._free_at[way])
            self._free_at[way] = begins + len(packet) / BYTES_A_SECOND
            await asyncio.sleep(self._free_at[way] - now)
            writer.write(packet)
            await writer.drain()
        writer.close()

    async def _resend(self, wait: float) -> None:
        while self._random.random() < LOSS:
            self.lost += 1
            await asyncio.sleep(wait)
            wait *= 2
