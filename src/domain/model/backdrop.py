"""
What an accent colour stands before on the hosted pages, and whether it can be read there.

The contrast that is needed: 4.5 for text (WCAG 2.2, success criterion 1.4.3), and 3 for the focus
ring and for borders (1.4.11).
"""

import bisect
import math
from collections.abc import Iterator
from typing import Final

import attrs

from domain.errors import InputRefused
from domain.model.colour import BLACK, BRIGHTEST, WHITE, Colour


FOR_TEXT: Final = 4.5
FOR_SHAPES: Final = 3.0


@attrs.frozen(kw_only=True)
class Pair:
    """One colour before another, for one *use*, and the contrast that is *needed* there."""

    use: str
    front: Colour
    behind: Colour
    needed: float

    @property
    def ratio(self) -> float:
        """The contrast that there is."""
        return self.front.contrast(self.behind)

    @property
    def holds(self) -> bool:
        """Whether it is enough."""
        return self.ratio >= self.needed

    def __str__(self) -> str:
        # Rounded down: what falls short by little must not look as if it held.
        ratio = math.floor(self.ratio * 100) / 100
        return (
            f"{self.front} on {self.behind} ({self.use}) has a contrast of {ratio:.2f}:1, "
            f"and needs {self.needed:g}:1"
        )


def on(accent: Colour) -> Colour:
    """
    Black or white, whichever is told better from *accent*.

    It always can be read: the worse the one, the better the other, and in the middle both have
    a contrast of the square root of 21, which is 4.58.
    """
    return max(WHITE, BLACK, key=accent.contrast)


@attrs.frozen(kw_only=True)
class Backdrop:
    """
    What accents stand before in one mode, the same as in the style sheet of the pages.

    *ground* is the page's and *card* that of what lies on it; *accent* is used where a brand has
    none; *readable_end* is black or white, which everything becomes readable on the way to.
    """

    ground: Colour
    card: Colour
    accent: Colour
    readable_end: Colour

    def pairs(self, accent: Colour) -> Iterator[Pair]:
        """Everything that has to be told apart where *accent* is used."""
        for behind in (self.card, self.ground):
            yield Pair(use="links", front=accent, behind=behind, needed=FOR_TEXT)
            yield Pair(use="focus ring", front=accent, behind=behind, needed=FOR_SHAPES)
        yield Pair(use="text on buttons", front=on(accent), behind=accent, needed=FOR_TEXT)

    def worst(self, accent: Colour) -> Pair | None:
        """The pair that fails by most; `None` where all of them hold."""
        failing = (pair for pair in self.pairs(accent) if not pair.holds)
        return min(failing, key=lambda pair: pair.ratio / pair.needed, default=None)

    def readable(self, accent: Colour) -> Colour:
        """
        The colour nearest to *accent* that can be read here.

        That is *accent* with as little of black (before light) or of white (before dark) in it
        as will do, counted in 255ths of each channel.
        """

        def can_be_read(parts: int) -> bool:
            return self.worst(accent.mixed(self.readable_end, parts)) is None

        # Once it can be read, it can be with more of the same; so the least is found by halving.
        parts = bisect.bisect_left(range(BRIGHTEST), True, key=can_be_read)  # noqa: FBT003  # the answer that is sought
        return accent.mixed(self.readable_end, parts)

    def expect_readable(self, accent: Colour, field: str) -> Colour:
        """
        Give *accent* back, if it can be read here.

        Raises:
            InputRefused: it cannot; the pair that fails is named.
        """
        worst = self.worst(accent)
        if worst is None:
            return accent
        remedy = f"The nearest colour that can be read is {self.readable(accent)}."
        raise InputRefused(field, f"cannot be read: {worst}", remedy)


LIGHT: Final = Backdrop(
    ground=Colour.parse("#f4f5f7"),
    card=WHITE,
    accent=Colour.parse("#0b5cad"),
    readable_end=BLACK,
)
DARK: Final = Backdrop(
    ground=Colour.parse("#0d1117"),
    card=Colour.parse("#161b22"),
    accent=Colour.parse("#6cb6ff"),
    readable_end=WHITE,
)
