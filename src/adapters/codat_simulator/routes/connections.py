"""Connections of a company, in both path families, and the authorization on its behalf."""

from typing import Literal

import msgspec
from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, RawBody

from adapters.codat_simulator import errors
from adapters.codat_simulator.operations import named
from adapters.codat_simulator.paging import Page
from adapters.codat_simulator.query import CONNECTION
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest, optional, parsed, wanted
from adapters.codat_simulator.wire import Connection


ALL = ["/companies/{company_id:str}/connections", "/meta/companies/{company_id:str}/connections"]
ONE = [f"{path}/{{connection_id:str}}" for path in ALL]


class ConnectionBody(msgspec.Struct, rename="camel"):
    """Which integration to connect."""

    platform_key: str


class ConnectionChanges(msgspec.Struct):
    """The one thing about a connection that can be changed."""

    status: Literal["Unlinked"] | None = None


@get(ALL, opt=named("connections"))
async def list_connections(
    company_id: FromPath[str], request: AnyRequest, simulator: Codat
) -> Page[Connection]:
    """The connections of a company."""
    connections = simulator.companies.get(company_id).data_connections
    path = f"/companies/{company_id}/connections"
    return wanted(request, simulator).page_of(connections, path, CONNECTION)


@post(ALL, status_code=200, opt=named("createConnection"))
async def create_connection(
    company_id: FromPath[str], body: RawBody, simulator: Codat
) -> Connection:
    """Add a connection; the body is an object, in version 1 a bare string."""
    company = simulator.companies.get(company_id)
    wish = parsed(body, ConnectionBody | str)  # type: ignore[arg-type]  # a union is no class to mypy
    key = wish if isinstance(wish, str) else wish.platform_key
    integration = simulator.catalogue.integrations[simulator.integration_known(key)]
    return simulator.companies.connect(company, integration)


@get(ONE, opt=named("connection"))
async def get_connection(
    company_id: FromPath[str], connection_id: FromPath[str], simulator: Codat
) -> Connection:
    """One connection."""
    _, connection = simulator.companies.connection(company_id, connection_id)
    return connection


@patch(ONE, opt=named("updateConnection"))
async def change_connection(
    company_id: FromPath[str], connection_id: FromPath[str], body: RawBody, simulator: Codat
) -> Connection:
    """Unlink a connection that is linked."""
    company, connection = simulator.companies.connection(company_id, connection_id)
    wish = optional(body, ConnectionChanges)
    if wish is not None and wish.status is not None:
        if connection.status != "Linked":
            message = f"Only linked connections can be unlinked; this is {connection.status}."
            raise errors.invalid(("Status", message, "UpdateConnection"))
        simulator.companies.set_status(company, connection, wish.status)
    return connection


@delete(ONE, status_code=200, opt=named("deleteConnection"))
async def delete_connection(
    company_id: FromPath[str], connection_id: FromPath[str], simulator: Codat
) -> Response[bytes]:
    """Remove a connection for good."""
    company, connection = simulator.companies.connection(company_id, connection_id)
    simulator.companies.disconnect(company, connection)
    return Response(b"", status_code=200)


@put([f"{path}/authorization" for path in ONE], opt=named("authorization"))
async def authorize(
    company_id: FromPath[str], connection_id: FromPath[str], body: RawBody, simulator: Codat
) -> Connection:
    """Link a connection on the merchant's behalf; the body is whatever was agreed upon."""
    company, connection = simulator.companies.connection(company_id, connection_id)
    connection.connection_info = optional(body, dict[str, str]) or {}
    simulator.companies.set_status(company, connection, "Linked")
    return connection


HANDLERS = (
    list_connections,
    create_connection,
    get_connection,
    change_connection,
    delete_connection,
    authorize,
)
