"""`make examples`: the demo with other pages in place of its shop."""

from pathlib import Path

from entrypoints.demo.plan import SHOP, Plan
from examples.__main__ import directions, parts


PLAN = Plan(port=8000, directory=Path("/nowhere"))


def test_the_example_pages_stand_where_the_shop_would() -> None:
    usual, ours = PLAN.parts(), parts(PLAN)

    assert [part.name for part in usual if part.name != SHOP] == [p.name for p in ours[:-1]]
    pages = ours[-1]
    assert (f"{PLAN.shop}/",) == pages.signs
    assert "8003" == pages.command[-1]
    assert PLAN.operator_key == pages.environment["EXAMPLES_OPERATOR_KEY"]
    assert PLAN.operator_key not in " ".join(pages.command)


def test_whoever_starts_them_is_told_where_they_are() -> None:
    assert any(PLAN.shop in line for line in directions(PLAN))
