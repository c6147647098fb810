import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.errors import InputRefused
from domain.model.colour import BLACK, WHITE, Colour
from tests import strategies


@given(strategies.colours)
def test_a_colour_is_read_as_it_is_written(colour: Colour) -> None:
    assert colour == Colour.parse(str(colour))
    assert colour == Colour.parse(str(colour).upper())


@given(st.text("0123456789abcdefABCDEF", min_size=3, max_size=3))
def test_the_short_form_stands_for_each_digit_twice(digits: str) -> None:
    long = "".join(digit + digit for digit in digits)

    assert Colour.parse(f"#{long}") == Colour.parse(f"#{digits}")


@given(strategies.anything)
@example("#12345")
@example("#1234567")
@example("#12\n")
@example("#fff\n")
@example("#ffffff80")
@example("#\u0661\u0661\u0661")
@example("red")
@example("0b5cad")
def test_whatever_is_read_as_a_colour_was_hexadecimal(given_value: object) -> None:
    try:
        colour = Colour.parse(given_value)
    except InputRefused:
        return

    assert isinstance(given_value, str)
    assert given_value[0] == "#"
    assert set(given_value[1:]) <= set(string.hexdigits)
    assert 7 == len(str(colour))


@pytest.mark.parametrize("channels", [(-1, 0, 0), (0, 256, 0), (0, 0, 1000)])
def test_a_channel_has_eight_bits(channels: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        Colour(*channels)


@pytest.mark.parametrize(
    ("front", "behind", "ratio"),
    [
        # As WebAIM's and the W3C's own checkers tell them.
        ("#000", "#fff", 21.0),
        ("#777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
        ("#0b5cad", "#fff", 6.67),
        ("#ff0000", "#fff", 4.0),
        ("#0000ff", "#fff", 8.59),
        ("#00ff00", "#000", 15.3),
        ("#fff", "#fff", 1.0),
        ("#010101", "#000", 1.01),
    ],
)
def test_contrast_is_that_of_wcag(front: str, behind: str, ratio: float) -> None:
    told = Colour.parse(front).contrast(Colour.parse(behind))

    assert ratio == pytest.approx(told, abs=0.01)


@given(strategies.colours, strategies.colours)
def test_contrast_is_the_same_both_ways_and_bounded(one: Colour, other: Colour) -> None:
    assert one.contrast(other) == other.contrast(one)
    assert 1 <= one.contrast(other) <= WHITE.contrast(BLACK)
    assert 0 <= one.luminance <= 1


@given(strategies.colours, strategies.colours, st.integers(0, 255))
def test_a_mixture_lies_between_the_two(one: Colour, other: Colour, parts: int) -> None:
    mixed = one.mixed(other, parts)

    assert one == one.mixed(other, 0)
    assert other == one.mixed(other, 255)
    for channel in ("red", "green", "blue"):
        low, high = sorted((getattr(one, channel), getattr(other, channel)))
        assert low <= getattr(mixed, channel) <= high
