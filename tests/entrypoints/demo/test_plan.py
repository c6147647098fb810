import sys
from pathlib import Path

from domain.model.connector import Side
from entrypoints.demo.plan import Plan
from entrypoints.settings import load, unknown


def a_plan() -> Plan:
    return Plan(port=8000, directory=Path("/run/demo"))


def test_the_demo_takes_four_ports_in_a_row() -> None:
    plan = a_plan()

    assert [8000, 8001, 8002, 8003] == list(plan.ports)
    assert "http://127.0.0.1:8000" == plan.tillbridge
    assert "http://127.0.0.1:8001" == plan.codat_api
    assert "http://127.0.0.1:8002" == plan.sync_flow
    assert "http://127.0.0.1:8003" == plan.shop


def test_the_settings_of_the_demo_are_settings() -> None:
    plan = a_plan()

    settings = load(plan.settings)

    assert () == unknown(plan.settings)
    assert ("lqai", Side.COMMERCE) == (settings.connector_key, settings.connector_side)
    assert {"shop": plan.operator_key} == settings.operator_keys
    assert "http://127.0.0.1:8003/done" == settings.return_urls.resolve(None)
    assert (plan.shop,) == settings.shop_origins
    assert (plan.sync_flow,) == settings.sync_flow_hosts
    assert "Corner Till" == settings.platform_name


def test_every_run_has_keys_of_its_own() -> None:
    keys = {
        key for plan in (a_plan(), a_plan()) for key in (plan.operator_key, plan.codat_api_key)
    }

    assert 4 == len(keys)


def test_no_key_is_in_a_command_or_in_what_is_printed_of_the_plan() -> None:
    plan = a_plan()

    for key in (plan.operator_key, plan.codat_api_key):
        assert key not in repr(plan)
        assert all(key not in word for part in plan.parts() for word in part.command)
        assert key not in repr(plan.parts())


def test_each_part_runs_the_command_that_an_operator_would() -> None:
    simulator, tillbridge, _ = a_plan().parts()

    command = (sys.executable, "-m", "entrypoints.cli.main")
    assert (*command, "serve", "--port", "8000", "--migrate") == tillbridge.command
    assert (*command, "simulator", "--port", "8001", "--sync-flow-port", "8002") == (
        simulator.command[:8]
    )


def test_the_announcement_says_where_everything_is() -> None:
    plan = a_plan()
    expected = {
        "tillbridge": "http://127.0.0.1:8000",
        "codatApi": "http://127.0.0.1:8001",
        "syncFlow": "http://127.0.0.1:8002",
        "shop": "http://127.0.0.1:8003",
        "operatorKey": plan.operator_key,
        "codatApiKey": plan.codat_api_key,
        "connector": {"platformKey": "lqai", "side": "commerce"},
    }

    assert expected == plan.announcement
