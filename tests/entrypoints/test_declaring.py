import subprocess
import sys


LOOK = """
import sys
import entrypoints.container
from entrypoints.declaring import LOOKED_FOR
print(sorted(set(LOOKED_FOR) & set(sys.modules)))
import fastapi, starlette, werkzeug
print(fastapi.FastAPI.__name__)
"""


def test_the_container_brings_no_framework_along_and_stands_in_nobodys_way() -> None:
    """They are installed for the tests; where they are, their import takes a third of a start."""
    said = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True
    )

    assert ["[]", "FastAPI"] == said.stdout.split()
