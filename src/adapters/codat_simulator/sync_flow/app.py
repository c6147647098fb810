"""
The sync flow UI on its own origin: plain pages and forms, no script.

Every page says that nothing here is real.
"""

import logging
from http import HTTPStatus
from importlib import resources
from typing import Any

from litestar import Litestar, Response, get, head, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from adapters.codat_simulator.errors import CodatError
from adapters.codat_simulator.routes.integrations import picture
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.sync_flow import course
from adapters.codat_simulator.sync_flow.answers import understood
from adapters.codat_simulator.sync_flow.pages import Pages
from adapters.codat_simulator.visits import LASTS, Visit


_logger = logging.getLogger(__name__)

COOKIE = "codat_simulator_visit"
START = "/{minted_id:str}/{commerce:str}/{accounting:str}/start"
STYLE = (resources.files("adapters.codat_simulator.sync_flow") / "flow.css").read_bytes()
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
        # The last form is answered by a redirect to the platform, which Chromium checks too.
        "frame-ancestors 'none'; form-action 'self' http: https:"
    ),
    # The address of the first page holds the code; forms still send their origin.
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


class VisitUnknown(Exception):
    """This browser is on no such visit, or not any more."""


def sync_flow_app(simulator: Simulator) -> Litestar:
    """The UI for this simulator's merchants."""
    pages = Pages(simulator)

    def visit(minted_id: FromPath[str], request: AnyRequest) -> Visit:
        found = simulator.visits.find(minted_id, request.cookies.get(COOKIE))
        if found is None:
            raise VisitUnknown
        return found

    def no_visit(_: AnyRequest, error: VisitUnknown) -> Response[str]:
        return _page(pages.refused(None), HTTPStatus.UNAUTHORIZED)

    def company_gone(_: AnyRequest, error: CodatError) -> Response[str]:
        text = "The company behind this page was deleted in the meantime."
        return _page(pages.plain("Nobody to set up", text), error.status)

    def not_a_page(_: AnyRequest, error: HTTPException) -> Response[str]:
        text = "The simulator has no page here."
        return _page(pages.plain("No such page", text), error.status_code)

    def defect(_: AnyRequest, error: Exception) -> Response[str]:
        _logger.error("the simulator has a defect", exc_info=error)
        text = "The simulator has a defect; its log says more."
        return _page(pages.plain("Something broke", text), HTTPStatus.INTERNAL_SERVER_ERROR)

    return Litestar(
        [
            *(arrive, peek, resume, show_stage, answer_stage, finish, cancel, over),
            *(show_settings, change_settings, index, link, style, tile),
        ],
        dependencies={
            "simulator": Provide(lambda: simulator, sync_to_thread=False),
            "pages": Provide(lambda: pages, sync_to_thread=False),
            "visit": Provide(visit, sync_to_thread=False),
        },
        exception_handlers={
            VisitUnknown: no_visit,
            CodatError: company_gone,
            HTTPException: not_a_page,
            Exception: defect,
        },
        openapi_config=None,
        # Whoever runs the simulator in their own process has their own idea of logging.
        logging_config=None,
    )


@get(START)
async def arrive(
    minted_id: FromPath[str],
    request: AnyRequest,
    simulator: Codat,
    pages: NamedDependency[Pages],
) -> Response[str]:
    """Use the code up and show the first stage, or the settings to a merchant who is done."""
    codes = request.query_params.getall("otp", [])
    path = request.scope["path"]
    status = await course.suffer(simulator, minted_id, path)
    if status is not None:
        text = "A scenario has this page fail."
        return _page(pages.plain("The sync flow is not well", text), status)
    minted = course.admitted(simulator, minted_id, codes, path, consume=True)
    if minted is None:
        again = simulator.visits.find(minted_id, request.cookies.get(COOKIE))
        return _page(pages.refused(again), HTTPStatus.UNAUTHORIZED)
    visit = course.begin(simulator, minted)
    content = (
        pages.settings(visit)
        if course.settled(simulator, minted)
        else pages.stage(visit, visit.stages[0])
    )
    response = _page(content)
    response.cookies.append(
        Cookie(
            key=COOKIE,
            value=visit.cookie,
            # Each visit has a cookie of its own; ports alone would not keep them apart.
            path=f"/{minted_id}",
            max_age=int(LASTS.total_seconds()),
            httponly=True,
            samesite="lax",
        )
    )
    return response


@head(START)
async def peek(
    minted_id: FromPath[str],
    request: AnyRequest,
    simulator: Codat,
) -> Response[None]:
    """Whether the code is good; looking does not use it up unless a scenario says so."""
    codes = request.query_params.getall("otp", [])
    path = request.scope["path"]
    simulator.scenario.look()
    consume = simulator.scenario.switches.head_consumes
    minted = course.admitted(simulator, minted_id, codes, path, consume=consume)
    status = HTTPStatus.UNAUTHORIZED if minted is None else HTTPStatus.OK
    return Response(None, status_code=status, media_type="text/html", headers=HEADERS)


