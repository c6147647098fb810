"""Playing scenarios: when steps begin and end, what they leave behind, and that it repeats."""

import time
from datetime import datetime, timedelta
from typing import Any

import attrs
import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.codat_simulator import shipped
from adapters.codat_simulator.operations import OPERATIONS, VISIT
from adapters.codat_simulator.script import Titled
from adapters.codat_simulator.script_reading import read
from adapters.codat_simulator.server import SimulatorSettings, running_simulator
from adapters.codat_simulator.state import Simulator
from tests.simulator.driving import Driver
from tests.simulator.stories import SCRIPTS
from tests.simulator.test_control import refused


PATIENT = settings(deadline=None)
START = "/config/sync/commerce/lqai/gbol/start"


@pytest.fixture
def still(driver: Driver) -> Driver:
    """A driver whose clock only moves by hand."""
    driver.control("POST", "clock", {"frozen": True})
    return driver


def play(driver: Driver, *steps: dict[str, Any], **fields: Any) -> Any:
    return driver.control("POST", "scenario", {"steps": steps, **fields})["playing"]


def playing(driver: Driver) -> Any:
    return driver.control("GET", "scenario")["playing"]


def status(driver: Driver, path: str = "/companies") -> int:
    return driver.get(path).status_code


def test_a_story_has_a_beginning_a_middle_and_an_end(still: Driver) -> None:
    play(
        still,
        {"title": "Bad", "after": 10, "until": 40, "status": 500},
        {"title": "Worse", "after": 40, "for": 20, "status": 503},
        title="A day",
    )

    def after(seconds: float) -> int:
        still.advance(seconds)
        return status(still)

    assert 200 == status(still)
    assert [200, 500, 500] == [after(9), after(1), after(29)]
    assert [503, 503, 200] == [after(1), after(19), after(1)]
    assert playing(still)["over"] is True


def test_what_is_active_and_what_comes_next_is_told(still: Driver) -> None:
    told = play(
        still,
        {"title": "Slow", "after": 10, "until": 40, "faults": [{"delaySeconds": 0.5}]},
        {"title": "Down", "after": 40, "for": 20, "status": 503, "keyRevoked": True},
        {"title": "Odd", "after": {"calls": 3, "operation": "start"}, "slugs": True},
        title="A day",
        seed=7,
    )

    assert {"name": None, "title": "A day", "seed": 7, "over": False} == {
        name: told[name] for name in ("name", "title", "seed", "over")
    }
    assert (0, []) == (told["elapsedSeconds"], told["active"])
    slow, down, odd = told["next"]
    assert {
        "step": 1,
        "title": "Slow",
        "begins": {"inSeconds": 10},
        "faults": [{"delaySeconds": 0.5}],
    } == slow
    assert ({"inSeconds": 40}, True) == (down["begins"], down["keyRevoked"])
    assert [{"status": 503}] == down["faults"]
    assert {"inCalls": 3, "operation": "start"} == odd["begins"]

    still.advance(45)
    told = playing(still)
    assert 45 == told["elapsedSeconds"]
    assert [(2, {"inSeconds": 15})] == [(one["step"], one["ends"]) for one in told["active"]]
    assert [3] == [one["step"] for one in told["next"]]
    still.advance(20)
    assert ([], False) == (playing(still)["active"], playing(still)["over"])
    assert still.control("DELETE", "scenario")["playing"] is None


def test_steps_may_go_by_calls(driver: Driver) -> None:
    story = {"after": {"calls": 2, "operation": "companies"}, "until": {"calls": 5}, "status": 500}
    play(driver, story)

    # Calls of other operations do not begin it, and do end it.
    statuses = [status(driver), status(driver, "/integrations")]
    statuses += [status(driver) for _ in range(4)]

    assert [200, 200, 200, 500, 500, 200] == statuses


def test_for_counts_calls_from_where_the_step_begins(still: Driver) -> None:
    play(
        still,
        {"after": 10, "for": {"calls": 2, "operation": "companies"}, "status": 500},
        {"after": {"calls": 4}, "for": 30, "status": 503, "operation": "integrations"},
    )
    before = [status(still), status(still)]
    still.advance(10)
    told = playing(still)["active"][0]
    during = [status(still), status(still), status(still)]

    assert {"inCalls": 2, "operation": "companies"} == told["ends"]
    assert ([200, 200], [500, 500, 200]) == (before, during)
    # The second step began at the fourth call, which was just now by this clock.
    still.advance(29)
    assert 503 == status(still, "/integrations")
    still.advance(1)
    assert 200 == status(still, "/integrations")


def test_a_call_that_has_to_wait_still_counts_where_it_came(driver: Driver) -> None:
    play(driver, {"for": {"calls": 1}, "keyRevoked": True}, {"after": {"calls": 1}, "status": 500})

    assert [403, 500, 500] == [status(driver) for _ in range(3)]


