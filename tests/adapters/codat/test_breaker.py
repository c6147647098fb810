"""The breaker, against a model that remembers everything and works it out anew each time."""

import math

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    precondition,
    rule,
)

from adapters.codat.breaker import Breaker, Permit, Refusal
from domain.ports.codat_gateway import BreakerState


CLOSED, PROBING = BreakerState.CLOSED, BreakerState.PROBING
FAILING, LIMITED = BreakerState.FAILING, BreakerState.RATE_LIMITED
MISCONFIGURED = BreakerState.MISCONFIGURED


def permit(breaker: Breaker, now: float) -> Permit:
    leave = breaker.ask(now)
    assert isinstance(leave, Permit)
    return leave


def calls(breaker: Breaker, outcomes: str, now: float = 0.0) -> None:
    """One call after the other: `+` is answered, `-` fails."""
    for outcome in outcomes:
        leave = permit(breaker, now)
        (breaker.succeeded if outcome == "+" else breaker.failed)(leave, now)


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    calls(breaker, "-" * 20, now)
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ("-" * 19, CLOSED),
        ("-" * 20, FAILING),
        ("+" * 10 + "-" * 9, CLOSED),
        ("+" * 10 + "-" * 10, FAILING),
        ("+" * 11 + "-" * 10, CLOSED),
        ("+" * 11 + "-" * 11, FAILING),
        ("-" * 9 + "+" * 91, CLOSED),
        ("+" * 100 + "-" * 99, CLOSED),
    ],
)
def test_half_of_twenty_or_more_calls_open_it(outcomes: str, expected: BreakerState) -> None:
    breaker = Breaker()

    calls(breaker, outcomes)

    assert expected is breaker.state(0.0)


def test_five_failures_in_a_row_are_nothing() -> None:
    breaker = Breaker()

    calls(breaker, ("+" * 20 + "-" * 5) * 10)

    assert CLOSED is breaker.state(0.0)


@pytest.mark.parametrize(("later", "expected"), [(29.9, FAILING), (30.0, CLOSED)])
def test_a_call_counts_for_thirty_seconds(later: float, expected: BreakerState) -> None:
    breaker = Breaker()

    calls(breaker, "-" * 19)
    calls(breaker, "-", later)

    assert expected is breaker.state(later)


def test_it_refuses_for_fifteen_seconds_and_says_how_long_still() -> None:
    breaker = opened()

    assert Refusal(FAILING, 15.0) == breaker.ask(0.0)
    assert Refusal(FAILING, 0.5) == breaker.ask(14.5)
    assert PROBING is breaker.state(15.0)


def test_one_probe_passes_and_the_others_wait_for_what_it_brings() -> None:
    breaker = opened()

    probe = permit(breaker, 15.0)

    assert probe.probe
    assert Refusal(FAILING, 5.0) == breaker.ask(15.0)
    breaker.succeeded(probe, 16.0)
    assert CLOSED is breaker.state(16.0)
    assert not permit(breaker, 16.0).probe


def test_a_probe_that_fails_opens_it_for_as_long_again() -> None:
    breaker = opened()

    breaker.failed(permit(breaker, 20.0), 25.0)

    assert Refusal(FAILING, 15.0) == breaker.ask(25.0)
    assert permit(breaker, 40.0).probe


def test_a_probe_that_is_called_off_tells_nothing_good() -> None:
    breaker = opened()

    breaker.called_off(permit(breaker, 15.0), 17.5)

    assert Refusal(FAILING, 15.0) == breaker.ask(17.5)


def test_another_call_that_is_called_off_tells_nothing() -> None:
    breaker = Breaker()

    for _ in range(100):
        breaker.called_off(permit(breaker, 0.0), 0.0)

    assert CLOSED is breaker.state(0.0)


def test_what_failed_before_it_opened_does_not_count_once_it_has_closed() -> None:
    breaker = opened()
    breaker.succeeded(permit(breaker, 15.0), 15.0)

    calls(breaker, "-" * 19, 15.0)

    assert CLOSED is breaker.state(15.0)


def test_a_call_from_before_decides_nothing_afterwards() -> None:
    breaker = Breaker()
    early, late = permit(breaker, 0.0), permit(breaker, 0.0)
    calls(breaker, "-" * 20)

    breaker.succeeded(early, 5.0)
    breaker.failed(late, 14.0)

    assert Refusal(FAILING, 1.0) == breaker.ask(14.0)


@pytest.mark.parametrize("why", [LIMITED, MISCONFIGURED])
def test_it_opens_at_once_where_codat_says_so(why: BreakerState) -> None:
    breaker = Breaker()
    _ = permit(breaker, 0.0)

    breaker.refused(why, 60.0, 0.0)

    assert Refusal(why, 60.0) == breaker.ask(0.0)
    assert permit(breaker, 60.0).probe


