"""`tillbridge interest`."""

from typing import Annotated

from cyclopts import Parameter

from domain.ids import MerchantIdentifier
from domain.model.caller import Caller
from domain.model.interest import Demand, Interest
from domain.use_cases.read_interest import ReadInterest
from entrypoints.cli.parameters import AsJson, Here
from entrypoints.cli.terminal import Terminal
from entrypoints.cli.wording import columns, moment
from entrypoints.views import interest_in_all, interest_in_one


async def interest(
    key: Annotated[
        str | None, Parameter(help="List the merchants who asked for this one: tgff.")
    ] = None,
    /,
    *,
    as_json: AsJson = False,
    here: Here,
) -> None:
    """
    Count the merchants who asked to be told when an integration is ready, or list them for one.

    Example: tillbridge interest tgff
    """
    if key is None:
        await _show_counts(here, as_json=as_json)
    else:
        await _show_merchants(here, key, as_json=as_json)


async def _show_counts(here: Terminal, *, as_json: bool) -> None:
    async with here.running() as container:
        demands = await container.read_interest()(here.caller)
    if as_json:
        here.document(interest_in_all(demands))
        return
    if not demands:
        here.note("Nobody has asked to be told of anything yet.")
        return
    rows = [(demand.platform_key, demand.name, str(demand.merchants)) for demand in demands]
    for line in columns([("KEY", "NAME", "MERCHANTS"), *rows]):
        here.answer(line)


async def _show_merchants(here: Terminal, key: str, *, as_json: bool) -> None:
    async with here.running() as container:
        demand, asked = await _everybody(container.read_interest(), key, here.caller)
        now = container.clock().now()
    if as_json:
        here.document(interest_in_one(demand, asked))
        return
    if not asked:
        here.note(f"Nobody has asked to be told of {demand.name} yet.")
        return
    rows = [(each.merchant, moment(each.since, now)) for each in asked]
    for line in columns([("MERCHANT", "SINCE"), *rows]):
        here.answer(line)


async def _everybody(
    read: ReadInterest, key: str, caller: Caller
) -> tuple[Demand, list[Interest]]:
    """Every merchant who asked, page by page."""
    asked: list[Interest] = []
    after: MerchantIdentifier | None = None
    while True:
        found = await read.one(key, caller, after=after)
        asked += found.asked
        after = found.more
        if after is None:
            return found.demand, asked
