"""What every test may rely on, and what holds for the suite as a whole."""

from collections.abc import Generator
from pathlib import Path

import pytest
from coverage import Coverage

from tests import canaries
from tests.last_search import LastSearch
from tests.servers import valkey as valkey_server


SLOW = ("tests/system", "tests/browser", "tests/contracts")
"""What starts processes and browsers, or lives whole lives: what takes longest."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Pictures are taken only where they are asked for."""
    parser.addoption("--pictures", default=None, help="a folder for pictures of the pages")


def pytest_configure(config: pytest.Config) -> None:
    """Whatever tests leave behind is searched for secrets."""
    config.pluginmanager.register(LastSearch(), "last search")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no process ends long before the others."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOW))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """
    Save what was measured in one process of several.

    Whoever handed the tests out kills processes that have not ended after ten seconds (execnet),
    which is little for their servers on a busy machine; and coverage saves at the very end.
    """
    measuring = Coverage.current()
    if measuring is not None and hasattr(session.config, "workeroutput"):
        measuring.stop()
        measuring.save()


@pytest.fixture
def anyio_backend() -> str:
    """Coroutines run on asyncio, as they do in the service."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def log_of_the_suite(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Generator[Path, None, None]:
    """Whatever anything logs in this process during the suite, down to DEBUG."""
    last_search = pytestconfig.pluginmanager.get_plugin("last search")
    assert last_search is not None
    last_search.folders.add(tmp_path_factory.getbasetemp())
    path = tmp_path_factory.mktemp("suite") / "everything.log"
    handler = canaries.log_everything(path)
    yield path
    handler.close()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Generator[valkey_server.Valkey]:
    """A Valkey for all tests that leave it as it was: each takes a database of its own."""
    with valkey_server.running(tmp_path_factory.mktemp("valkey")) as server:
        yield server
