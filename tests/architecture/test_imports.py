import subprocess
import sys
from pathlib import Path

import grimp


ROOT = Path(__file__).parents[2]
IO = {"asyncio", "http", "logging", "os", "pathlib", "random", "secrets", "socket", "sqlite3"}
IO |= {"ssl", "subprocess", "threading", "time", "urllib", "uuid"}


def test_the_domain_needs_nothing_but_attrs_and_what_python_has_without_io() -> None:
    graph = grimp.build_graph("domain", include_external_packages=True, cache_dir=None)
    needed = {module.partition(".")[0] for module in graph.modules}

    allowed = {"domain", "attr", "attrs"} | (sys.stdlib_module_names - IO)
    assert set() == needed - allowed


def test_every_import_contract_is_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")

    linted = subprocess.run(  # noqa: S603 - our own tool
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert 0 == linted.returncode, linted.stdout
    assert "0 broken" in linted.stdout


def test_nothing_is_injected_by_decorator_or_mocked() -> None:
    roots = [*(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    banned = ("dependency_injector." + "wiring", "unittest" + ".mock")

    guilty = [
        path.relative_to(ROOT)
        for path in roots
        if any(name in path.read_text(encoding="utf-8") for name in banned)
    ]
    assert [] == guilty
