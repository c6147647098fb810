"""
What the clients of one run write down.

Times are UTC, of this machine's clock, which the simulator reads, too. A URL is never written
down: only its canary, the id that the simulator gave to it and to no other.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, Literal
from urllib.parse import urlsplit

import attrs

from ledger.plan import Way


Fate = Literal["served", "refused", "cut", "held", "broken", "astray"]
"""
How a start ended.

- served: the client got a URL.
- refused: the answer was an error, whichever.
- cut: the service was killed while it was on its way.
- held: a cut start of the same sync session held it up, as the service itself said.
- broken: the connection broke, or there was no answer in time, and nobody was killed.
- astray: the answer was no error, and no URL either.
"""

NO_CANARY: Final = "no canary"


def now() -> dt.datetime:
    """The time in UTC."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251  # the run has no clock port


def canary_of(url: str) -> str:
    """What tells the URL from every other one: the first segment of its path."""
    return urlsplit(url).path.strip("/").partition("/")[0] or NO_CANARY


@attrs.frozen(kw_only=True)
class Delivery:
    """
    One URL that one client got from a *replica*.

    *session* is known where the client opened it by its id.
    """

    start: int
    way: Way
    canary: str
    merchant: str
    key: str
    sent_at: dt.datetime
    received_at: dt.datetime
    session: str | None = None
    replica: int = 0


@attrs.frozen(kw_only=True)
class Start:
    """One start; *problem* is the slug of the problem's type, where the answer had one."""

    number: int
    way: Way
    merchant: str
    key: str
    fate: Fate
    sent_at: dt.datetime
    ended_at: dt.datetime
    status: int | None = None
    problem: str | None = None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.sent_at).total_seconds()


@attrs.frozen(kw_only=True)
class Opened:
    """A sync session that the service acknowledged with a 201."""

    session: str
    merchant: str
    key: str
    start: int


@attrs.frozen(kw_only=True)
class View:
    """One look at the list of a *replica*, at *path*; *fine* if it was all there."""

    path: str
    fine: bool
    sent_at: dt.datetime
    ended_at: dt.datetime
    told: str = ""
    replica: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_at - self.sent_at).total_seconds()


@attrs.frozen(kw_only=True)
class Kill:
    """One SIGKILL of a *replica*, and when that accepted connections again."""

    at: dt.datetime
    up_at: dt.datetime
    replica: int = 0


@attrs.define
class Notebook:
    """Everything that was seen from outside, in the order in which it ended."""

    starts: list[Start] = attrs.field(factory=list)
    deliveries: list[Delivery] = attrs.field(factory=list)
    opened: list[Opened] = attrs.field(factory=list)
    views: list[View] = attrs.field(factory=list)
    kills: list[Kill] = attrs.field(factory=list)
    untyped: list[str] = attrs.field(factory=list)
    """Each answer of 500 and above that did not say what it was."""
    talkative: list[str] = attrs.field(factory=list)
    """Each answer that had a URL where none belongs."""
    lost_logins: list[str] = attrs.field(factory=list)
    """Each login that was acknowledged, and then not known any more."""


@attrs.frozen(kw_only=True)
class Minted:
    """One URL that the simulator minted; *session* is the one that its return address names."""

    canary: str
    merchant: str | None
    key: str
    minted_at: dt.datetime
    session: str | None

    @classmethod
    def read(cls, entry: Mapping[str, str], connector: str) -> "Minted":
        """Read an entry of the simulator's ledger."""
        keys = {entry["commerceKey"], entry["accountingKey"]} - {connector}
        return cls(
            canary=entry["id"],
            merchant=entry["merchantIdentifier"],
            key="".join(keys),
            minted_at=dt.datetime.fromisoformat(entry["mintedAt"]),
            session=urlsplit(entry["redirectUrl"] or "").path.rpartition("/")[2] or None,
        )


@attrs.frozen(kw_only=True)
class Kept:
    """A sync session as the service knows it at the end, with the times of its redirects."""

    merchant: str
    key: str
    redirects: Sequence[dt.datetime]


@attrs.frozen(kw_only=True)
class Evidence:
    """
    Everything that the join needs.

    *planned_replicas* is how many services there were; *kept* is by the sync session's id;
    *start_calls* is how often Codat was asked for a URL; *at_rest* names each file that holds a
    URL, and *searched* is how many bytes were looked at.
    """

    planned_starts: int
    planned_kills: int
    planned_replicas: int = 1
    notebook: Notebook
    minted: Sequence[Minted]
    kept: Mapping[str, Kept]
    start_calls: int
    at_rest: Sequence[str]
    searched: int
