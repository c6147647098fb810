"""How the schema came about; only `tillbridge migrate` imports this, for alembic is slow to."""
