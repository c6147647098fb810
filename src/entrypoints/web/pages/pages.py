"""Each hosted page: what it is made of."""

from collections.abc import Mapping
from typing import Any, Final

import attrs
from litestar import Response

from domain.ids import Secret, SyncSessionId
from domain.model.integration import Integration
from domain.model.sync_session import SyncSession
from domain.use_cases.confirm_connection import Standing
from entrypoints.web.asgi import Header
from entrypoints.web.pages.drawn import Pieces
from entrypoints.web.pages.look import START, Look
from entrypoints.web.pages.notices import words
from entrypoints.web.pages.picker import PickerView
from entrypoints.web.pages.rendering import Rendering
from entrypoints.web.pages.tiles import Tile, Tiles


LOOKS: Final = 5
"""How often the page of the return looks again by itself."""


@attrs.frozen
class Pages:
    """Every hosted page; what merchants read is in the templates, in every language."""

    rendering: Rendering
    tiles: Tiles

    def picker(
        self,
        look: Look,
        view: PickerView,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        """The picker; with a status and headers of its own where it tells of a trouble."""
        template, back = _template(view), self.rendering.looks.way_back(look)
        # What was sought, and the reference of a trouble, are of this one request.
        lasting = view.trouble is None and not view.sought
        render = self.rendering.render_once if lasting else self.rendering.render
        return render(look, template, status=status, headers=headers, view=view, back=back)

    def picker_in_pieces(self, look: Look, view: PickerView) -> tuple[list[Header], Pieces]:
        """Its headers, and the picker as it is for all who see this *view* by this *look*."""
        back = self.rendering.looks.way_back(look)
        return self.rendering.in_pieces(look, _template(view), view=view, back=back)

    def session(
        self, look: Look, session: SyncSession, integration: Integration | None
    ) -> Response[bytes]:
        """The stable page of one sync session: go on, start again, or choose another."""
        return self.rendering.render(
            look,
            "session.html",
            session=session,
            tile=self._tile(look, integration, session),
            back=self.rendering.looks.way_back(look, session.id),
        )

    def returned(
        self,
        look: Look,
        standing: Standing,
        integration: Integration | None,
        reference: str,
        *,
        seen: int,
    ) -> Response[bytes]:
        """What Codat says after the merchant came back; *seen* is how often the page looked."""
        session, report = standing.session, standing.report
        looking = not session.stands and seen < LOOKS
        return self.rendering.render(
            look,
            "returned.html",
            session=session,
            tile=self._tile(look, integration, session),
            report=report,
            finished=session.stands,
            checking=looking,
            # Without a script, a page that has a way on already is left alone.
            next_look=seen + 1 if looking and report is None else None,
            pause=1 + seen * 2,
            looks=LOOKS,
            reference=reference,
            back=self.rendering.looks.way_back(look, session.id),
        )

    def switch(
        self, look: Look, name: str, token: Secret, platform_key: str | None = None
    ) -> Response[bytes]:
        """Somebody else is logged in here: ask before the merchant is changed."""
        return self.rendering.render(
            look, "switch.html", name=name, token=token, platform_key=platform_key
        )

    def outside(
        self,
        look: Look,
        reference: str,
        *,
        state: str,
        status: int,
        session: SyncSessionId | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        """
        Nobody is logged in: the way in is from the platform.

        *state* is `new`, `ended`, or `returning` for who comes back from Codat with *session*.
        """
        return self.rendering.render(
            look,
            "outside.html",
            status=status,
            headers=headers,
            state=state,
            framed=look.framed,
            reference=reference,
            back=self.rendering.looks.way_back(look, session),
        )

    def notice(
        self,
        look: Look,
        slug: str,
        reference: str,
        *,
        status: int,
        retry: str | None = None,
        again: str | None = None,
        wait: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response[bytes]:
        """
        Something that did not work, in the merchant's words, with a way on.

        *retry* is the key of the integration to start once more, *again* the path of a page to
        ask for once more; either makes sense after *wait* seconds.
        """
        return self.rendering.render(
            attrs.evolve(look, here=again or START),
            "notice.html",
            status=status,
            headers=headers,
            slug=slug,
            told=words(slug, look.language),
            reference=reference,
            retry=retry,
            again=again,
            wait=wait,
            back=self.rendering.looks.way_back(look),
        )

    def document(self, look: Look, template: str, **values: Any) -> Response[bytes]:
        """A page for engineers, which is in English."""
        return self.rendering.render(look, template, **values)

    def _tile(
        self, look: Look, integration: Integration | None, session: SyncSession
    ) -> Tile | None:
        if integration is None:
            return None
        return self.tiles.tile(look.language, integration, Standing(session=session))


def _template(view: PickerView) -> str:
    return "confirm.html" if view.only else "picker.html"
