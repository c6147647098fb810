"""Integrations, their branding and their pictures."""

from importlib import resources

from litestar import Response, get
from litestar.params import FromPath

from adapters.codat_simulator import errors
from adapters.codat_simulator.operations import named
from adapters.codat_simulator.paging import Page
from adapters.codat_simulator.query import INTEGRATION
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest, wanted
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.wire import Branding, Integration


_DRAWINGS = resources.files("adapters.codat_simulator") / "pictures"
_DRAWN = {file.name: file.read_bytes() for file in _DRAWINGS.iterdir()}
_HEADERS = {"cache-control": "public, max-age=86400", "x-content-type-options": "nosniff"}


@get(["/config/integrations", "/integrations"], opt=named("integrations"))
async def list_integrations(request: AnyRequest, simulator: Codat) -> Page[Integration]:
    """Every integration that Codat offers this client, enabled or not."""
    integrations = simulator.catalogue.integrations.values()
    # Codat's own links leave the /config away.
    return wanted(request, simulator).page_of(integrations, "/integrations", INTEGRATION)


@get(
    ["/config/integrations/{key:str}", "/integrations/{key:str}"],
    opt=named("integration"),
)
async def get_integration(key: FromPath[str], simulator: Codat) -> Integration:
    """One integration."""
    return simulator.catalogue.integrations[simulator.integration_known(key)]


@get(
    ["/config/integrations/{key:str}/branding", "/integrations/{key:str}/branding"],
    opt=named("branding"),
)
async def get_branding(key: FromPath[str], simulator: Codat) -> Branding:
    """How an integration wants to be shown."""
    return simulator.catalogue.brandings[simulator.integration_known(key)]


@get("/public/{path:path}", opt=named("images"))
async def get_picture(path: FromPath[str], simulator: Codat) -> Response[bytes]:
    """A drawn tile; like Codat's static host, this asks for no key."""
    found = picture(path.removeprefix("/"), simulator)
    if found is None:
        raise errors.plain(404)
    return found


def picture(path: str, simulator: Simulator) -> Response[bytes] | None:
    """The picture at this *path* below `/public/`, if there is one."""
    name = simulator.catalogue.pictures.get(path)
    if name is None:
        return None
    return Response(_DRAWN[name], media_type="image/png", headers=_HEADERS)


HANDLERS = (list_integrations, get_integration, get_branding, get_picture)
