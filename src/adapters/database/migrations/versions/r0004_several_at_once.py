"""Which code may use the schema, so that replicas of two versions can; order on PostgreSQL."""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"

SORTED = (
    ("sync_sessions", "id", 64),
    ("timeline", "session_id", 64),
    ("interests", "merchant", 128),
)


def upgrade() -> None:
    """Make the table and its first row; what is there stays as it is."""
    compatibility = op.create_table(
        "schema_compatibility",
        sa.Column("revision", sa.String(32), nullable=False),
        sa.Column("oldest", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_schema_compatibility"),
    )
    op.bulk_insert(compatibility, [{"revision": "0004", "oldest": "0004"}])
    if op.get_bind().dialect.name == "postgresql":
        # A server sorts by its own language; pages are turned byte by byte, as with SQLite.
        for table, column, length in SORTED:
            op.alter_column(table, column, type_=sa.String(length, collation="C"))
