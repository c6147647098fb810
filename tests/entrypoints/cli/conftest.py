import pytest

from tests.entrypoints.cli.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()
