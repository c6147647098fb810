import random
from collections import Counter

import pytest
from ledger import faults, soak
from ledger.plan import Plan

from adapters.codat_simulator.operations import OPERATIONS


KEYS = ("gbol", "qhyg", "pdvj")


def test_the_same_seed_gives_the_same_plan_and_another_another() -> None:
    first, again, other = (Plan(seed=seed) for seed in (1, 1, 2))

    assert first.wishes(KEYS) == again.wishes(KEYS)
    assert first.blows() == again.blows()
    assert first.wishes(KEYS) != other.wishes(KEYS)
    assert first.blows() != other.blows()


def test_every_merchant_integration_and_way_has_a_part() -> None:
    wishes = Plan(starts=5_000, merchants=20).wishes(KEYS)

    assert list(range(5_000)) == [wish.number for wish in wishes]
    assert 20 == len({wish.merchant for wish in wishes})
    assert set(KEYS) == {wish.key for wish in wishes}
    assert 0.4 < Counter(wish.way for wish in wishes)["form"] / len(wishes) < 0.6


def test_there_is_one_kill_in_each_whole_stretch_of_starts() -> None:
    plan = Plan(starts=1_750, kill_every=500)

    numbers = [blow.number for blow in plan.blows()]

    assert [0, 1, 2] == [number // 500 for number in numbers]
    assert max(number % 500 for number in numbers) < 400


def test_as_many_replicas_as_there_are_die_at_the_same_moments() -> None:
    alone, two = (Plan(replicas=replicas).blows() for replicas in (1, 2))

    assert [(b.number, b.fuse) for b in alone] == [(b.number, b.fuse) for b in two]
    assert {0} == {blow.replica for blow in alone}
    assert {0, 1} == {blow.replica for blow in two}


@pytest.mark.parametrize("kill_every", [0, 2_000])
def test_there_may_be_no_kill_at_all(kill_every: int) -> None:
    assert [] == Plan(starts=1_000, kill_every=kill_every).blows()


def test_each_kind_of_fault_strikes_as_often_as_the_others() -> None:
    drawn = Counter(_struck(faults.faults_of("start", 0.2)) for _ in range(100_000))

    for kind, effects in faults.KINDS.items():
        struck = sum(drawn[_name(effect)] for effect in effects)
        assert pytest.approx(5_000, rel=0.1) == struck, kind
    assert pytest.approx(80_000, rel=0.02) == drawn["nothing"]


def test_every_call_to_codat_has_its_faults() -> None:
    named = {fault["operation"] for fault in faults.scenario(0.2, 0.02, 7)["faults"]}

    assert {"start", *faults.OTHER_CALLS} == named
    assert set() == named - set(OPERATIONS)
    assert [] == faults.scenario(0, 0, 7)["faults"]


def test_a_soak_starts_as_often_as_it_takes() -> None:
    plan = soak.plan_of(30, 50, merchants=200, seed=3)

    assert (90_000, 50, 0, 0.0) == (plan.starts, plan.rate, plan.kill_every, plan.faults)
    assert plan.seconds > 30 * 60
    assert [] == plan.blows()


DICE = random.Random(20)  # noqa: S311 - this is no secret


def _struck(rules: list[dict[str, object]]) -> str:
    """What strikes a call, as the simulator has it: the first that strikes, and no other."""
    for rule in rules:
        rate = rule["rate"]
        assert isinstance(rate, float)
        if DICE.random() < rate:
            return _name({name: rule[name] for name in rule if name not in {"operation", "rate"}})
    return "nothing"


def _name(effect: object) -> str:
    return repr(effect)
