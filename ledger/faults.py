"""The faults of a run, in the words of the simulator's control plane."""

from collections.abc import Mapping, Sequence
from typing import Any, Final


TOO_LATE: Final = 6.0
"""Seconds; an answer after this long comes after the service's patience for one attempt."""

OTHER_CALLS: Final = ("integrations", "branding", "companies", "connections", "configuration")

KINDS: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "refusal": ({"drop": "beforeHandling"},),
    # Half of them before anything was minted, half of them after.
    "reset": ({"drop": "reset"}, {"drop": "afterHandling"}),
    # Half of them minted late, half of them at once, with an answer that drips.
    "timeout": (
        {"delaySeconds": TOO_LATE, "drop": "afterHandling"},
        {"malformed": "drip", "dripSeconds": 0.2},
    ),
    "server error": ({"status": 500}, {"status": 502}, {"status": 503}),
}


def scenario(share: float, background: float, seed: int) -> dict[str, Any]:
    """
    What to post: *share* of the calls for a URL go wrong, in equal parts of each kind.

    So does the share *background* of each of the other calls.
    """
    faults = faults_of("start", share)
    for operation in OTHER_CALLS:
        faults += faults_of(operation, background)
    return {"faults": faults, "seed": seed}


def faults_of(operation: str, share: float) -> list[dict[str, Any]]:
    """
    Faults that strike *share* of the calls of *operation*, of which each kind has as much.

    The simulator asks one after the other whether it strikes, until one does; so each has to
    have a little more of what the ones before it have left.
    """
    found = []
    struck = 0.0
    for kind in KINDS.values():
        for effect in kind:
            part = share / len(KINDS) / len(kind)
            if part:
                found.append({"operation": operation, "rate": part / (1 - struck), **effect})
            struck += part
    return found
