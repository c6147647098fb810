"""What the merchant's steps change, in the words of Codat's objects."""

from adapters.codat_simulator.ledger import Minted
from adapters.codat_simulator.operations import VISIT
from adapters.codat_simulator.return_urls import target
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.visits import ACCOUNTING, COMMERCE, Visit
from adapters.codat_simulator.wire import Company, Connection


async def suffer(simulator: Simulator, minted_id: str, path: str) -> int | None:
    """Let the scenario have its way with a visit; the status to refuse it with, if any."""
    arrival = simulator.scenario.arrive(VISIT, path)
    struck = simulator.scenario.draw(arrival)
    for fault in struck:
        if fault.delay_seconds is not None:
            await simulator.pause(fault.delay_seconds)
    minted = simulator.ledger.find(minted_id)
    for fault in struck:
        if fault.code is not None and minted is not None:
            minted.spoil(fault.code, simulator.clock.now())
    return next((fault.status for fault in struck if fault.status is not None), None)


def admitted(
    simulator: Simulator, minted_id: str, codes: list[str], path: str, *, consume: bool
) -> Minted | None:
    """
    The URL's entry in the ledger if its code is good, and was not used before.

    A code is used by looking at the page; a refusal is noted in the ledger.
    """
    minted = simulator.ledger.find(minted_id)
    if minted is None:
        return None
    now = simulator.clock.now()
    if not minted.good(codes, path, now) or simulator.companies.find(minted.company_id) is None:
        minted.refusals += consume
        return None
    if consume:
        minted.consumed_at = now
    return minted


def begin(simulator: Simulator, minted: Minted) -> Visit:
    """Let the merchant in; what is linked already need not be connected again."""
    _, commerce, accounting = parties(simulator, minted)
    linked = {
        COMMERCE: commerce.status == "Linked",
        ACCOUNTING: accounting.status == "Linked",
    }
    skipped = frozenset(stage for stage, done in linked.items() if done)
    return simulator.visits.begin(minted, skipped)


def parties(simulator: Simulator, minted: Minted) -> tuple[Company, Connection, Connection]:
    """The company, its commerce connection and its accounting connection."""
    company = simulator.companies.get(minted.company_id)
    integrations = simulator.catalogue.integrations
    commerce, accounting = (
        simulator.companies.connection_for(company, integrations[key])
        for key in (minted.commerce_key, minted.accounting_key)
    )
    return company, commerce, accounting


def settled(simulator: Simulator, minted: Minted) -> bool:
    """Whether the merchant has been through all of it, so that there are only settings left."""
    company, commerce, accounting = parties(simulator, minted)
    linked = commerce.status == accounting.status == "Linked"
    return linked and simulator.configuration(company).configured


def finish(simulator: Simulator, visit: Visit) -> None:
    """Link both connections, complete the configuration, switch syncs on."""
    company, commerce, accounting = parties(simulator, visit.minted)
    for connection in (commerce, accounting):
        simulator.companies.set_status(company, connection, "Linked")
    simulator.configuration(company).finish(accounting.platform_name, visit.answers)
    visit.over = True


def disconnect(simulator: Simulator, visit: Visit, side: str) -> None:
    """The merchant takes the permission back."""
    company, commerce, accounting = parties(simulator, visit.minted)
    connection = commerce if side == COMMERCE else accounting
    simulator.companies.set_status(company, connection, "Deauthorized")


def way_out(visit: Visit) -> str | None:
    """Where the merchant goes in the end, if the platform said so."""
    redirect_url = visit.minted.redirect_url
    return None if redirect_url is None else target(redirect_url)
