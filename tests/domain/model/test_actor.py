import pytest

from domain.model.actor import RESERVED, as_told_to_merchant
from tests.support import a_merchant


@pytest.mark.parametrize(
    ("actor", "told"),
    [
        ("merchant", "merchant"),
        ("codat", "codat"),
        ("support:alice", "support"),
        ("support", "platform"),
        ("backend-1", "platform"),
        ("Merchant", "platform"),
    ],
)
def test_a_merchant_is_told_of_roles_and_not_of_names(actor: str, told: str) -> None:
    assert told == as_told_to_merchant(actor)


def test_the_name_under_which_merchants_act_is_reserved() -> None:
    assert a_merchant("m-1").actor in RESERVED
