"""What the entrypoints themselves refuse, before the product is even asked."""

import attrs


@attrs.frozen(eq=False)
class Refused(Exception):
    """Something cannot be done for the *reason* given; *remedy* says what can be."""

    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.reason} {self.remedy}"
