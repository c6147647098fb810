"""
The join is shown ledgers that are made up; each kind of violation has to be found.

What is found in a real run says something only because these tests can tell that it would be
found if it were there.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from ledger.figures import Figure, missed
from ledger.join import join, recoveries
from ledger.notebook import (
    Delivery,
    Evidence,
    Kept,
    Kill,
    Minted,
    Notebook,
    Opened,
    Start,
    View,
    canary_of,
)


BEGIN = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
STARTS = 100


def at(seconds: float) -> dt.datetime:
    return BEGIN + dt.timedelta(seconds=seconds)


def a_start(number: int, **other: Any) -> Start:
    usual = Start(
        number=number,
        way="api",
        merchant=f"m-{number}",
        key="gbol",
        fate="served",
        sent_at=at(number),
        ended_at=at(number + 0.5),
        status=200,
    )
    return attrs.evolve(usual, **other)


def a_delivery(number: int, **other: Any) -> Delivery:
    usual = Delivery(
        start=number,
        way="api",
        canary=f"c-{number}",
        merchant=f"m-{number}",
        key="gbol",
        sent_at=at(number),
        received_at=at(number + 0.5),
        session=f"ss-{number}",
    )
    return attrs.evolve(usual, **other)


def a_view(seconds: float, *, fine: bool = True) -> View:
    return View(path="/connect", fine=fine, sent_at=at(seconds), ended_at=at(seconds + 0.1))


def good() -> Evidence:
    """A run in which everything went well, with one kill, which cut start 50 off."""
    served = [number for number in range(STARTS) if number != 50]
    return Evidence(
        planned_starts=STARTS,
        planned_kills=1,
        notebook=Notebook(
            starts=[a_start(n) for n in served] + [a_start(50, fate="cut", status=None)],
            deliveries=[a_delivery(n) for n in served],
            opened=[
                Opened(session=f"ss-{n}", merchant=f"m-{n}", key="gbol", start=n)
                for n in range(STARTS)
            ],
            views=[a_view(10), a_view(50.3, fine=False), a_view(60)],
            kills=[Kill(at=at(50.2), up_at=at(50.9))],
        ),
        minted=[
            Minted(
                canary=f"c-{n}",
                merchant=f"m-{n}",
                key="gbol",
                minted_at=at(n + 0.2),
                session=f"ss-{n}",
            )
            for n in range(STARTS)
        ],
        kept={
            f"ss-{n}": Kept(
                merchant=f"m-{n}", key="gbol", redirects=[at(n + 0.3)] if n != 50 else []
            )
            for n in range(STARTS)
        },
        start_calls=120,
        at_rest=[],
        searched=1000,
    )


def one(evidence: Evidence, name: str) -> Figure:
    return next(figure for figure in join(evidence) if figure.name == name)


def test_a_run_in_which_everything_went_well_passes() -> None:
    assert [] == missed(join(good()))


Damage = Callable[[Evidence], Evidence]


def with_book(damage: Callable[[Notebook], object]) -> Damage:
    """What *damage* does to the notebook, as damage to the evidence."""

    def damaged(evidence: Evidence) -> Evidence:
        damage(evidence.notebook)
        return evidence

    return damaged


def delivery(number: int, **other: Any) -> Damage:
    """One delivery is other than it should be."""

    def put(book: Notebook) -> None:
        book.deliveries[number] = attrs.evolve(book.deliveries[number], **other)

    return with_book(put)


def start(number: int, **other: Any) -> Damage:
    """One start is other than it should be."""

    def put(book: Notebook) -> None:
        book.starts[number] = attrs.evolve(book.starts[number], **other)

    return with_book(put)


def kept(session: str, **other: Any) -> Damage:
    """One sync session is kept as something else."""

    def damaged(evidence: Evidence) -> Evidence:
        changed = attrs.evolve(evidence.kept[session], **other)
        return attrs.evolve(evidence, kept={**evidence.kept, session: changed})

    return damaged


def forgotten(session: str) -> Damage:
    """One sync session is not kept at all."""

    def damaged(evidence: Evidence) -> Evidence:
        left = {name: value for name, value in evidence.kept.items() if name != session}
        return attrs.evolve(evidence, kept=left)

    return damaged


def handed_to_two(evidence: Evidence) -> Evidence:
    """
    The URL of start 7 goes to its own client, and once more to the same merchant's next one.

    The service even wrote it down twice.
    """
    again = a_delivery(7, start=8, sent_at=at(7), received_at=at(7.6))
    evidence.notebook.deliveries.append(again)
    return kept("ss-7", redirects=[at(7.3), at(7.4)])(evidence)


def recorded_once(evidence: Evidence) -> Evidence:
    """A merchant got two URLs for a sync session that knows of one redirect."""
    more = Minted(canary="c-more", merchant="m-7", key="gbol", minted_at=at(7.2), session="ss-7")
    evidence.notebook.deliveries.append(a_delivery(7, start=7, canary="c-more"))
    return attrs.evolve(evidence, minted=[*evidence.minted, more])


TWICE = "URLs delivered twice"
LATE = "URLs delivered later than 5 s"
MISLED = "URLs delivered to another merchant"
UNHEARD_OF = "URLs delivered that nobody minted"
AT_REST = "URLs found at rest"
ELSEWHERE = "URLs in any other answer"
SESSIONS = "acknowledged sync sessions lost"
REDIRECTS = "acknowledged redirects lost"
LOGINS = "acknowledged logins lost"
UNTYPED = "answers of 5xx without a type"
BROKEN = "connections broken without a kill"
ASTRAY = "answers that were neither error nor URL"
SERVED = "starts served"
CALLS = "calls to Codat's start for each start"
PICKER = "picker there, outside of restarts"
RECOVERY = "longest time from SIGKILL to a good redirect"
GAPS = "gaps in the evidence"


VIOLATIONS: dict[str, tuple[Damage, set[str]]] = {
    "one URL for two clients": (handed_to_two, {TWICE}),
    "an old URL": (delivery(3, received_at=at(8.3)), {LATE}),
    "a URL of another merchant": (delivery(3, merchant="m-4"), {MISLED}),
    "a URL for another integration": (delivery(3, key="qhyg"), {MISLED}),
    "a URL for another sync session": (delivery(3, session="ss-2"), {MISLED, REDIRECTS}),
    "the next merchant's URL": (delivery(3, canary="c-4"), {TWICE, MISLED}),
    "a URL from nowhere": (delivery(3, canary="c-unheard-of"), {UNHEARD_OF}),
    "a URL in the database": (lambda e: attrs.evolve(e, at_rest=["t.db: text"]), {AT_REST}),
    "a URL in a page": (with_book(lambda book: book.talkative.append("start 3")), {ELSEWHERE}),
    "a lost session that was not used": (forgotten("ss-50"), {SESSIONS}),
    "a lost session": (forgotten("ss-3"), {SESSIONS, REDIRECTS}),
    "a session of another merchant": (kept("ss-3", merchant="m-4"), {SESSIONS}),
    "a session for another integration": (kept("ss-3", key="qhyg"), {SESSIONS}),
    "a lost redirect": (kept("ss-3", redirects=[]), {REDIRECTS}),
    "a redirect of before": (kept("ss-3", redirects=[at(2.9)]), {REDIRECTS}),
    "a redirect of later": (kept("ss-3", redirects=[at(3.6)]), {REDIRECTS}),
    "two URLs, one redirect": (recorded_once, {REDIRECTS}),
    "a lost login": (with_book(lambda book: book.lost_logins.append("m-3")), {LOGINS}),
    "a bare 500": (with_book(lambda book: book.untyped.append("start 3: 500")), {UNTYPED}),
    "a connection that broke": (start(3, fate="broken"), {BROKEN}),
    "an answer of nothing": (start(3, fate="astray"), {ASTRAY}),
    "too many calls": (lambda e: attrs.evolve(e, start_calls=126), {CALLS}),
    "a picker that is away": (
        with_book(lambda book: book.views.append(a_view(70, fine=False))),
        {PICKER},
    ),
    "a picker that is away just after a restart": (
        with_book(lambda book: book.views.append(a_view(51, fine=False))),
        {PICKER},
    ),
    "no views": (with_book(lambda book: book.views.clear()), {PICKER, GAPS}),
    "a start that nobody made": (with_book(lambda book: book.starts.pop()), {GAPS}),
    "no kill, and a view that broke": (
        with_book(lambda book: book.kills.clear()),
        {PICKER, GAPS},
    ),
    "nothing delivered": (with_book(lambda book: book.deliveries.clear()), {RECOVERY, GAPS}),
    "a replica that gave nothing": (
        lambda e: attrs.evolve(e, planned_replicas=2),
        {GAPS},
    ),
    "a picker that is away where nobody was killed": (
        with_book(
            lambda book: book.views.append(attrs.evolve(a_view(50.3, fine=False), replica=1))
        ),
        {PICKER},
    ),
    "nothing searched": (lambda e: attrs.evolve(e, searched=0), {GAPS}),
    "four seconds until the first redirect": (
        with_book(lambda book: book.deliveries.__delitem__(slice(50, 54))),
        {RECOVERY},
    ),
}


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_each_kind_of_violation_is_found(violation: str) -> None:
    damage, names = VIOLATIONS[violation]

    figures = join(damage(good()))

    assert names == {figure.name for figure in missed(figures)}


def test_every_figure_that_has_a_goal_can_be_missed() -> None:
    found = {name for _, names in VIOLATIONS.values() for name in names} | {SERVED}

    assert found == {figure.name for figure in join(good()) if figure.has_goal}


TOLD: dict[str, tuple[str, str]] = {
    "one URL for two clients": (TWICE, "c-7: starts 7, 8"),
    "an old URL": (LATE, "c-3: start 3, 5.1 s"),
    "a URL of another merchant": (
        MISLED,
        "c-3: start 3 of m-4 for gbol, minted for m-3 and gbol",
    ),
    "a lost session that was not used": (SESSIONS, "ss-50: start 50"),
    "a lost redirect": (REDIRECTS, "start 3, sync session ss-3"),
}


@pytest.mark.parametrize("violation", TOLD)
def test_whoever_reads_it_is_told_what_is_wrong(violation: str) -> None:
    damage, _ = VIOLATIONS[violation]
    name, told = TOLD[violation]

    figure = one(damage(good()), name)

    assert [told] == list(figure.offenders)


def test_a_url_that_is_just_young_enough_is_no_violation() -> None:
    assert [] == missed(join(delivery(3, received_at=at(8.2))(good())))


def test_starts_that_failed_count_and_those_that_a_kill_touched_do_not() -> None:
    evidence = good()
    book = evidence.notebook
    for number in range(5):
        book.starts[number] = attrs.evolve(book.starts[number], fate="refused", problem="x")
    for number in range(10, 20):
        book.starts[number] = attrs.evolve(book.starts[number], fate="held")

    figure = one(evidence, SERVED)

    # 89 are counted, and 84 of them were served.
    assert pytest.approx(100 * 84 / 89) == figure.value
    assert ["x: 5"] == list(figure.offenders)
    assert not figure.reached


def test_where_codat_is_well_more_has_to_be_served() -> None:
    evidence = start(3, fate="refused", status=503)(good())

    assert [] == missed(join(evidence))
    [figure] = missed(join(evidence, least_served=99.95))
    assert ["refused, status 503: 1"] == list(figure.offenders)


def test_a_run_without_kills_has_nothing_to_recover_from() -> None:
    evidence = attrs.evolve(good(), planned_kills=0)
    evidence.notebook.kills.clear()
    evidence.notebook.views.pop(1)

    assert [] == missed(join(evidence))
    assert RECOVERY not in {figure.name for figure in join(evidence)}


def test_a_run_of_which_every_start_was_cut_has_served_nobody() -> None:
    evidence = good()
    for number, entry in enumerate(evidence.notebook.starts):
        evidence.notebook.starts[number] = attrs.evolve(entry, fate="cut")

    assert not one(evidence, SERVED).reached


def test_recovery_counts_redirects_that_were_asked_for_after_the_kill() -> None:
    book = Notebook(
        kills=[Kill(at=at(10), up_at=at(11))],
        deliveries=[
            a_delivery(1, sent_at=at(9.9), received_at=at(10.1)),
            a_delivery(2, sent_at=at(10.5), received_at=at(12)),
            a_delivery(3, sent_at=at(10.2), received_at=at(11.5)),
        ],
    )

    assert [1.5] == recoveries(book)


def test_an_entry_of_the_simulators_ledger_is_read() -> None:
    entry = {
        "id": "57b6fad9-e3ca-447b-89db-e4ffa21e6ef3",
        "merchantIdentifier": "m-1",
        "commerceKey": "lqai",
        "accountingKey": "gbol",
        "mintedAt": "2026-11-23T12:00:01.500000Z",
        "redirectUrl": "http://127.0.0.1:1/connect/return/ss_1?x=y",
    }

    minted = Minted.read(entry, "lqai")

    assert ("gbol", at(1.5), "ss_1") == (minted.key, minted.minted_at, minted.session)
    assert minted.canary == canary_of(
        f"http://127.0.0.1:2/{entry['id']}/lqai/gbol/start?otp=123456"
    )
