"""The start call: company, connections, and a fresh sync flow URL."""

from urllib.parse import quote

from litestar import get
from litestar.params import FromPath

from adapters.codat_simulator import errors
from adapters.codat_simulator.catalogue import slug
from adapters.codat_simulator.ledger import Minted
from adapters.codat_simulator.operations import named
from adapters.codat_simulator.return_urls import usable
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.wire import Company, SyncFlowUrl


@get(
    "/config/sync/commerce/{commerce_key:str}/{accounting_key:str}/start",
    opt=named("start"),
)
async def start(
    commerce_key: FromPath[str],
    accounting_key: FromPath[str],
    request: AnyRequest,
    simulator: Codat,
) -> SyncFlowUrl:
    """Mint a URL for a merchant; creates whatever of company and connections is missing."""
    for key, side in ((commerce_key, "Commerce"), (accounting_key, "Accounting")):
        if not simulator.catalogue.usable(key, side):
            raise errors.integration_missing(key)
    merchant = request.query_params.get("merchantIdentifier") or None
    redirect_url = request.query_params.get("redirectUrl") or None
    if not usable(redirect_url):
        redirect_url = None
    company = _company(simulator, merchant)
    for key in (commerce_key, accounting_key):
        simulator.companies.connection_for(company, simulator.catalogue.integrations[key])
    if simulator.scenario.switches.repeat_url:
        again = simulator.ledger.newest(merchant, commerce_key, accounting_key)
        if again is not None:
            return SyncFlowUrl(url=again.url)
    minted = _mint(simulator, company, merchant, (commerce_key, accounting_key), redirect_url)
    simulator.ledger.write(minted)
    return SyncFlowUrl(url=minted.url)


def _company(simulator: Simulator, merchant: str | None) -> Company:
    companies = simulator.companies
    if merchant is None:
        # Codat's specification lets it be missing and says nothing about the name then.
        return companies.create("Unnamed merchant")
    found = companies.find(merchant)
    if found is None and simulator.scenario.switches.company_reuse:
        found = companies.named(merchant)
    return found or companies.create(merchant)


def _mint(
    simulator: Simulator,
    company: Company,
    merchant: str | None,
    keys: tuple[str, str],
    redirect_url: str | None,
) -> Minted:
    switches = simulator.scenario.switches
    minted_id = simulator.dice.uuid()
    code = simulator.ledger.unused_code(merchant, *keys)
    names = keys
    if switches.slugs:
        integrations = simulator.catalogue.integrations
        names = (slug(integrations[keys[0]].name), slug(integrations[keys[1]].name))
    path = f"/{minted_id}/{names[0]}/{names[1]}/start"
    values = {"merchantIdentifier": merchant, "otp": code, "redirectUrl": redirect_url}
    query = "&".join(
        f"{name}={value if switches.raw_spaces else quote(value, safe='')}"
        for name, value in values.items()
        if value is not None
    )
    return Minted(
        id=minted_id,
        merchant_identifier=merchant,
        commerce_key=keys[0],
        accounting_key=keys[1],
        company_id=company.id,
        minted_at=simulator.clock.now(),
        code=code,
        redirect_url=redirect_url,
        path=path,
        url=f"{simulator.sync_flow_url}{path}?{query}",
    )


HANDLERS = (start,)
