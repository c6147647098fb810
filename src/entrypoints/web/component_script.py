"""
The script of `<tillbridge-picker>`: modules for us, and one script for pages elsewhere.

The modules of `element/` are joined as they are read at the start: no tool has to be run before
anything is served, and what is served cannot be older than what it was made of.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import msgspec


PARTS: Final = ("texts", "style", "making", "asking", "search", "drawing", "element")
"""The modules, each after those that it imports; only what the last one exports is for pages."""

IMPORT: Final = re.compile(r'^import [^;]+ from "\./[a-z]+\.js";\n', re.MULTILINE)
EXPORT: Final = re.compile(r"^export ", re.MULTILINE)
REMARK: Final = re.compile(r"^ */\*\*(?:(?!\*/).)*\*/\n|^// @ts-check\n", re.MULTILINE | re.DOTALL)
"""What is for readers and for TypeScript; it would be a sixth of what goes over the wire."""

NO_TEXTS: Final = "const TEXTS = {};"
"""Where there is room for the texts."""


def component_script(texts: Mapping[str, Mapping[str, str]]) -> bytes:
    """The script; *texts* are what it says before it has an answer, by the tags of languages."""
    directory = files("entrypoints.web") / "element"
    *before, last = (
        REMARK.sub("", IMPORT.sub("", (directory / f"{part}.js").read_text(encoding="utf-8")))
        for part in PARTS
    )
    script = "".join([*(EXPORT.sub("", part) for part in before), last])
    return script.replace(
        NO_TEXTS, f"const TEXTS = {msgspec.json.encode(texts).decode()};"
    ).encode()
