import pytest
from hypothesis import given, settings

from domain.errors import InputRefused
from domain.model.backdrop import DARK, FOR_SHAPES, FOR_TEXT, LIGHT, Backdrop, on
from domain.model.colour import BLACK, BRIGHTEST, WHITE, Colour
from tests import strategies


both = pytest.mark.parametrize("backdrop", [LIGHT, DARK], ids=["light", "dark"])


@both
def test_the_colour_for_brands_without_one_can_be_read(backdrop: Backdrop) -> None:
    assert backdrop.worst(backdrop.accent) is None


@both
@given(accent=strategies.colours)
def test_what_is_let_through_holds_everywhere(backdrop: Backdrop, accent: Colour) -> None:
    try:
        read = backdrop.expect_readable(accent, "accentColor")
    except InputRefused:
        return

    assert accent == read
    for behind in (backdrop.card, backdrop.ground):
        assert accent.contrast(behind) >= FOR_TEXT > FOR_SHAPES
    assert on(accent).contrast(accent) >= FOR_TEXT


@given(strategies.colours)
def test_black_or_white_can_be_read_on_every_colour(accent: Colour) -> None:
    better = max(accent.contrast(BLACK), accent.contrast(WHITE))

    assert on(accent) in {BLACK, WHITE}
    assert better == accent.contrast(on(accent)) >= FOR_TEXT


@both
@settings(deadline=None)
@given(accent=strategies.colours)
def test_the_nearest_that_can_be_read_is_the_first_on_the_way(
    backdrop: Backdrop, accent: Colour
) -> None:
    nearest = backdrop.readable(accent)

    way = [accent.mixed(backdrop.readable_end, parts) for parts in range(BRIGHTEST + 1)]
    expected = next(colour for colour in way if backdrop.worst(colour) is None)
    assert expected == nearest
    if backdrop.worst(accent) is None:
        assert accent == nearest


@pytest.mark.parametrize(
    ("backdrop", "accent", "ratio", "nearest"),
    [
        (LIGHT, "#ffcc00", "#f4f5f7 (links) has a contrast of 1.38:1", "#886d00"),
        # It could be read on the card (4.54), but not on the ground.
        (LIGHT, "#767676", "#f4f5f7 (links) has a contrast of 4.16:1", "#707070"),
        (DARK, "#0b5cad", "#161b22 (links) has a contrast of 2.59:1", "#4986c2"),
    ],
)
def test_the_pair_that_fails_is_named_with_what_it_needs(
    backdrop: Backdrop, accent: str, ratio: str, nearest: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        backdrop.expect_readable(Colour.parse(accent), "accentColor")

    told = str(refused.value)
    assert told.startswith(f"accentColor cannot be read: {accent} on {ratio}, and needs 4.5:1.")
    assert told.endswith(f"The nearest colour that can be read is {nearest}.")


def test_what_falls_short_by_little_does_not_look_as_if_it_held() -> None:
    pairs = [pair for pair in LIGHT.pairs(Colour.parse("#6f7070")) if not pair.holds]
    nearly = LIGHT.worst(Colour.parse("#717171"))

    assert [] == pairs
    assert nearly is not None
    assert 4.45 < nearly.ratio < 4.5
    assert "4.50:1" not in str(nearly)
