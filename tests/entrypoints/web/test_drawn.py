"""Pages that were drawn for one merchant serve another, who finds nothing of the first there."""

import pytest

from entrypoints.web.pages import drawn
from tests.entrypoints.web.asking import Headers, Service, serve


pytestmark = pytest.mark.anyio

PAGE = "/connect"
ODD = '<b>"O\'Neil" & Söhne</b> %(name)s {{ 7*7 }} \\g<0>'


@pytest.fixture
def service() -> Service:
    return serve()


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The name of each template that is filled, once for each time."""
    names = []
    page = drawn.Drawn.pieces

    def watched(self: drawn.Drawn, template: object, *given: object) -> drawn.Pieces:
        class Watched:
            name = template.name  # type: ignore[attr-defined]  # as templates have

            def render(self, *values: object, **more: object) -> str:
                names.append(self.name)
                text: str = template.render(*values, **more)  # type: ignore[attr-defined]  # ditto
                return text

        return page(self, Watched(), *given)  # type: ignore[arg-type]  # it is used like one

    monkeypatch.setattr(drawn.Drawn, "pieces", watched)
    return names


async def fresh(service: Service, browser: Headers) -> str:
    """The page as a service draws it that never drew any."""
    return (await serve(service.world).get(PAGE, browser)).text


@pytest.mark.parametrize("framed", [False, True])
@pytest.mark.parametrize("name", [None, "Corner Café", ODD])
async def test_who_comes_second_gets_what_the_template_would_have_made(
    service: Service,
    filled: list[str],
    name: str | None,
    framed: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    where = {"Sec-Fetch-Dest": "iframe"} if framed else {}
    first = {**await service.browser("first", merchantName=name and "First Inc."), **where}
    second = {**await service.browser("second", merchantName=name), **where}
    if framed:
        first, second = (
            {**browser, "Cookie": browser["Cookie"].replace("__Host-tb=", "__Host-tb-framed=")}
            for browser in (first, second)
        )
    await service.get(PAGE, first)
    page = (await service.get(PAGE, second)).text

    assert ["picker.html"] == filled
    assert await fresh(service, second) == page
    assert "irst" not in page.replace("first-", "")
    assert 'value="second"' in page or framed
    assert not drawn.MARKS.search(page.encode())
    assert "<b>" not in page


async def test_what_looks_different_is_drawn_on_its_own(
    service: Service, filled: list[str]
) -> None:
    browsers = [
        await service.browser("m-1"),
        await service.browser("m-2", merchantName="Named"),
        await service.browser("m-3", locale="de"),
        await service.browser("m-4", integrations=["gbol"]),
        await service.browser("m-6", brand={"name": "Till", "mode": "dark"}),
        await service.browser("m-7"),
    ]
    await service.redirected("m-7")

    for browser in browsers * 2:
        page = (await service.get(PAGE, browser)).text
        assert await fresh(service, browser) == page

    # Once for each by this service, and each time by a fresh one.
    assert len(browsers) * 3 == len(filled)


async def test_what_is_sought_and_what_went_wrong_is_kept_for_nobody(
    service: Service, filled: list[str]
) -> None:
    browser = await service.browser()
    service.world.sessions.storage_fails = True

    sought = (await service.get(f"{PAGE}?q=xero", browser)).text
    failed = await service.post("/connect/gbol", browser)

    assert ("xero" in sought, 503) == (True, failed.status_code)
    assert [] == filled


async def test_the_page_that_nobody_asked_for_longest_goes_first(
    service: Service, filled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "MOST_KEPT", 2)
    service.world.visits.blind = True
    for locale in ("de", "fr", "de", "es", "de", "fr"):
        await service.get(PAGE, await service.browser(locale=locale))

    assert 4 == len(filled)
