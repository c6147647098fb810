"""`tillbridge link`."""

import datetime as dt

import msgspec

from entrypoints.cli.parameters import AsJson, Here, Key, Merchant
from entrypoints.views import SessionView, session_view


class LinkView(msgspec.Struct, rename="camel", frozen=True):
    """One fresh sync flow URL; it works once, until *expires_at*."""

    url: str
    expires_at: dt.datetime
    seconds_left: int
    session: SessionView


async def link(merchant: Merchant, key: Key, /, *, as_json: AsJson = False, here: Here) -> None:
    """
    Print one fresh sync flow URL for a merchant, for a support call.

    Opens a sync session, or goes on with the merchant's last one for this
    integration, and records who did it. The URL works once, within 30 seconds:
    hand it over at once.

    Example: tillbridge link merchant-1 gbol
    """
    async with here.running() as container:
        session = await container.open_sync_session().or_resume(key, here.caller, merchant)
        handoff = await container.start_redirect()(session.id, here.caller)
        clock, expires_at = container.clock(), handoff.expires_at
        left = max(int((expires_at - clock.now()).total_seconds()), 0)
        view = session_view(handoff.session)
        # The URL is taken on the last line that can fail, and no variable holds it.
        if as_json:
            here.document(
                LinkView(
                    url=handoff.url.take(clock.monotonic()),
                    expires_at=expires_at,
                    seconds_left=left,
                    session=view,
                )
            )
        else:
            here.answer(handoff.url.take(clock.monotonic()))
    here.note(f"{left} seconds left, and it works once.")
    here.note(f"Recorded in the sync session {session.id} as {here.caller.name}.")
