"""What a process imports before it forks others: all that the service imports, late or not."""

import uvicorn.loops.uvloop
import uvicorn.supervisors

from entrypoints import bounded_http, serving
from entrypoints.web.app import create_app
from tests.support import make_container


__all__ = ["bounded_http", "serving", "uvicorn"]

# What is made is thrown away; what was imported and compiled for it stays.
create_app(make_container())
