"""The browser code's tools: locked, and only for development."""

import json
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "src").rglob("*.js"))


def test_the_lock_carries_hashes_and_no_download_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages
    assert [] == [name for name, package in packages.items() if "resolved" in package]
    assert [] == [name for name, p in packages.items() if not p["integrity"].startswith("sha512-")]


def test_every_version_is_exact_and_nothing_is_for_production() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))

    assert "dependencies" not in package
    assert package["devDependencies"]
    for version in package["devDependencies"].values():
        assert version[0].isdigit()


def test_scripts_of_packages_do_not_run_when_they_are_installed() -> None:
    assert "ignore-scripts=true" in (ROOT / ".npmrc").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_checked_for_types(path: Path) -> None:
    configuration = json.loads((ROOT / "tsconfig.json").read_text(encoding="utf-8"))

    assert path.read_text(encoding="utf-8").startswith("// @ts-check\n")
    folder = path.parent.relative_to(ROOT).as_posix()
    assert folder in configuration["include"]
    assert configuration["compilerOptions"]["strict"]
    assert configuration["compilerOptions"]["checkJs"]
