"""What replicas share: a real PostgreSQL, which is durable here, and a real Valkey."""

from collections.abc import Collection, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import attrs

from ledger import at_rest
from tests.servers import postgres as postgres_servers
from tests.servers import valkey as valkey_servers
from tests.servers.postgres import Postgres
from tests.servers.valkey import Valkey


DURABLE: Final = ("fsync=on", "full_page_writes=on", "wal_level=replica")
"""What PostgreSQL is set to where its files matter."""


@attrs.frozen(kw_only=True)
class Shared:
    """
    The servers of a run, at *database*, and at *valkey* where there are several replicas.

    *since* is the time from which on there could be anything in their files.
    """

    postgres: Postgres
    database: str
    valkey: Valkey | None
    since: float

    @property
    def settings(self) -> dict[str, str]:
        """What tells a replica of them."""
        cache = {"TILLBRIDGE_CACHE_URL": self.valkey.url} if self.valkey else {}
        return {"TILLBRIDGE_DATABASE_URL": self.database, **cache}

    def search(self, canaries: Collection[str]) -> at_rest.Searched:
        """Look for each of *canaries* in all that they wrote, and in the memory of Valkey."""
        self.postgres.checkpoint()
        found = at_rest.search(self.postgres.folder, canaries, since=self.since)
        if self.valkey is None:
            return found
        self.valkey.order("SAVE")
        memory = self.valkey.memory()
        return at_rest.together(
            found,
            at_rest.search(self.valkey.folder, canaries),
            at_rest.search_content("memory of Valkey", memory, canaries),
        )


@contextmanager
def shared(directory: Path, *, cache: bool) -> Generator[Shared]:
    """Run them, with Valkey's files in *directory*, which is only there with a *cache*."""
    with ExitStack() as servers:
        postgres = servers.enter_context(postgres_servers.running(*DURABLE))
        valkey = None
        if cache:
            folder = directory / "valkey"
            folder.mkdir(parents=True)
            valkey = servers.enter_context(valkey_servers.running(folder))
        database = postgres.new()
        since = postgres.checkpoint()
        yield Shared(postgres=postgres, database=database, valkey=valkey, since=since)
