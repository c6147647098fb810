"""How the timeline names who did something, and how a merchant is told."""

from typing import Final


RESERVED: Final = frozenset({"merchant", "codat"})
"""The merchant itself, and what Codat reported; nobody else may have these names."""

SUPPORT: Final = "support:"
"""What the name of an operator at the command line begins with."""


def as_told_to_merchant(actor: str) -> str:
    """The same without the names of the platform's people and keys: `support` or `platform`."""
    if actor in RESERVED:
        return actor
    return "support" if actor.startswith(SUPPORT) else "platform"
