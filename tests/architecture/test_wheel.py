import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
ROOTS = ("adapters", "domain", "entrypoints")
LITTER = {"__pycache__", ".DS_Store"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(  # noqa: S603 - our own build tool
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("tillbridge-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of nothing but Python is installed by unpacking it."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
    return folder


def run(installed: Path, script: str, *options: str) -> str:
    """What *script* prints where only *installed* is on the path, besides Python's own."""
    # The copy must not count as source without tests where coverage is measured.
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_PROCESS")}
    environ["PYTHONPATH"] = str(installed)
    done = subprocess.run(  # noqa: S603 - the script is one of those below
        [sys.executable, "-P", *options, "-c", script],
        cwd=installed,
        env=environ,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_the_import_roots_are_ours_alone(installed: Path) -> None:
    script = """
import importlib.metadata, json
print(json.dumps(importlib.metadata.packages_distributions()))
"""

    expected = {root: ["tillbridge"] for root in ROOTS}
    assert expected == json.loads(run(installed, script, "-S"))


def test_everything_that_lies_in_the_source_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if ".dist-info/" not in name}

    source = ROOT / "src"
    expected = {
        path.relative_to(source).as_posix()
        for root in ROOTS
        for path in (source / root).rglob("*")
        if path.is_file() and not LITTER & set(path.parts)
    }
    assert expected == names
    assert {f"{root}/py.typed" for root in ROOTS} <= names
    for suffix in (".html", ".css", ".png"):
        assert any(name.endswith(suffix) for name in names)
    assert any("/migrations/" in name or "/versions/" in name for name in names)


def test_the_command_comes_with_the_wheel(installed: Path) -> None:
    (entry_points,) = installed.glob("*.dist-info/entry_points.txt")

    assert "tillbridge = entrypoints.cli.main:main" in entry_points.read_text(encoding="utf-8")


def test_the_product_can_be_imported_from_the_wheel(installed: Path) -> None:
    script = """
import adapters, domain, entrypoints.container, entrypoints.cli.main
print(adapters.__file__, domain.__file__, entrypoints.container.__file__, sep="\\n")
"""

    printed = run(installed, script).splitlines()

    assert 3 == len(printed)
    assert all(Path(line).is_relative_to(installed) for line in printed)


def test_the_wheel_is_not_for_a_public_index(installed: Path) -> None:
    (metadata,) = installed.glob("*.dist-info/METADATA")

    assert "Classifier: Private :: Do Not Upload" in metadata.read_text(encoding="utf-8")
    assert list(installed.glob("*.dist-info/licenses/LICENSE"))
