"""A support desk: somebody who types commands, over a world of fakes."""

import io
import json
from typing import Any

import attrs

from entrypoints.cli.main import run
from entrypoints.cli.terminal import Terminal
from entrypoints.container import AsyncResource, Container
from entrypoints.settings import Settings
from tests.support import FakeWorld, make_container, make_environ


@attrs.frozen
class Answer:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it wrote, which must be one JSON document."""
        return json.loads(self.out)


@attrs.define
class Desk:
    """Types commands as `alice`; what there is outside is *world*."""

    world: FakeWorld = attrs.field(factory=FakeWorld)
    environ: dict[str, str] = attrs.field(factory=make_environ)
    built: list[Settings] = attrs.field(factory=list)
    resources: list[AsyncResource] = attrs.field(factory=list)

    def type(self, *arguments: str) -> Answer:
        """Run `tillbridge` with *arguments*."""
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(environ=self.environ, out=out, err=err, user="alice", build=self.build)
        return Answer(run(arguments, terminal), out.getvalue(), err.getvalue())

    def build(self, settings: Settings) -> Container:
        """The product over the world of fakes."""
        self.built.append(settings)
        container = make_container(self.world, settings=settings)
        container.resources.override(self.resources)
        return container
