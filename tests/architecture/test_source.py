import ast
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from entrypoints.settings import Settings


ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
CODE = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py")), ROOT / "dev.py"]
LONGEST_FILE = 350
SETTINGS = """
    CODAT_URL CODAT_API_KEY CONNECTOR_KEY CONNECTOR_SIDE SYNC_FLOW_HOSTS OPERATOR_KEYS PUBLIC_URL
    SHOP_ORIGINS RETURN_URLS DATABASE_URL CACHE_URL JWT_ISSUER JWT_AUDIENCE JWKS_URL PLATFORM_NAME
    LOG_LEVEL
"""
"""What operators rely on: none may be renamed or dropped."""

VAGUE = {"base", "common", "helper", "helpers", "impl", "manager", "misc", "service", "services"}
VAGUE |= {"util", "utils"}
SILENCER = re.compile(r"#\s*(?P<what>noqa|type: ignore|fmt: (?:off|skip)|pragma: no)(?P<rest>.*)")
REASON = re.compile(r"^(?::\s*[A-Z0-9, ]+|\[[a-z-]+(?:, [a-z-]+)*\])?\s*(?:#|-)\s*[^\s#]")


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_promised_setting_exists() -> None:
    names = {field.name.upper() for field in attrs.fields(Settings)}

    assert set() == set(SETTINGS.split()) - names


def test_no_source_file_is_too_long_to_read() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}

    assert {} == {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE}


def test_no_file_has_a_name_that_says_nothing() -> None:
    # Where the project itself lies is its user's business.
    words = {relative(path): set(path.relative_to(ROOT).with_suffix("").parts) for path in CODE}

    assert [] == [name for name, parts in words.items() if parts & VAGUE]


def silencers(path: Path) -> Iterator[tuple[int, str]]:
    """Each line of *path* that silences a tool without a reason there or just above."""
    excused, above = False, ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        found = SILENCER.search(line)
        if found is None:
            excused, above = False, line.strip()
            continue
        excused = excused or above.startswith("#") or bool(REASON.match(found["rest"]))
        if not excused:
            yield number, line.strip()


def test_whoever_silences_a_tool_says_why() -> None:
    silent = [
        f"{relative(path)}:{number}: {line}"
        for path in CODE
        if path != Path(__file__)
        for number, line in silencers(path)
    ]

    assert [] == silent


@pytest.mark.parametrize(
    ("line", "excused"),
    [
        ("x = 1  # noqa: S101 - it is a test", True),
        ("x = 1  # noqa: S101, S102  # it is a test", True),
        ("x = 1  # type: ignore[misc]  # it is tried", True),
        ("x = 1  # type: ignore[misc, arg-type] # both", True),
        ("x = 1  # noqa: S101", False),
        ("x = 1  # noqa", False),
        ("x = 1  # type: ignore[misc]", False),
        ("x = 1  # pragma: no cover", False),
    ],
)
def test_a_reason_is_told_from_none(line: str, tmp_path: Path, *, excused: bool) -> None:
    file = tmp_path / "some.py"
    file.write_text(f"y = 2\n{line}\n", encoding="utf-8")
    above = tmp_path / "above.py"
    above.write_text(f"# It is so.\n{line}\n", encoding="utf-8")

    assert excused is (list(silencers(file)) == [])
    assert [] == list(silencers(above))


def test_every_exception_of_the_lint_configuration_has_a_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (ignored,) = re.findall(r"^ignore = \[\n(.*?)^\]", text, flags=re.DOTALL | re.MULTILINE)

    assert [] == [line for line in ignored.splitlines() if "  # " not in line]


def test_the_domains_errors_all_stand_in_one_file() -> None:
    elsewhere = [
        f"{relative(path)}: {node.name}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "src" / "domain") and path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
        if isinstance(base, ast.Name) and base.id.endswith(("Error", "Exception", "Refused"))
    ]

    assert [] == elsewhere


@pytest.mark.parametrize("kind", ["model", "use_cases"])
def test_every_file_of_the_domain_is_tested_under_its_name(kind: str) -> None:
    tested = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "domain").rglob("*.py")
    )
    files = (ROOT / "src" / "domain" / kind).glob("[a-z]*.py")

    assert [] == [path.name for path in files if f"domain.{kind}.{path.stem}" not in tested]


@pytest.mark.parametrize(
    "name", sorted(path.name for path in (ROOT / "requirements").glob("*.txt"))
)
def test_lock_files_carry_hashes_and_no_download_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")

    assert "://" not in text
    pins = re.findall(
        r"^[A-Za-z0-9._-]+(?:\[[^\]]*\])?==.*(?:\n    --hash=sha256:.*)+", text, re.MULTILINE
    )
    named = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    assert len(named) == len(pins) > 0
