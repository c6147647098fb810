"""The addresses to which merchants may be sent back: registered, exact, never the caller's."""

from collections.abc import Mapping

import attrs

from domain.errors import InputRefused
from domain.ids import ReturnName


@attrs.frozen
class ReturnAddresses:
    """The operator's addresses by name; the first one is the default."""

    by_name: Mapping[ReturnName, str] = attrs.field(factory=dict)

    def resolve(self, name: ReturnName | None) -> str | None:
        """The address for *name*, else the default one, else none."""
        if name is not None and name in self.by_name:
            return self.by_name[name]
        return next(iter(self.by_name.values()), None)

    def parse(self, text: object, field: str = "returnTo") -> ReturnName | None:
        """
        Read the name of a registered address; the address itself will do, too.

        Raises:
            InputRefused: no such address is registered.
        """
        if text is None:
            return None
        for name, address in self.by_name.items():
            if isinstance(text, str) and text in {name, address}:
                return name
        names = ", ".join(sorted(self.by_name)) or "none"
        remedy = f"Name one of the registered return addresses: {names}."
        raise InputRefused(field, "is not a registered return address", remedy)
