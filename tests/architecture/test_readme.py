"""What the README promises."""

import re
from pathlib import Path

import attrs

from entrypoints.settings import PREFIX, Settings


ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    rows = [line.split("|")[1] for line in README.splitlines() if line.startswith("| `TILL")]
    named = {name for row in rows for name in re.findall(r"`(TILLBRIDGE_\w+)`", row)}

    assert {PREFIX + field.name.upper() for field in attrs.fields(Settings)} == named


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)

    assert [] == [link for link in links if "://" not in link and not (ROOT / link).exists()]


def test_the_changelog_has_the_version_of_the_project() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"$', project, re.MULTILINE)

    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
