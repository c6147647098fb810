"""Everything that the simulator leaves to chance, repeatable when it has a seed."""

import random
import uuid


class Dice:
    """Ids, one-time codes and the odds of faults."""

    def __init__(self, seed: int | None) -> None:
        self._seed = seed
        self._ids = random.Random(seed)  # noqa: S311 - nothing here is a secret
        self._odds = random.Random(seed)  # noqa: S311 - nothing here is a secret

    def uuid(self) -> str:
        """A fresh id."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def code(self) -> str:
        """Six digits, not necessarily new."""
        return f"{self._ids.randrange(1_000_000):06d}"

    def correlation_id(self) -> str:
        """What Codat's support would ask for."""
        return f"{self._ids.getrandbits(128):032x}"

    def strikes(self, rate: float) -> bool:
        """Whether something that happens at this *rate* happens now."""
        return self._odds.random() < rate

    def reseed_odds(self, seed: int) -> None:
        """Make the odds repeatable from here on, and leave the ids alone."""
        self._odds = random.Random(seed)  # noqa: S311 - nothing here is a secret

    def reset(self) -> None:
        """With a seed, start over; without one nothing would change."""
        if self._seed is not None:
            self._ids = random.Random(self._seed)  # noqa: S311 - nothing here is a secret
            self._odds = random.Random(self._seed)  # noqa: S311 - nothing here is a secret
