"""Put a damaged database out of the way: for what can be had anew, such as branding."""

import datetime as dt
import os
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import attrs

from adapters.database.database import Database
from adapters.database.journal import beside
from adapters.database.migrate import migrate
from adapters.database.sqlite import SqliteFile, log, sync_directory
from domain.errors import StorageUnavailable


WHEN: Final = "%Y%m%dT%H%M%S.%fZ"


def rebuild(url: str, now: dt.datetime) -> Path:
    """
    Put an empty database in the place of the one at *url*; where the old one is now.

    Nothing is deleted: whoever wants to know what happened finds the old file, and what was
    beside it, under a name with the time. That must not stay, for it would be taken for the new
    one's.

    Raises:
        StorageUnavailable: that is not possible.
    """
    file = SqliteFile.at(url)
    aside = file.path.with_name(f"{file.path.name}.damaged-{now.strftime(WHEN)}")
    fresh = SqliteFile(file.path.with_name(f"{file.path.name}.fresh-{now.strftime(WHEN)}"))
    migrate(f"sqlite:///{fresh.path}")
    try:
        for source, target in zip(beside(file.path), beside(aside), strict=True):
            _move(source, target)
        _move(file.path, aside)
        fresh.path.rename(file.path)
        for emptied in beside(fresh.path):
            emptied.unlink(missing_ok=True)
        sync_directory(file.path.parent)
    except OSError as error:
        raise StorageUnavailable(f"the file cannot be set aside: {error.strerror}") from error
    log.warning("The file %s is damaged; it was set aside as %s.", file.path, aside.name)
    return aside


@attrs.frozen(eq=False)
class Dispensable:
    """A *database* that the service does without where it cannot be opened."""

    database: Database

    async def __aenter__(self) -> Self:
        """Open it, or say why not."""
        try:
            await self.database.__aenter__()
        except StorageUnavailable as error:
            log.warning("Nothing can be kept for the next start: %s", error.reason)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close it, if it is open."""
        await self.database.__aexit__(error_type, error, traceback)


def _move(source: Path, target: Path) -> None:
    if os.path.lexists(source):
        source.rename(target)
