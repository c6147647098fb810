"""
The style sheet within each page, and the words by which the page's policy allows just that one.

A page is drawn once and sent to many, so that no nonce can be in it; a hash of the sheet can.
"""

import base64
import functools
import hashlib
import re
from importlib.resources import files
from typing import Final

import attrs
from markupsafe import Markup

from domain.model.brand import Brand
from entrypoints.web.brand import brand_sheet


REMARK: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
SPACE: Final = re.compile(r"\s+")
NEEDLESS: Final = re.compile(r" ?([{};]) ?|(?<=:) ")
"""What is for readers only: it would be a sixth of the sheet, in each page anew."""


def shortened(sheet: str) -> str:
    """*sheet* without remarks, and without spaces that say nothing; strings have single ones."""
    return NEEDLESS.sub(r"\1", SPACE.sub(" ", REMARK.sub("", sheet))).strip()


EVERYBODYS: Final = shortened(
    (files("entrypoints.web") / "templates" / "tillbridge.css").read_text(encoding="utf-8")
)
"""Read with the program: no request waits for a file."""


@attrs.frozen
class Sheet:
    """The *text* of a `style` element, and the *source* that names it in a policy."""

    text: Markup
    source: str


@functools.lru_cache(maxsize=256)
def page_sheet(look: Brand) -> Sheet:
    """
    The sheet of the pages of this *look*: that of all of them, then what the brand has otherwise.

    Neither can hold a `<`, which could end the element: one is ours, the other of a strict form.
    """
    text = f"{EVERYBODYS}{brand_sheet(look)}"
    return Sheet(Markup(text), source_of(text))  # noqa: S704  # no text of anybody else is in it


def source_of(text: str) -> str:
    """What names an element of exactly this *text* in a policy (CSP level 3 §2.3.1)."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