def test_a_switch_holds_while_its_step_lasts(still: Driver) -> None:
    still.scenario(slugs=True)
    play(
        still,
        {"after": 0, "until": 10, "slugs": False, "rawSpaces": True},
        {"after": 5, "until": 20, "rawSpaces": False},
    )

    def switches() -> tuple[bool, bool]:
        found = still.control("GET", "scenario")["switches"]
        return found["slugs"], found["rawSpaces"]

    assert (False, True) == switches()
    still.advance(5)
    assert (False, False) == switches()
    still.advance(5)
    assert (True, False) == switches()


def test_a_quota_is_what_it_was_when_its_step_is_over(still: Driver) -> None:
    still.scenario(rateLimit={"limit": 50})
    used = [status(still), status(still)]
    play(
        still,
        {"after": 10, "for": 10, "rateLimit": {"remaining": 1, "retryAfterForm": "junk"}},
        {"after": 15, "for": 10, "rateLimit": {"limit": 0, "retryAfterForm": "none"}},
    )

    still.advance(10)
    assert [200, 200, 200, 429] == [*used, status(still), status(still)]
    assert "soon" == still.get("/companies").headers["retry-after"]
    still.advance(5)
    assert "retry-after" not in still.get("/companies").headers
    still.advance(10)
    assert {"limit": 50, "remaining": 48} == still.control("GET", "scenario")["rateLimit"]


def test_a_quota_that_runs_out_is_back_at_midnight(still: Driver) -> None:
    play(still, {"rateLimit": {"remaining": 0}}, {"title": "Well", "after": 172_800})

    refused = still.get("/companies")
    assert 429 == refused.status_code
    still.advance(int(refused.headers["retry-after"]))
    assert 200 == status(still)
    still.control("DELETE", "scenario")
    assert 1000 == still.control("GET", "scenario")["rateLimit"]["remaining"]


def test_a_midnight_in_between_gives_back_what_was_used_before(still: Driver) -> None:
    assert 200 == status(still)
    play(still, {"until": 86_400, "rateLimit": {"limit": 5}})
    still.advance(86_400)

    assert {"limit": 1000, "remaining": 1000} == still.control("GET", "scenario")["rateLimit"]


def test_what_is_done_by_hand_comes_first(driver: Driver) -> None:
    play(driver, {"status": 500})
    driver.scenario(status=418, times=1)

    assert [418, 500] == [status(driver), status(driver)]


def test_the_earlier_step_wins_and_delays_add_up(driver: Driver) -> None:
    play(
        driver,
        {"faults": [{"delaySeconds": 0.05}, {"status": 500, "times": 1}]},
        {"faults": [{"delaySeconds": 0.05}, {"status": 503}]},
    )
    before = time.monotonic()

    assert [500, 503] == [status(driver), status(driver)]
    assert time.monotonic() - before >= 0.2


def test_one_scenario_is_played_at_a_time(driver: Driver) -> None:
    play(driver, {"status": 500}, title="one")
    driver.scenario(operation="start", status=402)

    told = play(driver, {"status": 503}, title="other")

    assert ("other", 503) == (told["title"], status(driver))
    assert 402 == status(driver, START)
    replaced = driver.control("PUT", "scenario", {"name": "key-revoked"})
    assert ([], "key-revoked") == (replaced["faults"], replaced["playing"]["name"])
    assert 200 == status(driver, START)
    assert driver.control("PUT", "scenario", {"slugs": True})["playing"] is None


def test_a_clock_may_run_fast(driver: Driver) -> None:
    play(driver, {"title": "Down", "after": 1800, "status": 503}, clockSpeed=3600)
    assert 200 == status(driver)
    time.sleep(0.6)

    assert 503 == status(driver)
    assert 3600 == driver.control("GET", "clock")["speed"]
    still_fast = driver.control("POST", "clock", {"frozen": True})["now"]
    driver.control("POST", "clock", {"frozen": False})
    time.sleep(0.05)
    later = driver.control("GET", "clock")["now"]
    gone = datetime.fromisoformat(later) - datetime.fromisoformat(still_fast)
    assert timedelta(seconds=180) <= gone < timedelta(hours=10)
    driver.control("DELETE", "scenario")
    assert 1 == driver.control("GET", "clock")["speed"]


def test_every_mistake_in_the_body_is_told(driver: Driver) -> None:
    answer = driver.anonymous.post(
        "/_simulator/scenario", json={"steps": [{"statsu": 500}, {"status": 99, "title": "Odd"}]}
    )

    assert 400 == answer.status_code
    assert "docs/simulator.md lists every field." == answer.json()["remedy"]
    unknown, wrong = answer.json()["problems"]
    assert {
        "step": 1,
        "title": "",
        "field": "statsu",
        "what": "is no field there",
        "remedy": "Did you mean `status`?",
    } == unknown
    assert (2, "Odd", "status") == (wrong["step"], wrong["title"], wrong["field"])
    assert playing(driver) is None


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"name": "codat-up"}, "No scenario is called 'codat-up'."),
        ({"name": ["codat-down"]}, "No scenario is called ['codat-down']."),
        ({"name": "codat-down", "status": 500}, "`name` stands alone."),
        (b'{"faults":' + b"[" * 100_000, "not JSON"),
        (b'{"steps":"\xff"}', "not JSON"),
    ],
)
def test_a_wish_that_makes_no_sense(driver: Driver, body: Any, named: str) -> None:
    assert named in refused(driver, "scenario", body)["error"]


