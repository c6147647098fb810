"""Tillbridge with the example pages as its platform, and pages of that platform for one test."""

import os
import time
from collections.abc import Generator

import pytest

from entrypoints.demo.child import Child
from entrypoints.demo.plan import SIMULATOR, TILLBRIDGE
from examples.__main__ import build, shop
from tests.browser.component.embedding import Embedding
from tests.browser.component.platform_server import Platform, running_platform
from tests.browser.witness import Watched
from tests.servers.ports import free_ports
from tests.stack import LONGEST_START, Stack, running_stack


@pytest.fixture(scope="package")
def platform() -> Generator[Platform, None, None]:
    """A platform whose page is up to each test."""
    with running_platform() as running:
        yield running


@pytest.fixture(scope="package")
def stack(
    platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Stack, None, None]:
    """The stack, whose shop is the platform of the examples; each on a site of its own."""
    build()
    folder = tmp_path_factory.mktemp("examples")
    first = free_ports(4)
    origins = f"http://shop.localhost:{first + 3} {platform.origin}"
    with running_stack(
        folder,
        sites_apart=True,
        first_port=first,
        only=(SIMULATOR, TILLBRIDGE),
        shop_origins=origins,
    ) as running:
        plan = running.plan
        part = shop(
            address=f"http://127.0.0.1:{plan.port + 3}",
            tillbridge=plan.tillbridge,
            sync_flow=plan.sync_flow,
            operator_key=plan.operator_key,
        )
        with Child.start(part, os.environ, folder) as child:
            until = time.monotonic() + LONGEST_START
            while not child.up:
                assert time.monotonic() < until, child.last_lines
                time.sleep(0.05)
            yield running


@pytest.fixture
def embedding(stack: Stack, platform: Platform, browser: Watched) -> Embedding:
    """A page of the platform with nothing but the component on it."""
    return Embedding.at(stack, platform, browser)
