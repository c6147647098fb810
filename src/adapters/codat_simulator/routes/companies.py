"""Companies, in both path families."""

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, RawBody
from msgspec import UNSET, UnsetType

from adapters.codat_simulator.companies import checked_tags
from adapters.codat_simulator.operations import named
from adapters.codat_simulator.paging import Page
from adapters.codat_simulator.query import COMPANY
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest, parsed, wanted
from adapters.codat_simulator.wire import Company


class CompanyBody(msgspec.Struct, rename="camel", kw_only=True):
    """What creates or replaces a company."""

    name: str
    description: str | None = None
    tags: dict[str, str] | None = None


class CompanyChanges(msgspec.Struct, rename="camel", kw_only=True):
    """What changes a company."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    tags: dict[str, str] | UnsetType | None = UNSET


@get(["/companies", "/meta/companies"], opt=named("companies"))
async def list_companies(request: AnyRequest, simulator: Codat) -> Page[Company]:
    """Every company, oldest first."""
    return wanted(request, simulator).page_of(simulator.companies.all(), "/companies", COMPANY)


@post("/companies", status_code=200, opt=named("createCompany"))
async def create_company(body: RawBody, simulator: Codat) -> Company:
    """Add a company."""
    wish = parsed(body, CompanyBody)
    return simulator.companies.create(wish.name, wish.description, wish.tags)


@post("/meta/companies/sync", status_code=200, opt=named("createCompany"))
async def create_company_with_connector(body: RawBody, simulator: Codat) -> Company:
    """Add a company as version 1 did: with a connection to the connector."""
    wish = parsed(body, CompanyBody)
    company = simulator.companies.create(wish.name, wish.description, wish.tags)
    connector = simulator.catalogue.integrations[simulator.settings.connector_key]
    simulator.companies.connect(company, connector)
    return company


@get("/companies/{company_id:str}", opt=named("company"))
async def get_company(company_id: FromPath[str], simulator: Codat) -> Company:
    """One company."""
    return simulator.companies.get(company_id)


@put("/companies/{company_id:str}", opt=named("updateCompany"))
async def replace_company(company_id: FromPath[str], body: RawBody, simulator: Codat) -> Company:
    """Give a company another name, description and tags."""
    company = simulator.companies.get(company_id)
    wish = parsed(body, CompanyBody)
    tags = checked_tags(wish.tags or {})
    simulator.companies.rename(company, wish.name)
    company.description = wish.description
    company.tags = tags
    return company


@patch("/companies/{company_id:str}", opt=named("updateCompany"))
async def change_company(company_id: FromPath[str], body: RawBody, simulator: Codat) -> Company:
    """Change what the body names; null or empty tags wipe the tags."""
    company = simulator.companies.get(company_id)
    wish = parsed(body, CompanyChanges)
    if wish.tags is not UNSET:
        company.tags = checked_tags(wish.tags or {})
    if wish.name is not UNSET:
        simulator.companies.rename(company, wish.name)
    if wish.description is not UNSET:
        company.description = wish.description
    return company


@delete("/companies/{company_id:str}", opt=named("deleteCompany"))
async def delete_company(company_id: FromPath[str], simulator: Codat) -> Response[None]:
    """Remove a company with everything that belongs to it."""
    simulator.companies.delete(simulator.companies.get(company_id))
    return Response(None, status_code=204)


HANDLERS = (
    list_companies,
    create_company,
    create_company_with_connector,
    get_company,
    replace_company,
    change_company,
    delete_company,
)
