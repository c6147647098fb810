"""How much is measured."""

from collections.abc import Sequence

import attrs


@attrs.frozen(kw_only=True)
class Plan:
    """
    The bounds of one run.

    *window* is how long one sample of load takes, in whole seconds. Every other number but
    *delay_ms*, which Codat's stand-in takes to answer, is a count: *rounds* of most groups,
    *repetitions* of what is timed one by one, *sessions* that the redirects spread over,
    *sizes* of the stores and *integrations* of the lists whose growth is measured, *at_once* the
    requests that a cold cache meets together.
    """

    window: int = 2
    rounds: int = 4
    growth_rounds: int = 3
    repetitions: int = 8
    starts: int = 4
    sessions: int = 20_000
    sizes: Sequence[int] = (1_000, 100_000, 1_000_000)
    integrations: Sequence[int] = (30, 300)
    writers: int = 50
    at_once: int = 1_000
    delay_ms: int = 20


FULL = Plan()
"""Under five minutes on two cores."""

WHOLE = Plan(sizes=(1_000, 1_000_000, 10_000_000))
"""With the largest store; its file takes many gigabytes, and making it several minutes."""

QUICK = Plan(
    window=1,
    rounds=1,
    growth_rounds=1,
    repetitions=3,
    starts=1,
    sessions=5_000,
    sizes=(1_000, 10_000),
)
"""Under one minute; for a first look."""
