"""The search of the server; those of the scripts are held to the same in a browser."""

import pytest

from domain.ids import PlatformKey
from entrypoints.web.pages.tiles import Tile, matches, plain
from tests.entrypoints.web.search_corpus import CORPUS, Row, all_characters


@pytest.mark.parametrize("row", CORPUS, ids=repr)
def test_the_server_finds_what_it_should(row: Row) -> None:
    assert row.found is matches(tile(row.name), row.sought)


def test_what_is_plain_stays_as_it_is() -> None:
    for text in all_characters():
        assert plain(text) == plain(plain(text))


def test_every_name_is_found_by_itself() -> None:
    for name in {row.name for row in CORPUS}:
        for sought in (name, f"\u00a0{name}\t", plain(name)):
            assert matches(tile(name), sought)


def tile(name: str) -> Tile:
    """An integration that is called *name*."""
    return Tile(
        key=PlatformKey("gbol"),
        name=name,
        state="choose",
        label=name,
        note="",
        busy="",
        letter=name[0],
        terms=plain(name),
    )
