"""A real browser, and a whole Tillbridge for it to walk through."""

import shutil
from collections.abc import Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.stack import Stack, running_stack


NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Generator[Browser, None, None]:
    """Headless Chromium; each test opens a context of its own."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, "There is no Chromium. `make test` installs it."
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    """Tillbridge on another site than the shop and the sync flow, as in production."""
    with running_stack(tmp_path_factory.mktemp("stack"), sites_apart=True) as running:
        yield running


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of the pages go; `--pictures DIR` asks for them."""
    folder = request.config.getoption("--pictures")
    return None if folder is None else Path(str(folder))
