"""What alembic runs: the migrations, inside the transaction that `migrate` has begun."""

from alembic import context

from adapters.database.schema import metadata


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
