"""`tillbridge migrate`."""

from entrypoints.cli.parameters import Here


def migrate(*, here: Here) -> None:
    """
    Bring the database to the current schema; make it where there is none.

    Doing it twice, or in two places at once, does no harm.

    Example: tillbridge migrate
    """
    settings = here.settings()
    from entrypoints import container  # noqa: PLC0415 - `--help` has to be quick

    for done in container.migrate(settings):
        here.answer(done)
