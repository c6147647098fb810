"""Who wants to be told when an integration is ready."""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table; what is there stays as it is."""
    op.create_table(
        "interests",
        sa.Column("merchant", sa.String(128), nullable=False),
        sa.Column("platform_key", sa.String(4), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("merchant", "platform_key", name="pk_interests"),
        sqlite_with_rowid=False,
    )
    columns = ["platform_key", "since", "merchant"]
    op.create_index(f"ix_interests_{'_'.join(columns)}", "interests", columns)
