"""
What was acknowledged survives a cut of the power.

The product works once, on its own database; its very statements are then run again over a disk
that notes what is synced and when. Whatever that disk may hold after a cut, the product opens it.
"""

import asyncio
import datetime as dt
import itertools
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import attrs
import pytest

from adapters.branding.shelf import Shelved
from adapters.branding.sql import SqlShelf
from adapters.browser_sessions.sql import SqlBrowserSessions
from adapters.connect_tokens.sql import SqlConnectTokens
from adapters.database.database import Database
from adapters.database.driver import driver
from adapters.database.eras import Eras
from adapters.database.errors import SchemaOutdated
from adapters.database.migrate import migrate
from adapters.sessions.sql import SqlSessionStore
from domain.errors import SyncSessionUnknown
from domain.ids import MerchantIdentifier, PlatformKey, RedirectId, Secret, SyncSessionId
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant
from domain.model.sync_session import SyncSession
from tests.adapters.database.modes import MODES, keep
from tests.adapters.database.powerless import (
    CONNECT,
    Delete,
    Image,
    Note,
    Sync,
    Write,
    images,
    noted,
)
from tests.amounts import amount
from tests.fakes.clock import START, FakeClock


pytestmark = pytest.mark.anyio

CUTS = amount("POWER_CUTS", 500)
LIVES = 4
CHECKPOINTS = "wal_autocheckpoint = 4000"
MERCHANT = MerchantIdentifier("m-1")
XERO = PlatformKey("gbol")
GRANT = ConnectGrant(
    grant=Grant(merchant=Merchant(identifier=MERCHANT)),
    expires_at=START + dt.timedelta(minutes=15),
)


@attrs.define
class Told:
    """What was acknowledged, each with the number of transactions that were done by then."""

    statements: list[str] = attrs.field(factory=list)
    sessions: list[tuple[int, SyncSession]] = attrs.field(factory=list)
    issued: dict[Secret, int] = attrs.field(factory=dict)
    spent: dict[Secret, int] = attrs.field(factory=dict)
    opened: dict[Secret, int] = attrs.field(factory=dict)
    closed: dict[Secret, int] = attrs.field(factory=dict)
    shelved: list[tuple[int, bytes]] = attrs.field(factory=list)
    migrated: int = 0

    @property
    def done(self) -> int:
        return self.statements.count("COMMIT")


class Stores:
    """Everything that is kept, in one database."""

    def __init__(self, database: Database) -> None:
        eras = Eras(FakeClock())
        self.sessions = SqlSessionStore(database)
        self.tokens = SqlConnectTokens(database, eras)
        self.browsers = SqlBrowserSessions(database, eras)
        self.shelf = SqlShelf(database)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    kept: str = request.param
    return kept


