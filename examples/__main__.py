"""`make examples`: the demo, with the example pages in place of its shop."""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from entrypoints.demo.launcher import launch
from entrypoints.demo.plan import SHOP, Part, Plan


HERE = Path(__file__).parent


def main() -> int:
    """Build the pages that need it, and run everything until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="make examples", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8000, help="the first of four")
    port = parser.parse_args().port
    build()
    return launch(
        os.environ,
        port=port,
        ready_file=None,
        say=print,
        warn=lambda line: print(line, file=sys.stderr),
        parts=parts,
        tell=directions,
    )


def build() -> None:
    """Bundle the pages that are written with React and Vue."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("The examples need node; `python3 dev.py setup` installs it.")
    subprocess.run([node, HERE / "build.mjs"], check=True)  # noqa: S603 - our own script


def parts(plan: Plan) -> Sequence[Part]:
    """What the demo runs, with the example pages where its shop would be."""
    return [part for part in plan.parts() if part.name != SHOP] + [
        shop(
            address=plan.shop,
            tillbridge=plan.tillbridge,
            sync_flow=plan.sync_flow,
            operator_key=plan.operator_key,
        )
    ]


def shop(*, address: str, tillbridge: str, sync_flow: str, operator_key: str) -> Part:
    """The process that serves the pages at *address*."""
    port = str(urlsplit(address).port)
    return Part(
        name="examples",
        command=(sys.executable, "-m", "examples.shop", "--port", port),
        environment={
            "PYTHONPATH": str(HERE.parent),
            "EXAMPLES_TILLBRIDGE_URL": tillbridge,
            "EXAMPLES_SYNC_FLOW_URL": sync_flow,
            "EXAMPLES_OPERATOR_KEY": operator_key,
        },
        signs=(f"{address}/",),
    )


def directions(plan: Plan) -> list[str]:
    """Where to click."""
    return [
        "",
        f"Ready. Open {plan.shop}: a page of each kind.",
        "",
        "Ctrl-C stops everything.",
    ]


if __name__ == "__main__":
    sys.exit(main())
