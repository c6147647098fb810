"""Fills templates: the one place where HTML is made."""

import functools
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Litestar, Response
from litestar.response.base import ASGIResponse

from domain.model.brand import Mode
from domain.model.connector import Side
from entrypoints.setting_types import is_loopback
from entrypoints.settings import Settings
from entrypoints.web.asgi import Header
from entrypoints.web.auth import AnyRequest
from entrypoints.web.brand import BrandLogos
from entrypoints.web.headers import Headers, for_pages
from entrypoints.web.languages import Languages
from entrypoints.web.languages.templates import install
from entrypoints.web.pages.drawn import Drawn, Pieces
from entrypoints.web.pages.look import Look, Looks
from entrypoints.web.styles import page_sheet


class PageResponse(Response[bytes]):
    """A page, with any number of *lines* for `Set-Cookie`, each as it is."""

    def __init__(self, content: bytes, *, lines: Sequence[str], **answer: Any) -> None:
        super().__init__(content, **answer)
        self.lines = lines

    def to_asgi_response(
        self, app: Litestar | None, request: AnyRequest, **answer: Any
    ) -> ASGIResponse:
        """As the framework makes it, and the cookies."""
        return self._with_cookies(super().to_asgi_response(app, request, **answer))

    def encoded_headers(self) -> list[Header]:
        """The headers as they are sent; the length is that of what it has."""
        response = ASGIResponse(
            body=self.content, headers=self.headers, media_type=str(self.media_type)
        )
        return self._with_cookies(response).encode_headers()

    def _with_cookies(self, response: ASGIResponse) -> ASGIResponse:
        for line in self.lines:
            response.headers.add("Set-Cookie", line)
        return response


@attrs.frozen
class Rendering:
    """Renders every page, with the headers that all of them need."""

    settings: Settings
    languages: Languages
    looks: Looks
    logos: BrandLogos
    _drawn: Drawn = attrs.field(factory=Drawn, init=False, repr=False, eq=False)
    _environment: Environment = attrs.field(init=False, repr=False)
    _headers: Callable[[str], Headers] = attrs.field(init=False, repr=False, eq=False)
    _everywhere: Mapping[str, object] = attrs.field(init=False)

    @_environment.default
    def _compile(self) -> Environment:
        return _templates()

    @_everywhere.default
    def _say_what_holds_everywhere(self) -> Mapping[str, object]:
        return {
            "base": self.settings.base_path,
            "rehearsal": is_loopback(urlsplit(self.settings.codat_url).hostname),
            "till": self.settings.connector_side is Side.COMMERCE,
            "help_url": self.settings.help_url,
            "interest": self.settings.interest,
            "every_language": self.languages.every,
        }

    @_headers.default
    def _compose_headers(self) -> Callable[[str], Headers]:
        """By the source of the style sheet, which differs from look to look."""
        return functools.lru_cache(maxsize=256)(functools.partial(for_pages, self.settings))

    def render(
        self,
        look: Look,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,  # a template takes what it names
    ) -> Response[bytes]:
        """Fill a template as it looks for whoever asked."""
        context = self._context(look, values)
        # Not "caller": that is Jinja's own name in macros.
        who = {"visitor": look.caller, "ticket": look.ticket}
        drawing = self._environment.get_template(template)
        return self._answer(
            drawing.render(self._everywhere, **context, **who).encode(), look, status, headers
        )

    def render_once(
        self,
        look: Look,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Hashable,
    ) -> Response[bytes]:
        """
        The same for a template that fills alike for many, and so is filled for the first of them.

        *values* name nobody, and none of them is of a single request.
        """
        content = self._pieces(look, template, values).filled(look.caller, look.ticket)
        return self._answer(content, look, status, headers)

    def in_pieces(
        self, look: Look, template: str, **values: Hashable
    ) -> tuple[list[Header], Pieces]:
        """The same before it is filled in, and its headers."""
        answer = self._answer(b"", look, 200, None)
        return answer.encoded_headers(), self._pieces(look, template, values)

    def _pieces(self, look: Look, template: str, values: Mapping[str, Hashable]) -> Pieces:
        drawing = self._environment.get_template(template)
        return self._drawn.pieces(drawing, self._everywhere, self._context(look, values), look)

    def _context(self, look: Look, values: Mapping[str, Any]) -> dict[str, Any]:
        """What a template is given, save who it is for."""
        return {
            "language": look.language,
            "here": look.here,
            "platform": look.brand.name,
            "sheet": page_sheet(look.brand.look).text,
            "logos": self.logos.shown(look.brand),
            "mode": (look.brand.mode or Mode.SYSTEM).value,
            **values,
        }

    def _answer(
        self, content: bytes, look: Look, status: int, headers: Mapping[str, str] | None
    ) -> PageResponse:
        return PageResponse(
            status_code=status,
            content=content,
            media_type="text/html",
            headers={
                **self._headers(page_sheet(look.brand.look).source),
                **(headers or {}),
            },
            lines=self.looks.cookies(look),
        )


@functools.cache
def _templates() -> Environment:
    """The templates, compiled once and all together: no request waits for a file."""
    environment = Environment(
        loader=PackageLoader("entrypoints.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    install(environment)
    for name in environment.list_templates(extensions=["html"]):
        environment.get_template(name)
    return environment
