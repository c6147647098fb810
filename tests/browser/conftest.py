"""A real browser under watch, and a whole Tillbridge for it to walk through."""

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.states import Stacks, all_stacks
from tests.browser.witness import Watched, origins_of
from tests.stack import Stack, running_stack


NAMES = ("chromium", "chromium-browser", "google-chrome")
RESOLVER = (
    "MAP *.example 127.0.0.1, MAP * ~NOTFOUND, "
    "EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Text looks alike on every machine that has the same fonts.
    "--font-render-hinting=none",
    "--disable-lcd-text",
    # Names that exist nowhere are this machine; whatever else a page may ask for does not exist.
    f"--host-resolver-rules={RESOLVER}",
]
LIKE_PEOPLES = ["--disable-back-forward-cache"]
"""What Playwright switches off, and people's browsers have."""


@contextmanager
def launched(playwright: Playwright) -> Iterator[Browser]:
    """Headless Chromium, with the back-forward cache that people's browsers have."""
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, "There is no Chromium. `make test` installs it."
    chromium = playwright.chromium.launch(
        executable_path=executable, args=ARGUMENTS, ignore_default_args=LIKE_PEOPLES
    )
    yield chromium
    chromium.close()


# For this package and not for the whole run: while it is there, its event loop runs, and tests
# elsewhere that run one themselves would fail.
@pytest.fixture(scope="package")
def chromium() -> Generator[Browser, None, None]:
    """One browser for all; each test opens contexts of its own, by `browser`."""
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def browser(chromium: Browser, request: pytest.FixtureRequest) -> Generator[Watched, None, None]:
    """
    The browser under watch.

    A test fails on a request to an origin that is not of the stack, on any report of the content
    security policy, and on an error of a script, unless it says beforehand that it expects them.
    """
    watched = Watched(chromium)
    if "stack" in request.fixturenames:
        stack: Stack = request.getfixturevalue("stack")
        watched.allow(*origins_of(stack))
    yield watched
    watched.close()
    assert [] == watched.complaints()


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Generator[Stack, None, None]:
    """Tillbridge, shop and sync flow, each on a site of its own, as in production."""
    with running_stack(tmp_path_factory.mktemp("stack"), sites_apart=True) as running:
        yield running


@pytest.fixture(scope="package")
def stacks(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stacks, None, None]:
    """Tillbridge in every position that matters."""
    with all_stacks(stack, tmp_path_factory.mktemp("stacks")) as running:
        yield running


@pytest.fixture
def simulator(stack: Stack) -> Generator[Stack, None, None]:
    """The stack, for a test that plays tricks with Codat; all is well again afterwards."""
    yield stack
    stack.calm()


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of the pages go; `--pictures DIR` asks for them."""
    folder = request.config.getoption("--pictures")
    return None if folder is None else Path(str(folder))
