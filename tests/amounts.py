"""How often tests do what they do again and again: a little each time, a lot where asked."""

import os


def amount(name: str, usual: int) -> int:
    """The environment variable *name*, as in `KILLS=1000 make test`; else as many as *usual*."""
    return int(os.environ.get(name, usual))
