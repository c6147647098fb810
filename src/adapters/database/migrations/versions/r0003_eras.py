"""By which time logins and connect tokens end, where the clock is set back."""

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table and its one row; what is there stays as it is."""
    eras = op.create_table(
        "eras",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("latest", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_eras"),
    )
    op.bulk_insert(eras, [{"id": 1, "number": 0, "latest": 0}])
