"""What the shop's pages have in common; a real back office has all of this already."""

from typing import Any, Final

from litestar.response import Redirect, Template


MERCHANTS: Final = {
    "corner-bakery": "Corner Bakery",
    "harbour-books": "Harbour Books",
    "moss-and-fern": "Moss & Fern",
}
IN_WORDS: Final = {
    "open": "Chosen, not started yet",
    "starting": "Being prepared",
    "redirected": "Started, not finished yet",
    "returned": "Finished, waiting for confirmation",
    "completed": "Connected",
}


def page(template: str, merchant: str, *, status: int = 200, **context: Any) -> Template:
    """A page for a *merchant* who is logged in."""
    shown = {"merchant": merchant, "name": MERCHANTS[merchant], "words": IN_WORDS, **context}
    return Template(template, context=shown, status_code=status)


def to_login() -> Redirect:
    """Back to the start, where anybody may log in as anybody."""
    return Redirect("/", status_code=303)
