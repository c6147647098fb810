"""
What templates made before, kept for whoever comes next.

The key is all that the template is given, so that no input of it can be forgotten. Only who it is
for is left out: there the template is given marks, and what they stand for is put in afterwards,
escaped as the template would have. So one page serves every merchant who sees the same.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final, TypeAlias

import attrs
from jinja2 import Template
from markupsafe import escape

from domain.ids import MerchantIdentifier, Secret
from domain.model.caller import Grant, MerchantCaller
from domain.model.merchant import Merchant
from entrypoints.web.pages.look import Look


MOST_KEPT: Final = 200
"""Pages; about ten kilobytes each."""

Key: TypeAlias = tuple[str | None, tuple[tuple[str, object], ...]]


def _mark(kind: str) -> str:
    """Nobody can foretell it, so no name of a merchant is taken for it."""
    return f"{kind}-{secrets.token_hex(16)}"


IDENTIFIER: Final = _mark("identifier")
NAME: Final = _mark("name")
TICKET: Final = _mark("ticket")
MARKS: Final = re.compile(f"({IDENTIFIER}|{NAME}|{TICKET})".encode())


def marked(look: Look) -> dict[str, object]:
    """What a template is given of who it is for: that somebody is there, named or not."""
    caller = look.caller and MerchantCaller(
        grant=Grant(
            merchant=Merchant(
                identifier=MerchantIdentifier(IDENTIFIER),
                name=look.caller.grant.merchant.name and NAME,
            )
        )
    )
    return {"visitor": caller, "ticket": look.ticket and Secret(TICKET)}


@attrs.define(eq=False)
class Drawn:
    """The pages, the latest used last; each in pieces, with the marks between them."""

    _kept: "OrderedDict[Key, list[bytes]]" = attrs.field(factory=OrderedDict, init=False)

    def page(
        self,
        template: Template,
        everywhere: Mapping[str, object],
        context: Mapping[str, object],
        look: Look,
    ) -> bytes:
        """
        The page of *template* for whoever has the *look*.

        *everywhere* is the same each time; *context* is hashable, and names nobody.
        """
        context = {**context, **marked(look)}
        key = (template.name, tuple(context.items()))
        pieces = self._kept.get(key)
        if pieces is None:
            pieces = MARKS.split(template.render(everywhere, **context).encode())
            self._kept[key] = pieces
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        meant = _meant(look)
        return b"".join([meant.get(piece, piece) for piece in pieces])


def _meant(look: Look) -> dict[bytes, bytes]:
    merchant = look.caller.grant.merchant if look.caller else None
    stands_for = {
        IDENTIFIER: merchant and merchant.identifier,
        NAME: merchant and merchant.name,
        TICKET: look.ticket,
    }
    return {mark.encode(): escape(text).encode() for mark, text in stands_for.items() if text}
