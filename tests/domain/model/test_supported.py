from domain.model.integration import Availability, parse_platform_key
from domain.model.supported import SUPPORTED


def test_every_supported_integration_is_listed_once_under_a_valid_key() -> None:
    keys = [row.key for row in SUPPORTED]

    assert len(keys) == len(set(keys))
    assert keys == [parse_platform_key(key) for key in keys]
    assert len(SUPPORTED) == len({row.name for row in SUPPORTED})


def test_sandboxes_are_marked_as_such() -> None:
    expected = {row.key for row in SUPPORTED if "sandbox" in row.name.lower()}

    assert expected == {row.key for row in SUPPORTED if row.sandbox}


def test_only_what_codat_announces_is_coming_soon() -> None:
    soon = [row.name for row in SUPPORTED if row.availability is not Availability.AVAILABLE]

    assert ["Sage Accounting"] == soon
