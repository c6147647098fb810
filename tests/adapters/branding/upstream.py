"""What a branding cache asks, for tests."""

import asyncio
from collections import Counter
from collections.abc import Callable

import attrs

from domain.ids import PlatformKey
from domain.model.integration import Branding, BrandingImage, ReportedIntegration, SourceType


XERO, QUICKBOOKS = PlatformKey("gbol"), PlatformKey("qhyg")


def reported(*keys: PlatformKey) -> tuple[ReportedIntegration, ...]:
    """What Codat says of *keys*."""
    return tuple(
        ReportedIntegration(
            key=key,
            name=f"the {key}",
            enabled=True,
            source_type=SourceType.ACCOUNTING,
            is_beta=key == QUICKBOOKS,
        )
        for key in keys
    )


def branding(version: int) -> Branding:
    """A look that can be told from that of another *version*."""
    image = BrandingImage(src=f"https://logos.example/{version}.png", alt="Logo “é”")
    button = BrandingImage(src="https://logos.example/button.png")
    return Branding(logo_full=image, logo_square=image, button_hover=button, source_id="s-1")


@attrs.define
class Upstream:
    """Codat: counts, fails, and holds its answer back until it may give it."""

    calls: Counter[str] = attrs.field(factory=Counter)
    listed: tuple[ReportedIntegration, ...] = reported(XERO, QUICKBOOKS)
    version: int = 1
    error: Exception | None = None
    may_answer: asyncio.Event = attrs.field(factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def __attrs_post_init__(self) -> None:
        self.may_answer.set()

    async def integrations(self) -> tuple[ReportedIntegration, ...]:
        await self._asked("integrations")
        return self.listed

    async def branding(self, key: PlatformKey) -> Branding:
        await self._asked(key)
        return branding(self.version)

    async def noticed(self, calls: dict[str, int]) -> None:
        """Wait until *calls* were made and answered, and the cache took notice."""
        await until(lambda: self.calls == calls and self.at_once == 0)
        await asyncio.sleep(0.01)

    async def _asked(self, what: str) -> None:
        self.calls[what] += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await asyncio.sleep(0)
            await self.may_answer.wait()
        finally:
            self.at_once -= 1
        if self.error is not None:
            raise self.error


async def until(holds: Callable[[], bool]) -> None:
    """Let the background do its work."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - the cache has no event to tell it by
            await asyncio.sleep(0.001)
