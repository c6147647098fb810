"""
What templates made before, kept for whoever comes next.

The key is all that the template is given, so that no input of it can be forgotten. Only who it is
for is left out: there the template is given marks, and what they stand for is put in afterwards,
escaped as the template would have. So one page serves every merchant who sees the same.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
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
MEANT: Final = tuple(mark.encode() for mark in (IDENTIFIER, NAME, TICKET))
MARKS: Final = re.compile(f"({IDENTIFIER}|{NAME}|{TICKET})".encode())


@attrs.frozen
class Pieces:
    """A page with gaps; in *parts*, every second one is the mark of a gap."""

    parts: Sequence[bytes] = attrs.field(repr=False)

    def filled(self, caller: MerchantCaller | None, ticket: Secret | None = None) -> bytes:
        """
        The page for *caller*, with what is for nobody else.

        Raises:
            KeyError: it has a gap for something that *caller* has not.
        """
        meant = _meant(caller, ticket)
        parts = list(self.parts)
        parts[1::2] = [meant[mark] for mark in parts[1::2]]
        return b"".join(parts)


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

    _kept: "OrderedDict[Key, Pieces]" = attrs.field(factory=OrderedDict, init=False)

    def pieces(
        self,
        template: Template,
        everywhere: Mapping[str, object],
        context: Mapping[str, object],
        look: Look,
    ) -> Pieces:
        """
        The page of *template* for whoever has the *look*.

        *everywhere* is the same each time; *context* is hashable, and names nobody.
        """
        context = {**context, **marked(look)}
        key = (template.name, tuple(context.items()))
        pieces = self._kept.get(key)
        if pieces is None:
            pieces = Pieces(MARKS.split(template.render(everywhere, **context).encode()))
            self._kept[key] = pieces
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return pieces


def _meant(caller: MerchantCaller | None, ticket: Secret | None) -> dict[bytes, bytes]:
    merchant = caller.grant.merchant if caller else None
    stands_for = (merchant and merchant.identifier, merchant and merchant.name, ticket)
    told = zip(MEANT, stands_for, strict=True)
    return {mark: escape(text).encode() for mark, text in told if text}