def test_of_several_that_were_told_to_wait_the_longest_wait_counts() -> None:
    breaker = Breaker()

    breaker.refused(LIMITED, 600.0, 0.0)
    breaker.refused(LIMITED, 60.0, 1.0)

    assert Refusal(LIMITED, 599.0) == breaker.ask(1.0)


def test_a_probe_that_is_told_to_wait_waits_no_longer_than_that() -> None:
    breaker = Breaker()
    breaker.refused(LIMITED, 60.0, 0.0)

    _ = permit(breaker, 60.0)
    breaker.refused(LIMITED, 5.0, 60.0)

    assert Refusal(LIMITED, 5.0) == breaker.ask(60.0)


def test_what_is_switched_off_never_opens() -> None:
    breaker = Breaker(enabled=False)

    calls(breaker, "-" * 100)
    breaker.refused(MISCONFIGURED, 60.0, 0.0)

    assert CLOSED is breaker.state(0.0)
    assert not permit(breaker, 0.0).probe


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin and end in any order, in any number, at any time."""

    under_way = Bundle("under_way")

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker()
        self.now = 0.0
        # The model: all that counts since it last closed, and until when it is open, and why.
        self.history: list[tuple[float, bool]] = []
        self.why = CLOSED
        self.open_until = -math.inf
        self.turned = 0
        self.probes: set[int] = set()
        self.born: dict[int, int] = {}
        self.kept: list[Permit] = []

    @rule(seconds=st.sampled_from([0.0, 0.1, 1.0, 5.0, 14.9, 15.0, 29.0, 31.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(target=under_way)
    @precondition(lambda self: self.may_pass)
    def a_call_begins(self) -> Permit:
        leave = permit(self.breaker, self.now)
        assert leave.probe is (self.why is not CLOSED)
        # Kept, or another one might get its place in memory, and so its name.
        self.kept.append(leave)
        self.born[id(leave)] = self.turned
        if leave.probe:
            self.probes.add(id(leave))
        return leave

    @rule()
    @precondition(lambda self: not self.may_pass)
    def a_call_is_refused(self) -> None:
        leave = self.breaker.ask(self.now)
        assert isinstance(leave, Refusal)
        assert leave.state is self.why
        assert 0 < leave.wait <= max(self.open_until - self.now, 5.0)

    @rule(leave=consumes(under_way), well=st.booleans())
    def a_call_ends(self, leave: Permit, *, well: bool) -> None:
        (self.breaker.succeeded if well else self.breaker.failed)(leave, self.now)
        if self.is_the_probe(leave):
            self.turn(CLOSED if well else FAILING, self.now + 15.0)
        elif self.born[id(leave)] == self.turned and self.why is CLOSED:
            self.history.append((self.now, well))
            recent = [well for at, well in self.history if at > self.now - 30.0]
            if not well and len(recent) >= 20 and recent.count(False) * 2 >= len(recent):
                self.turn(FAILING, self.now + 15.0)

    @rule(times=st.integers(5, 25), well=st.booleans())
    @precondition(lambda self: self.why is CLOSED)
    def many_calls_are_made(self, times: int, *, well: bool) -> None:
        for _ in range(times):
            if self.why is CLOSED:
                self.a_call_ends(self.a_call_begins(), well=well)

    @rule(
        leave=consumes(under_way),
        why=st.sampled_from([LIMITED, MISCONFIGURED]),
        wait=st.sampled_from([2.0, 60.0, 3600.0]),
    )
    def codat_refuses(self, leave: Permit, why: BreakerState, wait: float) -> None:
        self.breaker.refused(why, wait, self.now)
        longest = self.open_until if self.why is why and not self.probe_is_out else 0.0
        self.turn(why, max(self.now + wait, longest))

    @rule(leave=consumes(under_way))
    def a_call_is_called_off(self, leave: Permit) -> None:
        self.breaker.called_off(leave, self.now)
        if self.is_the_probe(leave):
            self.turn(self.why, self.now + 15.0)

    @invariant()
    def it_is_in_the_state_of_the_model(self) -> None:
        due = self.why is not CLOSED and self.now >= self.open_until
        assert (PROBING if due else self.why) is self.breaker.state(self.now)
        assert self.why is self.breaker.standing
        assert self.may_pass is (self.breaker.wait(self.now) == 0.0)

    @property
    def probe_is_out(self) -> bool:
        return any(self.born[probe] == self.turned for probe in self.probes)

    @property
    def may_pass(self) -> bool:
        return self.why is CLOSED or (self.now >= self.open_until and not self.probe_is_out)

    def is_the_probe(self, leave: Permit) -> bool:
        return id(leave) in self.probes and self.born[id(leave)] == self.turned

    def turn(self, why: BreakerState, until: float) -> None:
        self.why, self.open_until = why, until
        self.turned += 1
        self.history.clear()


BreakerMachine.TestCase.settings = hypothesis_settings(
    max_examples=100, stateful_step_count=50, deadline=None
)
TestBreaker = BreakerMachine.TestCase
