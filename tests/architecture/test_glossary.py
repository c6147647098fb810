import re
from pathlib import Path


ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \|([^|]*)\|$", GLOSSARY, re.MULTILINE)[2:]


def test_every_term_is_explained_once() -> None:
    terms = [term for term, _, _ in ROWS]

    assert terms
    assert len(terms) == len(set(terms))


def test_every_name_that_the_glossary_gives_is_in_the_domain() -> None:
    domain = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src" / "domain").rglob("*.py")
    )
    names = {name for _, _, place in ROWS for name in re.findall(r"`(\w+)`", place)}

    assert names
    assert [] == sorted(
        name for name in names if not re.search(rf"^(?:class )?{name}\b", domain, re.MULTILINE)
    )
