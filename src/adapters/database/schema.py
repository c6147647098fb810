"""
The tables as they are now; how they came about is in `migrations`.

Times are integers (`moments`); secrets are there only as hashes.
The same for SQLite and PostgreSQL: what is particular to one is an option that it alone reads.
"""

from typing import Final

import sqlalchemy as sa


REVISION: Final = "0004"
"""The schema that this code reads and writes: the newest in `migrations/versions`."""

EARLIER: Final[tuple[str, ...]] = ("0001", "0002", "0003")
"""The schemas that `tillbridge migrate` can bring to this one, oldest first."""

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _in_order(length: int) -> sa.String:
    """Text that is sorted byte by byte, as in SQLite, whatever language a server is set to."""
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


sync_sessions = sa.Table(
    "sync_sessions",
    metadata,
    # Ids sort by the time they were made, so the newest come first by id descending.
    sa.Column("id", _in_order(64), primary_key=True),
    sa.Column("merchant", sa.String(128), nullable=False),
    sa.Column("platform_key", sa.String(4), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("company", sa.String(64)),
    sa.Column("attempt_redirect", sa.String(64)),
    sa.Column("attempt_started_at", sa.BigInteger),
    sa.Column("attempt_resumes", sa.String(16)),
    sa.Index(None, "merchant", "id"),
    sa.Index(None, "merchant", "platform_key", "id"),
    sa.Index(None, "status", "id"),
    sqlite_with_rowid=False,
)

timeline = sa.Table(
    "timeline",
    metadata,
    sa.Column("session_id", sa.ForeignKey(sync_sessions.c.id), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("what", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("redirect", sa.String(64)),
    sa.Column("detail", sa.String(64)),
    # What makes a second hand-off of one URL impossible, whoever tries (rule 2).
    sa.Column("fingerprint", sa.String(128), unique=True),
    sqlite_with_rowid=False,
)

connect_tokens = sa.Table(
    "connect_tokens",
    metadata,
    sa.Column("hash", sa.LargeBinary(32), primary_key=True),
    sa.Column("stands_for", sa.Text, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

browser_sessions = sa.Table(
    "browser_sessions",
    metadata,
    sa.Column("hash", sa.LargeBinary(32), primary_key=True),
    sa.Column("stands_for", sa.Text, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False, index=True),
    sqlite_with_rowid=False,
)

interests = sa.Table(
    "interests",
    metadata,
    # The key is what makes it once for each merchant and integration, whoever writes.
    sa.Column("merchant", _in_order(128), primary_key=True),
    sa.Column("platform_key", sa.String(4), primary_key=True),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Index(None, "platform_key", "since", "merchant"),
    sqlite_with_rowid=False,
)

# One row: the latest time that was seen, and how often the clock was set back (`eras`).
eras = sa.Table(
    "eras",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("latest", sa.BigInteger, nullable=False),
)

shelf = sa.Table(
    "shelf",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("fetched_at", sa.BigInteger, nullable=False),
)

heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("beats", sa.BigInteger, nullable=False),
)

# A row for each revision: the oldest code, by its `REVISION`, that may use it; see `revision`.
schema_compatibility = sa.Table(
    "schema_compatibility",
    metadata,
    sa.Column("revision", sa.String(32), primary_key=True),
    sa.Column("oldest", sa.String(32), nullable=False),
)
