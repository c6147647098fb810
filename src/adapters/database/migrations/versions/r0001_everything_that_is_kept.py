"""Sync sessions with their timelines, connect tokens, browser sessions, branding."""

import sqlalchemy as sa
from alembic import op


revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables, and the one row of the heartbeat."""
    op.create_table(
        "sync_sessions",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("merchant", sa.String(128), nullable=False),
        sa.Column("platform_key", sa.String(4), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("company", sa.String(64)),
        sa.Column("attempt_redirect", sa.String(64)),
        sa.Column("attempt_started_at", sa.BigInteger),
        sa.Column("attempt_resumes", sa.String(16)),
        sa.PrimaryKeyConstraint("id", name="pk_sync_sessions"),
        sqlite_with_rowid=False,
    )
    for columns in (["merchant", "id"], ["merchant", "platform_key", "id"], ["status", "id"]):
        op.create_index(f"ix_sync_sessions_{'_'.join(columns)}", "sync_sessions", columns)
    op.create_table(
        "timeline",
        sa.Column("session_id", sa.String(64), nullable=False),
        sa.Column("seq", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("redirect", sa.String(64)),
        sa.Column("detail", sa.String(64)),
        sa.Column("fingerprint", sa.String(128)),
        sa.PrimaryKeyConstraint("session_id", "seq", name="pk_timeline"),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sync_sessions.id"], name="fk_timeline_session_id"
        ),
        sa.UniqueConstraint("fingerprint", name="uq_timeline_fingerprint"),
        sqlite_with_rowid=False,
    )
    for table in ("connect_tokens", "browser_sessions"):
        op.create_table(
            table,
            sa.Column("hash", sa.LargeBinary(32), nullable=False),
            sa.Column("stands_for", sa.Text, nullable=False),
            sa.Column("expires_at", sa.BigInteger, nullable=False),
            sa.PrimaryKeyConstraint("hash", name=f"pk_{table}"),
            sqlite_with_rowid=False,
        )
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])
    op.create_table(
        "shelf",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("fetched_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shelf"),
    )
    heartbeat = op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("beats", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
    )
    op.bulk_insert(heartbeat, [{"id": 1, "beats": 0}])
