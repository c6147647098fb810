"""
The join: what was minted, what clients got, and what the service still knows.

It is a pure function of the evidence, so that tests can show it evidence that must fail.
"""

import datetime as dt
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from benchmarks.sampling import nearest_rank

from ledger.figures import Figure, none_of
from ledger.notebook import Delivery, Evidence, Fate, Kept, Kill, Minted, Notebook, View


OLDEST: Final = 5.0
"""Seconds from when a URL was minted to when the client has it (rule 2)."""

MOST_CALLS: Final = 1.25
LEAST_SERVED: Final = 95.0
"""Percent; 20 % of faults that know nothing of each other, and a second try, make 96."""

LONGEST_RECOVERY: Final = 3.0

SLACK: Final = dt.timedelta(milliseconds=1)
"""Times are rounded to the microsecond or worse when they are kept."""


def join(evidence: Evidence, least_served: float = LEAST_SERVED) -> list[Figure]:
    """
    Every figure of a run, those that have to be zero first.

    *least_served* is the share of starts that have to be served, in percent.
    """
    book = evidence.notebook
    minted = {entry.canary: entry for entry in evidence.minted}
    return [
        none_of("URLs delivered twice", list(_twice(book.deliveries))),
        none_of("URLs delivered later than 5 s", list(_late(book.deliveries, minted))),
        none_of("URLs delivered to another merchant", list(_misled(book.deliveries, minted))),
        none_of("URLs delivered that nobody minted", list(_unheard_of(book.deliveries, minted))),
        none_of("URLs found at rest", evidence.at_rest),
        none_of("URLs in any other answer", book.talkative),
        none_of("acknowledged sync sessions lost", list(_lost_sessions(book, evidence.kept))),
        none_of("acknowledged redirects lost", list(_lost_redirects(book, minted, evidence.kept))),
        none_of("acknowledged logins lost", book.lost_logins),
        none_of("answers of 5xx without a type", book.untyped),
        none_of("connections broken without a kill", _with_fate(book, "broken")),
        none_of("answers that were neither error nor URL", _with_fate(book, "astray")),
        _success(book, least_served),
        _calls(evidence),
        availability(book),
        _gaps(evidence),
        *_recovery(book),
        *_reported(evidence),
    ]


def _twice(deliveries: Sequence[Delivery]) -> Iterator[str]:
    by_canary = defaultdict(list)
    for delivery in deliveries:
        by_canary[delivery.canary].append(delivery.start)
    for canary, starts in by_canary.items():
        if len(starts) > 1:
            yield f"{canary}: starts {', '.join(map(str, starts))}"


def _late(deliveries: Sequence[Delivery], minted: Mapping[str, Minted]) -> Iterator[str]:
    for delivery in deliveries:
        if delivery.canary in minted:
            age = _age(delivery, minted[delivery.canary])
            if age > OLDEST:
                yield f"{delivery.canary}: start {delivery.start}, {age:.1f} s"


def _misled(deliveries: Sequence[Delivery], minted: Mapping[str, Minted]) -> Iterator[str]:
    """Those that are another merchant's, or lead to what the merchant did not choose."""
    for delivery in deliveries:
        entry = minted.get(delivery.canary)
        if entry is None:
            continue
        if (entry.merchant, entry.key) != (delivery.merchant, delivery.key):
            yield (
                f"{delivery.canary}: start {delivery.start} of {delivery.merchant} for "
                f"{delivery.key}, minted for {entry.merchant} and {entry.key}"
            )
        elif delivery.session not in {None, entry.session}:
            yield f"{delivery.canary}: minted for {entry.session}, given for {delivery.session}"


def _unheard_of(deliveries: Sequence[Delivery], minted: Mapping[str, Minted]) -> Iterator[str]:
    for delivery in deliveries:
        if delivery.canary not in minted:
            yield f"{delivery.canary}: start {delivery.start}"


def _lost_sessions(book: Notebook, kept: Mapping[str, Kept]) -> Iterator[str]:
    for opened in book.opened:
        found = kept.get(opened.session)
        if found is None:
            yield f"{opened.session}: start {opened.start}"
        elif (found.merchant, found.key) != (opened.merchant, opened.key):
            yield f"{opened.session}: is kept as one of {found.merchant} for {found.key}"


def _lost_redirects(
    book: Notebook, minted: Mapping[str, Minted], kept: Mapping[str, Kept]
) -> Iterator[str]:
    """Deliveries for which no redirect of their own was recorded while they took place."""
    by_session = defaultdict(list)
    for delivery in book.deliveries:
        entry = minted.get(delivery.canary)
        session = delivery.session or (entry.session if entry else None)
        by_session[session].append(delivery)
    for session, deliveries in by_session.items():
        found = kept.get(session) if session else None
        recorded = sorted(found.redirects) if found else []
        # Who has to be content with the earliest chooses first.
        for delivery in sorted(deliveries, key=lambda delivery: delivery.received_at):
            mine = [at for at in recorded if _during(delivery, at)]
            if mine:
                recorded.remove(mine[0])
            else:
                yield f"start {delivery.start}, sync session {session}"