@get("/{minted_id:str}")
async def resume(visit: NamedDependency[Visit], simulator: Codat) -> Response[bytes]:
    """Back to where the merchant can go on."""
    if visit.over:
        return _go(visit, "over")
    if course.settled(simulator, visit.minted):
        return _go(visit, "settings")
    return _go(visit, visit.stages[0])


@get("/{minted_id:str}/{stage:str}")
async def show_stage(
    stage: FromPath[str], visit: NamedDependency[Visit], pages: NamedDependency[Pages]
) -> Response[Any]:
    """One stage of the setup."""
    if visit.over or stage not in visit.stages:
        return _go(visit)
    return _page(pages.stage(visit, stage))


@post("/{minted_id:str}/{stage:str}")
async def answer_stage(
    stage: FromPath[str],
    request: AnyRequest,
    visit: NamedDependency[Visit],
    simulator: Codat,
) -> Response[bytes]:
    """Keep the answers and go on; after the last stage everything is linked."""
    if visit.over or stage not in visit.stages:
        return _go(visit)
    visit.answers |= understood(stage, await request.form())
    following = visit.after(stage)
    if following is not None:
        return _go(visit, following)
    course.finish(simulator, visit)
    return _leave(visit)


@post("/{minted_id:str}/finish")
async def finish(visit: NamedDependency[Visit], simulator: Codat) -> Response[bytes]:
    """All stages at once."""
    if not visit.over:
        course.finish(simulator, visit)
    return _leave(visit)


@post("/{minted_id:str}/cancel")
async def cancel(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Leave with nothing linked, or from the settings with nothing changed."""
    visit.over = True
    return _leave(visit)


@get("/{minted_id:str}/over")
async def over(
    visit: NamedDependency[Visit], pages: NamedDependency[Pages], simulator: Codat
) -> Response[str]:
    """The end, for platforms that gave no `redirectUrl`."""
    done = course.settled(simulator, visit.minted)
    return _page(pages.done(visit) if done else pages.left(visit))


@get("/{minted_id:str}/settings")
async def show_settings(
    visit: NamedDependency[Visit], pages: NamedDependency[Pages], simulator: Codat
) -> Response[Any]:
    """The settings of a merchant who has been through all of it."""
    company, _, _ = course.parties(simulator, visit.minted)
    if visit.over or not simulator.configuration(company).configured:
        return _go(visit)
    return _page(pages.settings(visit))


@post("/{minted_id:str}/settings")
async def change_settings(
    request: AnyRequest, visit: NamedDependency[Visit], simulator: Codat
) -> Response[bytes]:
    """Switch syncs on or off, or disconnect one side."""
    company, _, _ = course.parties(simulator, visit.minted)
    configuration = simulator.configuration(company)
    if visit.over or not configuration.configured:
        return _go(visit)
    form = await request.form()
    if "sync" in form:
        configuration.switch(on=form["sync"] == "on")
    if "disconnect" in form:
        course.disconnect(simulator, visit, form["disconnect"])
    return _go(visit, "settings")


@get("/")
async def index(pages: NamedDependency[Pages]) -> Response[str]:
    """What this origin is."""
    text = "Here merchants set their sync up, once a start call has given them a link."
    return _page(pages.plain("Sync flow", text))


@get("/link/{path:path}")
async def link(path: FromPath[str], pages: NamedDependency[Pages]) -> Response[str]:
    """Where the links of companies and connections lead."""
    text = "Codat's Hosted Link is not part of this simulator."
    return _page(pages.plain("Hosted Link", text), HTTPStatus.NOT_FOUND)


@get("/assets/flow.css")
async def style() -> Response[bytes]:
    """The one style sheet."""
    headers = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}
    return Response(STYLE, media_type="text/css", headers=headers)


@get("/public/{path:path}")
async def tile(path: FromPath[str], simulator: Codat) -> Response[bytes]:
    """The same pictures as on the API's origin."""
    found = picture(path.removeprefix("/"), simulator)
    if found is None:
        raise HTTPException(status_code=HTTPStatus.NOT_FOUND)
    return found


def _page(content: str, status: int = HTTPStatus.OK) -> Response[str]:
    return Response(content, status_code=status, media_type="text/html", headers=HEADERS)


def _go(visit: Visit, where: str = "") -> Response[bytes]:
    return _redirect(f"/{visit.minted.id}/{where}".rstrip("/"))


def _leave(visit: Visit) -> Response[bytes]:
    way_out = course.way_out(visit)
    return _go(visit, "over") if way_out is None else _redirect(way_out)


def _redirect(location: str) -> Response[bytes]:
    headers = {**HEADERS, "location": location}
    return Response(b"", status_code=HTTPStatus.SEE_OTHER, headers=headers)
