"""Which texts can be in a database at all."""


def may_be_stored(name: str) -> bool:
    """
    Whether *name* can be that of a merchant, an integration or a sync session.

    All of them are printable ASCII. Other texts are not asked about: PostgreSQL minds NULs, and
    surrogates that stand alone.
    """
    return name.isascii() and name.isprintable()