@pytest.fixture
def told(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """The product at work, with every statement that it had SQLite run."""
    told, connect = Told(), driver.connect

    def connect_and_listen(*args: Any, **options: Any) -> driver.Connection:
        connection: driver.Connection = connect(*args, **options)
        if "mode=ro" in args[0]:
            # It writes nothing, so that there is nothing to lose.
            return connection
        told.statements.append(CONNECT)
        connection.set_trace_callback(told.statements.append)
        return connection

    keep(mode, monkeypatch)
    monkeypatch.setattr(driver, "connect", connect_and_listen)
    url = f"sqlite:///{tmp_path / 'real.db'}"
    migrate(url)
    told.migrated = told.done
    asyncio.run(_work(url, told))
    monkeypatch.undo()
    return told


async def _work(url: str, told: Told) -> None:
    async with Database(url) as database:
        stores = Stores(database)
        for life in range(LIVES):
            await asyncio.gather(*(_begin(stores, f"{life}-{n}", told) for n in range(3)))
            await _log_in(stores, str(life), told)
            body = b"b" * 3000 * life
            await stores.shelf.put("branding", body, START)
            told.shelved.append((told.done, body))


async def _begin(stores: Stores, name: str, told: Told) -> None:
    session = SyncSession.open(SyncSessionId(f"ss_{name}"), MERCHANT, XERO, now=START, actor="a")
    await stores.sessions.add(session)
    told.sessions.append((told.done, session))
    begun = session.begin_redirect(RedirectId(f"rd_{name}"), now=START, actor="a")
    await stores.sessions.save(session, begun)
    told.sessions.append((told.done, begun))
    handed = begun.hand_over(f"fingerprint of {name}", now=START, actor="a")
    await stores.sessions.save(begun, handed)
    told.sessions.append((told.done, handed))


async def _log_in(stores: Stores, name: str, told: Told) -> None:
    spent, kept = Secret(f"spent {name}"), Secret(f"kept {name}")
    login, other = Secret(f"login {name}"), Secret(f"other {name}")
    for secret in (spent, kept):
        await stores.tokens.issue(secret, GRANT)
        told.issued[secret] = told.done
    assert GRANT == await stores.tokens.claim(spent, START)
    told.spent[spent] = told.done
    for secret in (login, other):
        await stores.browsers.open(secret, GRANT)
        told.opened[secret] = told.done
    await stores.browsers.close(other)
    told.closed[other] = told.done


@pytest.fixture
def shelter() -> Iterator[Path]:
    """A place for images, in memory where there is such a place: nothing needs a disk here."""
    memory = Path("/dev/shm")  # noqa: S108 - a directory of our own is made in it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as directory:
        yield Path(directory)


async def wrong_after(image: Image, told: Told, directory: Path) -> list[str]:
    """Whatever is not as it was acknowledged."""
    image.restore(directory)
    url = f"sqlite:///{directory / 'real.db'}"
    try:
        async with Database(url) as database:
            return await _missed(Stores(database), told, image.committed)
    except SchemaOutdated:
        # Nothing was made yet, and it can be made now.
        migrate(url)
        return ["everything"] if image.committed >= told.migrated else []


async def _missed(stores: Stores, told: Told, done: int) -> list[str]:
    return [
        *await _missed_sessions(stores.sessions, told, done),
        *[f"{s} is alive again" for s in await _claimable(stores, _by(told.spent, done))],
        *[f"{s} is open again" for s in await _recognised(stores, _by(told.closed, done))],
        *await _missed_secrets(stores, told, done),
        *await _missed_on_the_shelf(stores.shelf, told, done),
    ]


async def _missed_sessions(sessions: SqlSessionStore, told: Told, done: int) -> list[str]:
    missed = []
    acknowledged = {session.id: session for at, session in told.sessions if at <= done}
    for name, session in acknowledged.items():
        try:
            found = await sessions.get(name)
        except SyncSessionUnknown:
            missed.append(f"{name} is lost")
            continue
        if found.timeline[: session.version] != session.timeline:
            missed.append(f"{name} has lost something that happened")
    return missed


async def _missed_secrets(stores: Stores, told: Told, done: int) -> list[str]:
    tokens = _by(told.issued, done) - told.spent.keys()
    logins = _by(told.opened, done) - told.closed.keys()
    lost = (tokens - await _claimable(stores, tokens)) | (
        logins - await _recognised(stores, logins)
    )
    return [f"{secret} is lost" for secret in lost]


async def _missed_on_the_shelf(shelf: SqlShelf, told: Told, done: int) -> list[str]:
    bodies = [body for at, body in told.shelved if at <= done]
    later = [body for at, body in told.shelved if at > done][:1]
    shelved = await shelf.get("branding")
    possible = [Shelved(body, START) for body in (*bodies[-1:], *later)]
    return ["the shelf has lost something"] if bodies and shelved not in possible else []


async def _claimable(stores: Stores, secrets: AbstractSet[Secret]) -> set[Secret]:
    return {s for s in secrets if await stores.tokens.claim(s, START) == GRANT}


async def _recognised(stores: Stores, secrets: AbstractSet[Secret]) -> set[Secret]:
    return {s for s in secrets if await stores.browsers.find(s, START) == GRANT}


def _by(told: dict[Secret, int], done: int) -> set[Secret]:
    return {secret for secret, at in told.items() if at <= done}


async def all_wrong(
    told: Told, notes: list[Note], cuts: int, shelter: Path, within: range | None = None
) -> list[str]:
    return [
        wrong
        for image in images(notes, cuts, seed=21, within=within)
        for wrong in await wrong_after(image, told, shelter)
    ]


async def test_whatever_a_cut_of_the_power_leaves_nothing_acknowledged_is_lost(
    told: Told, mode: str, shelter: Path, tmp_path: Path
) -> None:
    notes = noted(tmp_path / "noted" / "real.db", told.statements)
    logged = [note.file for note in notes if isinstance(note, Write)].count("real.db-wal")

    assert (mode == "wal") == (logged > told.done)
    assert [] == await all_wrong(told, notes, CUTS // 2, shelter)


@pytest.mark.parametrize("mode", ["wal"], indirect=True)
async def test_nor_while_the_log_is_copied_and_begun_anew(
    told: Told, shelter: Path, tmp_path: Path
) -> None:
    small = [text.replace(CHECKPOINTS, "wal_autocheckpoint = 3") for text in told.statements]
    notes = noted(tmp_path / "noted" / "real.db", small)
    copies = [
        one
        for one, other in itertools.pairwise(notes)
        if one == Sync("real.db-wal") and isinstance(other, Write) and other.file == "real.db"
    ]

    assert small != told.statements
    assert len(copies) > 3 * LIVES
    assert [] == await all_wrong(told, notes, CUTS // 2, shelter)


@pytest.mark.parametrize("mode", ["persist"], indirect=True)
async def test_nor_while_a_file_turns_to_a_log(told: Told, shelter: Path, tmp_path: Path) -> None:
    commits = [at for at, text in enumerate(told.statements) if text == "COMMIT"]
    middle = commits[len(commits) // 2] + 1
    turning = [*told.statements[:middle], "PRAGMA journal_mode = WAL", *told.statements[middle:]]
    notes = noted(tmp_path / "noted" / "real.db", turning)
    turned = notes.index(Delete("real.db-journal"))

    assert Sync("real.db-journal") == notes[turned + 1]
    around = range(turned - 10, turned + 10)
    assert [] == await all_wrong(told, notes, CUTS // 5, shelter, around)


@pytest.mark.parametrize(
    ("mode", "chosen", "instead"),
    [
        ("wal", "synchronous = EXTRA", "synchronous = OFF"),
        ("wal", "synchronous = EXTRA", "synchronous = NORMAL"),
        ("persist", "synchronous = EXTRA", "synchronous = OFF"),
        ("persist", "= PERSIST", "= MEMORY"),
    ],
    indirect=["mode"],
)
async def test_without_what_was_chosen_for_it_something_would_be(
    told: Told, shelter: Path, tmp_path: Path, chosen: str, instead: str
) -> None:
    careless = [statement.replace(chosen, instead) for statement in told.statements]
    notes = noted(tmp_path / "noted" / "real.db", careless)

    seen = []
    for image in images(notes, 100, seed=21):
        try:
            seen += await wrong_after(image, told, shelter)
        except Exception as error:  # noqa: BLE001 - a database that cannot even be opened
            seen.append(type(error).__name__)

    assert seen
