"""`tillbridge sessions` and `tillbridge session`."""

from typing import Annotated

import msgspec
from cyclopts import Parameter, validators

from domain.ids import SyncSessionId
from domain.model.merchant import parse_merchant_identifier
from domain.model.sync_session import SyncSessionStatus, TimelineEntry
from domain.ports.session_store import SessionQuery
from entrypoints.cli.parameters import AsJson, Here
from entrypoints.cli.wording import columns, moment
from entrypoints.views import SessionView, session_detail, session_view


class SessionsView(msgspec.Struct, rename="camel", frozen=True):
    """Sync sessions, newest first."""

    sync_sessions: list[SessionView]


async def sessions(
    *,
    merchant: Annotated[str | None, Parameter(help="Only those of this merchant.")] = None,
    status: Annotated[
        SyncSessionStatus | None, Parameter(help="Only those with this status.")
    ] = None,
    limit: Annotated[
        int, Parameter(help="At most this many.", validator=validators.Number(gte=1, lte=500))
    ] = 50,
    as_json: AsJson = False,
    here: Here,
) -> None:
    """
    List sync sessions, newest first.

    Example: tillbridge sessions --merchant merchant-1 --status redirected
    """
    identifier = None if merchant is None else parse_merchant_identifier(merchant, "--merchant")
    async with here.running() as container:
        query = SessionQuery(merchant=identifier, status=status, limit=limit)
        found = await container.read_sync_sessions()(query, here.caller)
        now = container.clock().now()
    if as_json:
        here.document(SessionsView(sync_sessions=[session_view(session) for session in found]))
        return
    if not found:
        here.note("There are no such sync sessions.")
        return
    rows = [
        (s.id, s.merchant, s.platform_key, s.status.value, moment(s.created_at, now))
        for s in found
    ]
    for line in columns([("ID", "MERCHANT", "KEY", "STATUS", "OPENED"), *rows]):
        here.answer(line)


async def session(
    session_id: Annotated[str, Parameter(name="ID", help="The sync session's id: ss_...")],
    /,
    *,
    as_json: AsJson = False,
    here: Here,
) -> None:
    """
    Show one sync session with its timeline.

    Where the merchant is away at Codat, Codat is asked how far the connection is.

    Example: tillbridge session ss_01KA2V3W4X5Y6Z7A8B9C0D1E2F
    """
    async with here.running() as container:
        confirming = container.confirm_connection()
        stands = await confirming.as_it_stands(SyncSessionId(session_id), here.caller)
        found = stands.session
        now = container.clock().now()
    if as_json:
        here.document(session_detail(found))
        return
    facts = {
        "Sync session": found.id,
        "Merchant": found.merchant,
        "Integration": found.platform_key,
        "Status": found.status.value,
        "Opened": moment(found.created_at, now),
        "Redirects": str(len(found.redirects)),
    }
    for line in columns(facts.items()):
        here.answer(line)
    here.answer()
    for line in columns(
        [
            ("WHAT", "BY", "REDIRECT", "DETAIL", "WHEN"),
            *((*_words(entry), moment(entry.at, now)) for entry in found.timeline),
        ]
    ):
        here.answer(line)


def _words(entry: TimelineEntry) -> tuple[str, str, str, str]:
    return entry.what.value, entry.actor, entry.redirect or "-", entry.detail or "-"
