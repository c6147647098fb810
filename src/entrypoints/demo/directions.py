"""What the demo tells whoever started it."""

from entrypoints.demo.plan import SHOP, Plan
from entrypoints.simulating import Scenario


def directions(plan: Plan) -> list[str]:
    """Where to click, and how to do the same by hand."""
    asking = f'curl -s -H "Authorization: Bearer {plan.operator_key}"'
    merchant = '{"merchantIdentifier":"corner-bakery","merchantName":"Corner Bakery"}'
    return [
        "",
        "Ready. This is a demo: everyone may log in to the shop, without a password.",
        "",
        f"  1. Open      {plan.shop}",
        "     Log in as one of the merchants, and connect your accounting software.",
        f"  2. Read      {plan.tillbridge}/docs",
        f"  3. Look at   {plan.codat_api}/_simulator/ledger",
        "     Every sync flow URL that the simulator minted, and what became of it.",
        "",
        "The same without the shop:",
        "",
        f"  {asking} \\",
        "    -H 'Content-Type: application/json' \\",
        f"    -d '{merchant}' \\",
        f"    {plan.tillbridge}/v1/connect-tokens",
        f"  {asking} {plan.tillbridge}/v1/integrations",
        "",
        "A support call:",
        "",
        f"  tillbridge --env-file {plan.env_file} link corner-bakery gbol",
        f"  tillbridge --env-file {plan.env_file} sessions",
        "",
        f"Logs are in {plan.directory}. Ctrl-C stops the {SHOP} and everything else.",
    ]


def rehearsal(plan: Plan, scenario: Scenario) -> list[str]:
    """What to look at while Codat has its bad day."""
    control = f"{plan.codat_api}/_simulator/scenario"
    return [
        "",
        f"Codat's bad day begins now: {scenario.name}. {scenario.title}.",
        "",
        f"  curl -s {control}",
        "     What goes wrong at the moment, and what comes next.",
        f"  curl -s {plan.tillbridge}/readyz",
        f"  curl -s {plan.tillbridge}/metrics",
        "     How Tillbridge takes it.",
        f"  curl -s -X DELETE {control}",
        "     All well again, at once.",
    ]
