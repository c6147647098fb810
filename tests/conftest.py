"""What every test may rely on, and what holds for the suite as a whole."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests import canaries
from tests.servers import valkey as valkey_server


LAST = "tests/test_no_canary_is_left.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Pictures are taken only where they are asked for."""
    parser.addoption("--pictures", default=None, help="a folder for pictures of the pages")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The search for canaries comes after everything that could leave one."""
    items.sort(key=lambda item: item.nodeid.startswith(LAST))


@pytest.fixture
def anyio_backend() -> str:
    """Coroutines run on asyncio, as they do in the service."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def log_of_the_suite(
    tmp_path_factory: pytest.TempPathFactory,
) -> Generator[Path, None, None]:
    """Whatever anything logs during the suite, down to DEBUG."""
    path = tmp_path_factory.mktemp("suite") / "everything.log"
    handler = canaries.log_everything(path)
    yield path
    handler.close()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Generator[valkey_server.Valkey]:
    """A Valkey for all tests that leave it as it was: each takes a database of its own."""
    with valkey_server.running(tmp_path_factory.mktemp("valkey")) as server:
        yield server
