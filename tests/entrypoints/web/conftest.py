import pytest

from tests.entrypoints.web.asking import Service, serve


@pytest.fixture
def service() -> Service:
    """The web service as it is in production, over a world of fakes."""
    return serve()
