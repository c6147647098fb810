import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))
SECTIONS = ["Status", "Context", "Decision", "Consequences", "Alternatives", "In the code"]
LONGEST = 50
LINK = r"\[\d+\]\(\d{4}-[a-z0-9-]+\.md\)"
STATUS = re.compile(
    rf"(Accepted|Superseded by {LINK}|Accepted, but in part superseded by {LINK})\."
)

each = pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)


def section(path: Path, name: str) -> str:
    """The text of *path* below the heading *name*."""
    text = path.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^## {name}\n\n(.*?)(?=\n## |\Z)", text, re.DOTALL | re.MULTILINE)
    return str(found).strip()


def test_there_are_decisions_each_with_a_number_of_its_own() -> None:
    numbers = [path.name[:4] for path in DECISIONS]

    assert numbers
    assert len(numbers) == len(set(numbers))
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name) for path in DECISIONS)


@each
def test_a_decision_has_a_title_with_its_number_and_every_section(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert re.fullmatch(rf"# {int(path.name[:4])}\. \S.*[^.]", lines[0])
    assert SECTIONS == [line[3:] for line in lines if line.startswith("## ")]
    assert STATUS.fullmatch(section(path, "Status"))
    assert all(section(path, name) for name in SECTIONS)


@each
def test_a_decision_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def named_places(path: Path) -> list[Path]:
    """The places in the code that *path* ends in; a bare name lies beside the one before."""
    places: list[Path] = []
    for name in re.findall(r"`([^`\s]+)`", section(path, "In the code")):
        if "/" in name or name == "pyproject.toml":
            places.append(ROOT / name)
        elif name.endswith((".py", ".md", ".jsonl")):
            places.append(places[-1].parent / name)
    return places


@each
def test_a_decision_ends_in_places_that_exist(path: Path) -> None:
    places = named_places(path)

    assert places
    assert [] == [str(place.relative_to(ROOT)) for place in places if not place.exists()]


@each
def test_a_decision_is_in_the_index(path: Path) -> None:
    title = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
    number, _, rest = title.partition(". ")

    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"{number}. [{rest}]({path.name})" in index


def test_the_template_has_every_section() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")

    assert SECTIONS == re.findall(r"^## (.+)$", index.partition("```markdown")[2], re.MULTILINE)
