"""Everything that is particular to PostgreSQL: sessions, how a transaction begins, errors."""

import re
import urllib.parse
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import attrs
import sqlalchemy as sa

from adapters.database.eras import LEEWAY
from adapters.database.prepared import tell
from adapters.database.put_off import PUT_OFF, PutOff, settle
from adapters.system import SystemClock
from domain.errors import StorageUnavailable
from domain.ports.clock import Clock


if TYPE_CHECKING:
    import psycopg


PREFIXES: Final = ("postgresql://", "postgres://")

CONNECTING: Final[dict[str, str]] = {
    "application_name": "tillbridge",
    "connect_timeout": "2",
    # A server that vanishes without a word is noticed within eight seconds.
    "keepalives": "1",
    "keepalives_idle": "5",
    "keepalives_interval": "1",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",
    # Of several hosts the primary; and never, after a failover, a standby to read old things from.
    "target_session_attrs": "read-write",
}
"""What libpq is told unless the URL says otherwise."""

MIGRATIONS_KEY: Final = 0x54696C6C
"""Of the lock that lets one process migrate at a time; any number that nobody else has."""

LONGEST_LOCK_OF_A_MIGRATION: Final = 1.0
"""Seconds that a migration waits for a table; the service waits behind it for as long."""

FURTHEST_FROM_SERVER: Final = LEEWAY.total_seconds() / 2
"""Seconds by which a clock may differ from the server's; two may then differ by the leeway."""

WRITING: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

WARNED: Final = "tillbridge_warned"
"""Where a connection's record has the warnings that the server gave."""

LOST: Final = ("08", "25P03", "57P")
STALE: Final = ("0A000",)
"""Of a statement that was prepared before a migration changed what it finds, among others."""

COLLIDED: Final = ("40",)
DELAYED: Final = ("55P03", "57014")
SURVIVED: Final = ("22", "23", "40", "53100", "55P03", "57014")
"""Beginnings of SQLSTATEs (postgresql.org/docs/current/errcodes-appendix.html)."""

NO_WRITING: Final = "the server is a standby, or lets nobody write"

POOLED: Final = (
    "something shares its connection with others; PgBouncer has to have pool_mode = session"
)
"""Prepared statements are there that were not made here, or are not that were."""

REASONS: Final[tuple[tuple[str, str], ...]] = (
    ("25006", NO_WRITING),
    ("3F", "the role has no schema to make tables in; see its search_path"),
    ("40", "other processes wrote the same at the same time"),
    ("42501", "the role may not do that; grant it the rights that docs/storage.md lists"),
    ("53100", "the server's disk is full"),
    ("53", "the server is out of connections or memory"),
    ("55P03", "another process keeps rows locked"),
    ("57014", "the server took too long"),
    *((code, POOLED) for code in ("26000", "42P05")),
    *((code, "the connection to the server was lost") for code in LOST),
)

REMEDIES: Final[tuple[tuple[str, str], ...]] = (
    ("database .* does not exist", "make it with CREATE DATABASE, or name another one"),
    ("role .* does not exist", "make it with CREATE ROLE … LOGIN, or name another one"),
    ("password", "check the role and its password in the URL"),
    ("pg_hba", "let this host in, in the server's pg_hba.conf"),
    ("connection slots|too many", "raise max_connections of the server, or see who has them all"),
    ("read-only|hot standby", "name the primary server, too, in the URL"),
    ("refused|resolve|translate|timeout|No such file", "check the URL, and that the server runs"),
)
"""What to do where libpq's words, in English, are these."""


