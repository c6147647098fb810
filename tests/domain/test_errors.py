import datetime as dt
import re
from collections.abc import Callable

import attrs
import pytest

from domain import errors
from domain.errors import (
    CodatAnswerInvalid,
    CodatError,
    CodatUnavailable,
    IntegrationNotAvailable,
    IntegrationNotComingSoon,
    IntegrationUnknown,
    TillbridgeError,
)
from domain.ids import PlatformKey


CLASSES = {
    name: found
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, TillbridgeError)
}
SAMPLES = {
    "availability": "comingSoon",
    "correlation_id": "a-correlation",
    "retry_after": dt.timedelta(seconds=7),
}


def a_sample(error: type[TillbridgeError]) -> TillbridgeError:
    make: Callable[..., TillbridgeError] = error
    names = attrs.fields_dict(error) if attrs.has(error) else ()
    return make(**{name: SAMPLES.get(name, f"of {name}") for name in names})


def drawn_hierarchy() -> dict[str, str | None]:
    """Each class in the drawing of the module's docstring, with the one it hangs from."""
    parents: dict[str, str | None] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│├└─ ]*)([A-Z]\w+)", line)
        if found:
            depth = len(found[1]) // 4
            del above[depth:]
            parents[found[2]] = above[-1] if above else None
            above.append(found[2])
    return parents


def test_the_hierarchy_is_as_drawn() -> None:
    actual = {
        name: None if found is TillbridgeError else found.__bases__[0].__name__
        for name, found in CLASSES.items()
    }

    assert drawn_hierarchy() == actual


@pytest.mark.parametrize("error", CLASSES.values(), ids=CLASSES)
def test_every_error_has_a_docstring_and_every_leaf_a_message(
    error: type[TillbridgeError],
) -> None:
    assert error.__doc__
    if "__str__" in vars(error) or not error.__subclasses__():
        assert str(a_sample(error)).endswith((".", "of remedy"))


@pytest.mark.parametrize("error", CLASSES.values(), ids=CLASSES)
def test_every_error_can_be_raised_chained_and_annotated(error: type[TillbridgeError]) -> None:
    cause, sample = ValueError(), a_sample(error)

    def fail() -> None:
        raise sample from cause

    with pytest.raises(error) as raised:
        fail()
    raised.value.add_note("seen")
    assert cause is raised.value.__cause__


@pytest.mark.parametrize(
    ("availability", "expected"),
    [
        ("comingSoon", "Xero is coming soon; it cannot be connected yet."),
        ("disabled", "Xero cannot be connected at the moment."),
    ],
)
def test_what_is_not_available_says_why(availability: str, expected: str) -> None:
    assert expected == str(IntegrationNotAvailable(PlatformKey("gbol"), "Xero", availability))


@pytest.mark.parametrize(
    ("availability", "expected"),
    [
        ("available", "Xero is ready: it can be connected now."),
        ("disabled", "Xero is not coming soon, so there is nothing to be told of."),
    ],
)
def test_what_is_not_coming_soon_says_how_it_stands(availability: str, expected: str) -> None:
    assert expected == str(IntegrationNotComingSoon(PlatformKey("gbol"), "Xero", availability))


def test_an_unknown_integration_is_not_quoted() -> None:
    assert "<script>" not in str(IntegrationUnknown("<script>"))


def test_codats_reference_is_kept_but_not_shown() -> None:
    error = CodatAnswerInvalid(reason="it is not JSON", correlation_id="a-correlation")

    assert "Codat's answer cannot be used: it is not JSON." == str(error)
    assert "a-correlation" == error.correlation_id


def test_every_refusal_of_service_says_when_to_try_again() -> None:
    for error in CLASSES.values():
        if issubclass(error, CodatUnavailable):
            assert error().retry_after > dt.timedelta(0)
    assert issubclass(CodatUnavailable, CodatError)
