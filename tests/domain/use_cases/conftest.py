import pytest

from tests.domain.use_cases.product import Product


@pytest.fixture
def product() -> Product:
    return Product()
