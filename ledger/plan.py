"""What a run does, and in which order: the same seed gives the same plan."""

import random
from collections.abc import Sequence
from typing import Final, Literal

import attrs


Way = Literal["form", "api"]
Kind = Literal["sqlite", "postgres"]
WAYS: Final[tuple[Way, ...]] = ("form", "api")
LONGEST_FUSE: Final = 0.25
"""Seconds between the start at which a kill is due, and the kill."""


@attrs.frozen(kw_only=True)
class Wish:
    """One start: *merchant* wants to connect the integration of this *key*."""

    number: int
    merchant: str
    key: str
    way: Way


@attrs.frozen(kw_only=True)
class Blow:
    """One SIGKILL of a *replica*: *fuse* seconds after start *number* has begun."""

    number: int
    fuse: float
    replica: int = 0


@attrs.frozen(kw_only=True)
class Plan:
    """
    One run.

    *faults* is the share of calls for a URL that go wrong, *background_faults* that of every
    other call to Codat; one kill falls into each *kill_every* starts, none if that is 0.
    *viewers* look at the list all the while. *rate* is starts a second, as fast as the workers
    can if it is 0. *seconds* bounds the run. *replicas* are services that share PostgreSQL and
    Valkey; one alone shares nothing, and has PostgreSQL only if *database* says so.
    """

    starts: int = 10_000
    merchants: int = 200
    workers: int = 32
    kill_every: int = 500
    faults: float = 0.2
    background_faults: float = 0.02
    seed: int = 1
    viewers: int = 4
    rate: float = 0.0
    seconds: float = 1800.0
    replicas: int = 1
    database: Kind = "sqlite"

    def merchant(self, number: int) -> str:
        """The identifier of a merchant."""
        return f"ledger-{number % self.merchants:04d}"

    def wishes(self, keys: Sequence[str]) -> list[Wish]:
        """Every start, of merchants and integrations drawn at random; half of them each way."""
        dice = random.Random(f"wishes {self.seed}")  # noqa: S311  # nothing here is a secret
        return [
            Wish(
                number=number,
                merchant=self.merchant(dice.randrange(self.merchants)),
                key=dice.choice(keys),
                way=dice.choice(WAYS),
            )
            for number in range(self.starts)
        ]

    def blows(self) -> list[Blow]:
        """Every kill: one at a random moment of each whole stretch of *kill_every* starts."""
        if not self.kill_every:
            return []
        dice = random.Random(f"blows {self.seed}")  # noqa: S311  # nothing here is a secret
        # Of their own, so that as many replicas as you like are killed at the same moments.
        victims = random.Random(f"victims {self.seed}")  # noqa: S311  # nothing here is a secret
        # Not at the very end, so that somebody is left who sees the service come back.
        width = max(1, self.kill_every * 4 // 5)
        return [
            Blow(
                number=first + dice.randrange(width),
                fuse=dice.uniform(0, LONGEST_FUSE),
                replica=victims.randrange(self.replicas),
            )
            for first in range(0, self.starts - self.kill_every + 1, self.kill_every)
        ]
