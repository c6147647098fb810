"""What every source of pictures promises."""

from collections.abc import AsyncGenerator
from typing import Protocol

import attrs
import pytest

from adapters.pictures.http_source import HttpPictureSource
from domain.errors import CodatAnswerInvalid, CodatNotFound, CodatTimedOut, CodatUnavailable
from domain.model.picture import parse_picture
from domain.ports.picture_source import PictureSource
from tests.adapters.codat.raw_server import RawServer, http, raw_server, say_nothing, send
from tests.fakes.pictures import FakePictureSource, png


pytestmark = pytest.mark.anyio

PNG = png(note="the one")


class Host(Protocol):
    """A source, and the host that it asks."""

    @property
    def source(self) -> PictureSource:
        """What asks it."""
        ...

    @property
    def origin(self) -> str:
        """How its addresses begin."""
        ...

    def holds(self, content: bytes) -> None:
        """Whatever is asked for, there is *content*."""

    def has_nothing(self) -> None:
        """Nothing is there."""

    def is_broken(self) -> None:
        """Whoever asks is told of a fault."""

    def is_silent(self) -> None:
        """Nobody is told anything."""

    @property
    def asked(self) -> int:
        """How often it was asked."""
        ...


@attrs.define
class MadeUp:
    """The fake."""

    source: FakePictureSource = attrs.field(factory=FakePictureSource)
    origin: str = "https://static.codat.io"

    def holds(self, content: bytes) -> None:
        try:
            self.source.pictures[f"{self.origin}/a.png"] = parse_picture(content)
        except ValueError as error:
            self._fails(CodatAnswerInvalid(reason=f"its picture cannot be shown: {error}"))

    def has_nothing(self) -> None:
        self._fails(CodatNotFound())

    def is_broken(self) -> None:
        self._fails(CodatUnavailable())

    def is_silent(self) -> None:
        self._fails(CodatTimedOut())

    @property
    def asked(self) -> int:
        return self.source.fetched.total()

    def _fails(self, error: Exception) -> None:
        self.source.errors[f"{self.origin}/a.png"] = error


@attrs.define
class OverHttp:
    """The adapter, and a server on this machine."""

    source: HttpPictureSource
    server: RawServer

    @property
    def origin(self) -> str:
        return self.server.url

    def holds(self, content: bytes) -> None:
        self.server.script[:] = [send(http(content))]

    def has_nothing(self) -> None:
        self.server.script[:] = [send(http(b"", status="404 Not Found"))]

    def is_broken(self) -> None:
        self.server.script[:] = [send(http(PNG, status="500 Internal Server Error"))]

    def is_silent(self) -> None:
        self.server.script[:] = [say_nothing]

    @property
    def asked(self) -> int:
        return len(self.server.requests)


@pytest.fixture(params=["fake", "http"])
async def host(request: pytest.FixtureRequest) -> AsyncGenerator[Host]:
    if request.param == "fake":
        yield MadeUp()
        return
    async with (
        raw_server(say_nothing) as server,
        HttpPictureSource((server.url,), longest_fetch=0.5) as source,
    ):
        yield OverHttp(source, server)


async def fetch(host: Host) -> object:
    return await host.source.fetch(f"{host.origin}/a.png")


async def test_a_picture_that_is_there_is_fetched(host: Host) -> None:
    host.holds(PNG)

    assert parse_picture(PNG) == await fetch(host)
    assert 1 == host.asked


async def test_where_there_is_nothing_that_is_told(host: Host) -> None:
    host.has_nothing()

    with pytest.raises(CodatNotFound):
        await fetch(host)


@pytest.mark.parametrize("content", [b"<svg/>", b"", PNG[:-1], png(2049, 1)])
async def test_what_is_no_picture_is_refused(host: Host, content: bytes) -> None:
    host.holds(content)

    with pytest.raises(CodatAnswerInvalid, match="its picture cannot be shown: it"):
        await fetch(host)


async def test_a_host_that_is_broken_is_unavailable(host: Host) -> None:
    host.is_broken()

    with pytest.raises(CodatUnavailable):
        await fetch(host)
    assert 1 == host.asked


async def test_a_host_that_is_silent_is_not_waited_for(host: Host) -> None:
    host.is_silent()

    with pytest.raises(CodatTimedOut):
        await fetch(host)


@pytest.mark.parametrize(
    "src",
    ["https://evil.test/a.png", "{}.evil.test/a.png", "", "a.png", "file:///a.png", "//{}/a.png"],
)
async def test_no_other_host_is_asked(host: Host, src: str) -> None:
    host.holds(PNG)

    with pytest.raises(CodatAnswerInvalid, match="not at a listed origin"):
        await host.source.fetch(src.format(host.origin))

    assert 0 == host.asked