@attrs.frozen
class PostgresServer:
    """A database on a PostgreSQL server, at a *url* that libpq understands."""

    url: str = attrs.field(repr=False)
    clock: Clock = attrs.field(factory=SystemClock)

    @property
    def reads_apart(self) -> bool:
        """A server serves several connections, and asking it takes waiting for the network."""
        return True

    @property
    def stops_at_errors(self) -> bool:
        """PostgreSQL refuses whatever follows an error, up to the end of the transaction."""
        return True

    def create(self) -> None:
        """Nothing: the database and its role are made by whoever runs the server."""

    def engine(self, *, busy_timeout: float) -> sa.Engine:
        """
        Connections to the server, each a session of its own.

        No statement takes longer than *busy_timeout*, in seconds. None waits for a lock longer
        than 0.6 of it: 1.2 s of 2 s. So the server finds deadlocks first, after a second, and
        ends one side of them; and the others of a group can be run again in time.
        """
        session = _session(busy_timeout)

        def connect() -> "psycopg.Connection[Any]":
            return self._connect(session)

        # libpq reads the URL by itself: several hosts and all that, SQLAlchemy would not know.
        engine = sa.create_engine(
            "postgresql+psycopg://", creator=connect, poolclass=sa.NullPool, hide_parameters=True
        )
        sa.event.listen(engine, "connect", _listen)
        sa.event.listen(engine, "begin", _begin)
        sa.event.listen(engine, "before_cursor_execute", _settle)
        return engine

    @contextmanager
    def writing(self, connection: sa.Connection) -> Generator[None, None, None]:
        """
        Write what follows, and wait until the server and its synchronous standbys have it.

        Raises:
            StorageUnavailable: it is written here, but a standby may not have it.
        """
        connection.execution_options(begin=WRITING)
        warned: list[str] = connection.info[WARNED]
        with connection.begin():
            yield
            warned.clear()
        if warned:
            # Somebody cancelled the wait for a standby. The commit says that it went well.
            raise StorageUnavailable("nobody knows whether a standby has what was written")

    @contextmanager
    def reading(self, connection: sa.Connection) -> Generator[None, None, None]:
        """Read what follows as it was at one moment, whoever writes meanwhile."""
        connection.execution_options(begin=READING)
        with connection.begin():
            yield

    @contextmanager
    def migrating(self, connection: sa.Connection) -> Generator[None, None, None]:
        """
        Change the schema in one transaction, one process at a time.

        Raises:
            StorageUnavailable: the database keeps text in such a way that some of it is lost.
        """
        with self.writing(connection):
            tell(connection, f"SELECT pg_advisory_xact_lock({MIGRATIONS_KEY})")
            if connection.exec_driver_sql("SHOW server_encoding").scalar() != "UTF8":
                reason = "its encoding is not UTF8: CREATE DATABASE … ENCODING 'UTF8' makes one"
                raise StorageUnavailable(reason)
            tell(connection, f"SET LOCAL lock_timeout = {_millis(LONGEST_LOCK_OF_A_MIGRATION)}")
            tell(connection, "SET LOCAL statement_timeout = 0")
            yield

    def beside(self, connection: sa.Connection) -> None:
        """None: whoever asks a server waits for it."""

    def rest(self, connection: sa.Connection) -> None:
        """Nothing: the server does what is to be done by itself."""

    def look(self, connection: sa.Connection) -> None:
        """
        Make sure that this is not a standby, and that the clock here is about as the server's.

        One replica whose clock is wrong would end everybody's logins, again and again (`eras`).
        Of damage, the server tells when it meets it.

        Raises:
            StorageUnavailable: it is a standby, or one of the clocks is wrong.
        """
        standby, theirs = connection.exec_driver_sql(
            "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp())::float8"
        ).one()
        if standby:
            raise StorageUnavailable(f"{NO_WRITING}; name the primary server, too, in the URL")
        ahead = self.clock.now().timestamp() - theirs
        if abs(ahead) > FURTHEST_FROM_SERVER:
            how = f"{abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'}"
            raise StorageUnavailable(
                f"the clock of this machine is {how} that of the database server, and logins end "
                "by it; set both by NTP"
            )

    def explain(self, error: sa.exc.DBAPIError) -> StorageUnavailable:
        """Say what is wrong without quoting anything that was stored, or was to be."""
        state = _state(error)
        if not state and self.lost(error):
            return StorageUnavailable("the connection to the server was lost")
        reason = next((reason for code, reason in REASONS if state.startswith(code)), None)
        return StorageUnavailable(reason or f"the database failed (SQLSTATE {state or 'unknown'})")

    def survives(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is as good as before, once the transaction is undone."""
        return _state(error).startswith(SURVIVED)

    def lost(self, error: sa.exc.DBAPIError) -> bool:
        """Whether the connection is gone, or what was prepared on it is of no use any more."""
        if _state(error):
            return _state(error).startswith((*LOST, *STALE))
        # What has no SQLSTATE was not said by the server.
        return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)

    def collided(self, error: sa.exc.DBAPIError) -> bool:
        """Whether it was a deadlock, or the like."""
        return _state(error).startswith(COLLIDED)

    def delayed(self, error: sa.exc.DBAPIError) -> bool:
        """Whether somebody kept a row locked, or a statement took too long."""
        return _state(error).startswith(DELAYED)

    def _connect(self, session: str) -> "psycopg.Connection[Any]":
        # Imported late: who uses SQLite does without it.
        import psycopg  # noqa: PLC0415
        from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

        try:
            given: dict[str, Any] = conninfo_to_dict(self.url)
            connection = psycopg.connect(autocommit=True, **{**CONNECTING, **given})
        except psycopg.ProgrammingError:
            raise StorageUnavailable("libpq cannot read TILLBRIDGE_DATABASE_URL") from None
        except psycopg.Error as error:
            raise StorageUnavailable(self._unsecret(str(error))) from None
        with ExitStack() as stack:
            stack.callback(connection.close)
            connection.execute(session)
            stack.pop_all()
        return connection

    def _unsecret(self, said: str) -> str:
        """What libpq said, in a line, and what to do about it; never the password."""
        words = " ".join(said.split())
        remedy = next((f" ({do})" for sign, do in REMEDIES if re.search(sign, words)), "")
        password = urllib.parse.urlsplit(self.url).password or ""
        for form in filter(None, (password, urllib.parse.unquote(password))):
            words = words.replace(form, "…")
        return f"{words}{remedy}"


def _session(busy_timeout: float) -> str:
    """What every session begins with; durable, whatever the server's defaults are."""
    return (
        f"SET statement_timeout = {_millis(busy_timeout)};"
        f"SET lock_timeout = {_millis(busy_timeout * 0.6)};"
        "SET idle_in_transaction_session_timeout = 5000;"
        "SET synchronous_commit = on"
    )


def _millis(seconds: float) -> int:
    return max(1, round(seconds * 1000))


def _listen(connection: "psycopg.Connection[Any]", record: Any) -> None:
    """Have warnings noted where `writing` finds them."""
    warned: list[str] = []
    record.info[WARNED] = warned
    # `Error` is an attribute of each connection (PEP 249).
    record.info[PUT_OFF] = PutOff(connection, connection.Error)

    def note(said: "psycopg.errors.Diagnostic") -> None:
        if said.severity_nonlocalized == "WARNING":
            warned.append(said.sqlstate or "")

    connection.add_notice_handler(note)


def _begin(connection: sa.Connection) -> None:
    tell(connection, connection.get_execution_options().get("begin", "BEGIN"))


def _settle(connection: sa.Connection, *_: object) -> None:
    """Have SQLAlchemy find what it runs answered at once."""
    settle(connection)


def _state(error: sa.exc.DBAPIError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""
