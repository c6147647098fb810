"""
What the container is declared with: dependency_injector, without the frameworks that it looks for.

Its wiring, which nobody uses here, imports FastAPI, Starlette, Werkzeug and FastDepends where
they happen to be installed. That takes as long as a third of the whole start of the service.
"""

import sys
from typing import Final


LOOKED_FOR: Final = ("fastapi", "starlette", "werkzeug", "fast_depends")

_hidden: Final = [name for name in LOOKED_FOR if name not in sys.modules]
for _name in _hidden:
    # To import it fails, as if it were not there (docs.python.org/3/reference/import.html).
    sys.modules[_name] = None  # type: ignore[assignment]  # the stubs do not know of this
try:
    from dependency_injector import containers, providers
finally:
    for _name in _hidden:
        del sys.modules[_name]

__all__ = ["containers", "providers"]