def _success(book: Notebook, least: float) -> Figure:
    """The share of starts that were served, of those that no kill touched."""
    counted = [start for start in book.starts if start.fate not in {"cut", "held"}]
    served = sum(start.fate == "served" for start in counted)
    reasons = Counter(
        start.problem or f"{start.fate}, status {start.status}"
        for start in counted
        if start.fate != "served"
    )
    return Figure(
        name="starts served",
        value=100 * served / len(counted) if counted else math.nan,
        unit=" %",
        at_least=least,
        offenders=[f"{reason}: {count}" for reason, count in reasons.most_common()],
    )


def _calls(evidence: Evidence) -> Figure:
    starts = len(evidence.notebook.starts)
    return Figure(
        name="calls to Codat's start for each start",
        value=evidence.start_calls / starts if starts else math.nan,
        at_most=MOST_CALLS,
    )


def availability(book: Notebook) -> Figure:
    """The share of views that were fine, of those that no kill touched."""
    counted = [
        view for view in book.views if not any(_overlaps(view, kill) for kill in book.kills)
    ]
    bad = [view for view in counted if not view.fine]
    return Figure(
        name="picker there, outside of restarts",
        value=100 * (1 - len(bad) / len(counted)) if counted else math.nan,
        unit=" %",
        at_least=100,
        at_most=100,
        offenders=[f"{view.path}: {view.told}" for view in bad],
    )


def _recovery(book: Notebook) -> Iterator[Figure]:
    """The longest that it took from a SIGKILL to a redirect that was asked for after it."""
    if book.kills:
        yield Figure(
            name="longest time from SIGKILL to a good redirect",
            value=max(recoveries(book)),
            unit=" s",
            at_most=LONGEST_RECOVERY,
            timed=True,
        )


def recoveries(book: Notebook) -> list[float]:
    """
    For each kill, the seconds until a client had a redirect that it asked for afterwards.

    Whichever replica gave it: where there are several, that is what merchants notice.
    """
    return [
        min(
            (
                (d.received_at - kill.at).total_seconds()
                for d in book.deliveries
                if d.sent_at >= kill.at
            ),
            default=math.inf,
        )
        for kill in book.kills
    ]


def _gaps(evidence: Evidence) -> Figure:
    """What the run itself left out: a ledger of nothing must not pass."""
    book = evidence.notebook
    told = {
        "starts": evidence.planned_starts - len(book.starts),
        "kills": evidence.planned_kills - len(book.kills),
        "deliveries": int(not book.deliveries),
        "replicas that gave URLs": evidence.planned_replicas - len(_givers(book)),
        "views": int(not book.views),
        "bytes searched": int(not evidence.searched),
    }
    gaps = [f"{name}: {missing} missing" for name, missing in told.items() if missing]
    return none_of("gaps in the evidence", gaps)


def _reported(evidence: Evidence) -> Iterator[Figure]:
    book = evidence.notebook
    fates = Counter(start.fate for start in book.starts)
    yield Figure(name="starts", value=len(book.starts))
    yield Figure(name="starts cut by a kill, counted apart", value=fates["cut"])
    yield Figure(name="starts held up by one that was cut, counted apart", value=fates["held"])
    yield Figure(name="kills", value=len(book.kills))
    yield Figure(name="URLs minted", value=len(evidence.minted))
    yield Figure(name="URLs delivered", value=len(book.deliveries))
    yield Figure(name="views of the picker and the list", value=len(book.views))
    yield Figure(name="bytes searched", value=evidence.searched / 1e6, unit=" MB")
    yield Figure(name="replicas that gave URLs", value=len(_givers(book)))
    taken = recoveries(book)
    if taken:
        median = statistics.median(taken)
        yield Figure(name="median time from SIGKILL to a good redirect", value=median, unit=" s")
        up = [(kill.up_at - kill.at).total_seconds() for kill in book.kills]
        for word, value in (("longest", max(up)), ("median", statistics.median(up))):
            name = f"{word} time from SIGKILL to accepting connections"
            yield Figure(name=name, value=value, unit=" s")
    served = [start.seconds for start in book.starts if start.fate == "served"]
    seen = [view.seconds for view in book.views if view.fine]
    for name, seconds in (("start that was served", served), ("view", seen)):
        for share in (0.5, 0.99) if seconds else ():
            value = 1000 * nearest_rank(seconds, share)
            yield Figure(name=f"p{100 * share:g} of a {name}", value=value, unit=" ms")


def _with_fate(book: Notebook, fate: Fate) -> list[str]:
    return [
        f"start {start.number}: status {start.status}"
        for start in book.starts
        if start.fate == fate
    ]


def _givers(book: Notebook) -> set[int]:
    """The replicas that gave a URL to somebody."""
    return {delivery.replica for delivery in book.deliveries}


def _overlaps(view: View, kill: Kill) -> bool:
    """Whether the replica was, meanwhile, not there to be looked at."""
    meanwhile = view.sent_at <= kill.up_at and view.ended_at >= kill.at
    return meanwhile and view.replica == kill.replica


def _during(delivery: Delivery, at: dt.datetime) -> bool:
    return delivery.sent_at - SLACK <= at <= delivery.received_at + SLACK


def _age(delivery: Delivery, entry: Minted) -> float:
    return (delivery.received_at - entry.minted_at).total_seconds()
