"""What a command needs of the place it is run in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TextIO

import attrs
import msgspec

from domain.model.caller import Backend
from entrypoints import settings as settings_of


if TYPE_CHECKING:
    from entrypoints.container import Container


def container_over(settings: settings_of.Settings) -> Container:
    """The product itself; imported only where it is needed, because that takes a while."""
    from entrypoints.container import Container  # noqa: PLC0415 - `--help` has to be quick

    return Container(settings=settings)


@attrs.frozen(kw_only=True)
class Terminal:
    """
    Where a command reads its settings and writes its answers.

    *out* is for what was asked for, *err* for everything else;
    *user* is the operating system's name of whoever runs the command.
    """

    environ: Mapping[str, str]
    out: TextIO
    err: TextIO
    user: str
    build: Callable[[settings_of.Settings], Container] = container_over

    @property
    def caller(self) -> Backend:
        """Whoever runs the command, as timelines name them."""
        return Backend(name=f"support:{self.user}")

    def answer(self, text: str = "") -> None:
        """Write a line of what was asked for; it is out on return."""
        print(text, file=self.out, flush=True)

    def note(self, text: str) -> None:
        """Write a line beside what was asked for."""
        print(text, file=self.err, flush=True)

    def document(self, content: object) -> None:
        """Write *content* as the one JSON document on *out*; times end in `Z`."""
        encoded = msgspec.json.format(msgspec.json.encode(content), indent=2)
        self.answer(encoded.decode())

    def settings(self) -> settings_of.Settings:
        """
        The settings, from the environment and the file of `--env-file`.

        Raises:
            SettingsInvalid: some are missing or wrong.
        """
        return settings_of.load(self.environ)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Container, None]:
        """
        The product, opened for one command.

        Raises:
            SettingsInvalid: some settings are missing or wrong.
            StorageUnavailable: the database cannot be used.
        """
        from entrypoints.container import running  # noqa: PLC0415 - `--help` has to be quick

        async with running(self.build(self.settings())) as container:
            yield container