def test_the_index_names_the_scenarios_that_ship(driver: Driver) -> None:
    assert shipped.names() == driver.anonymous.get("/_simulator/").json()["scenarios"]


@pytest.mark.anyio
async def test_a_scenario_given_at_the_start_begins_again_after_a_reset() -> None:
    script = read({"steps": [{"status": 500, "times": 1}]}, "test")
    settings = SimulatorSettings(
        port=0, sync_flow_port=0, scenario=Titled(name="mine", script=script)
    )
    async with (
        running_simulator(settings) as running,
        httpx.AsyncClient(base_url=running.api_url, trust_env=False) as client,
    ):
        key = {"authorization": "Basic c2ltdWxhdG9yLWtleQ=="}

        async def statuses() -> list[int]:
            return [(await client.get("/companies", headers=key)).status_code for _ in range(2)]

        first = await statuses()
        await client.post("/_simulator/reset")
        again = await statuses()
        told = (await client.get("/_simulator/scenario")).json()["playing"]

    assert [500, 200] == first == again
    assert "mine" == told["name"]


def test_the_odds_are_those_of_the_seed(driver: Driver) -> None:
    def fates(seed: int) -> list[int]:
        play(driver, {"status": 500, "rate": 0.5}, seed=seed)
        return [status(driver) for _ in range(20)]

    first = fates(7)
    assert {200, 500} == set(first)
    assert first == fates(7)
    assert first != fates(8)


def test_other_calls_in_between_change_nothing(driver: Driver) -> None:
    def fates(*, disturbed: bool) -> list[int]:
        play(driver, {"status": 500, "rate": 0.5}, seed=7)
        found = []
        for _ in range(20):
            if disturbed:
                driver.get("/integrations")
            found.append(status(driver))
        return found

    assert fates(disturbed=False) == fates(disturbed=True)


@attrs.frozen
class Doing:
    """Some seconds that go by, and then a call."""

    seconds: float
    operation: str


DOINGS = st.lists(
    st.builds(
        Doing,
        st.sampled_from([0.0, 0.0, 0.5, 10.0, 60.0]),
        st.sampled_from(["start", VISIT, *OPERATIONS[:3]]),
    ),
    max_size=30,
)


def simulator(seed: int | None = None) -> Simulator:
    found = Simulator(
        settings=SimulatorSettings(seed=seed),
        api_url="http://api.test",
        sync_flow_url="http://flow.test",
    )
    found.clock.freeze()
    return found


def what_strikes(raw: dict[str, Any], doings: list[Doing]) -> list[object]:
    """All that happens to a simulator that plays the scenario and gets the calls."""
    codat = simulator()
    codat.perform(Titled(name=None, script=read(raw, "generated")))
    found: list[object] = []
    for doing in doings:
        codat.clock.advance(doing.seconds)
        arrival = codat.scenario.arrive(doing.operation, f"/gbol/{doing.operation}")
        faults = [msgspec.structs.replace(fault) for fault in codat.scenario.draw(arrival)]
        found.append((faults, codat.scenario.switches, codat.quota.limit))
    return found


@PATIENT
@given(SCRIPTS, DOINGS)
def test_the_same_file_and_the_same_calls_give_the_same_faults(
    raw: dict[str, Any], doings: list[Doing]
) -> None:
    assert what_strikes(raw, doings) == what_strikes(raw, doings)


@PATIENT
@given(SCRIPTS, DOINGS)
def test_whatever_happens_one_call_gets_one_answer_and_everything_ends_as_it_was(
    raw: dict[str, Any], doings: list[Doing]
) -> None:
    codat = simulator()
    usual = (codat.scenario.switches, codat.quota.limit)
    codat.perform(Titled(name=None, script=read(raw, "generated")))
    for doing in doings:
        codat.clock.advance(doing.seconds)
        struck = codat.scenario.draw(codat.scenario.arrive(doing.operation, "/gbol"))
        assert sum(fault.answers for fault in struck) <= 1
        assert all(fault.concerns(doing.operation, "/gbol") for fault in struck)
    codat.scenario.end()

    assert usual == (codat.scenario.switches, codat.quota.limit)


def test_the_seed_of_the_simulator_goes_before_that_of_the_file() -> None:
    script = read({"seed": 3, "steps": [{"status": 500}]}, "test")

    def seed_of(codat: Simulator, titled: Titled) -> int | None:
        codat.perform(titled)
        return codat.scenario.play.seed if codat.scenario.play else None

    assert 9 == seed_of(simulator(9), Titled(name=None, script=script))
    assert 3 == seed_of(simulator(), Titled(name=None, script=script))
    assert 0 == seed_of(simulator(), shipped.shipped("codat-down"))
