"""
Every state that a merchant can find the pages in, and how to get there through the real thing.

Nothing here draws a page: settings, connect tokens, Codat's faults and the merchant's own doings
lead there, so that what is looked at is what people get.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import attrs
import httpx

from adapters.branding.shelf import Shelved
from adapters.branding.wire import INTEGRATIONS
from adapters.database.driver import driver
from adapters.database.moments import from_micros, to_micros
from tests.browser.walk import Merchant
from tests.browser.witness import Watched
from tests.stack import NO_TLS, TILLBRIDGE_ALONE, Stack, running_stack
from tests.system.visitor import Reader


MERCHANT: Final = "Corner Bakery"
AS_OF: Final = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
"""When the list that may be out of date was fetched, so to say."""

NOBODY_ANSWERS: Final = "http://127.0.0.1:1"
HOLD: Final = "addEventListener('submit', (event) => event.preventDefault())"
"""Keeps a form from being sent once the page has done what it does then."""


@attrs.frozen
class Stacks:
    """
    Tillbridge in every position that matters.

    Of *away* and *blank* Codat cannot be reached; *away* remembers a list from before.
    """

    usual: Stack
    away: Stack
    blank: Stack


@contextmanager
def all_stacks(usual: Stack, folder: Path) -> Iterator[Stacks]:
    """Start what is missing besides the *usual* one."""
    with usual.browser("who-has-looked-before") as client:
        for picture in set(re.findall(r'"(/logos/[^"]+)"', client.get("/connect").text)):
            client.get(picture).raise_for_status()
    with ExitStack() as running:
        stacks = {}
        for name in ("away", "blank"):
            below = folder / name
            below.mkdir()
            if name == "away":
                _copy_the_list(usual.plan.directory, below)
            stacks[name] = running.enter_context(
                running_stack(
                    below,
                    sites_apart=True,
                    only=TILLBRIDGE_ALONE,
                    codat_url=NOBODY_ANSWERS,
                    logo_origins=usual.plan.codat_api,
                )
            )
        yield Stacks(usual=usual, **stacks)


def _copy_the_list(source: Path, target: Path) -> None:
    """Copy what Codat said; of the list of integrations, as if that had been long ago."""
    name, kept = "tillbridge.db", "integrations"
    with (
        closing(driver.connect(source / name)) as old,
        closing(driver.connect(target / name)) as new,
    ):
        old.backup(new)
        select = "SELECT body, fetched_at FROM shelf WHERE name = ?"
        [(body, at)] = new.execute(select, (kept,))
        value = INTEGRATIONS.unseal(kept, Shelved(body, from_micros(at)))
        aged = (INTEGRATIONS.seal(kept, value, AS_OF), to_micros(AS_OF), kept)
        new.execute("UPDATE shelf SET body = ?, fetched_at = ? WHERE name = ?", aged)
        new.commit()


@attrs.frozen
class Visit:
    """Somebody on the way to a state; *token* is what their connect token holds besides."""

    merchant: Merchant
    identifier: str
    token: dict[str, object]

    @property
    def stack(self) -> Stack:
        """Where they are."""
        return self.merchant.stack

    def enter(self, *keys: str) -> None:
        """Be let in, where there is a choice of *keys*, or of everything."""
        narrowed: dict[str, object] = {"integrations": list(keys)} if keys else {}
        self.merchant.enter(self.identifier, **self.token, **narrowed)

    def open(self, path: str = "/connect") -> None:
        """Open a page of Tillbridge."""
        self.merchant.open(path)

    def started(self, key: str = "gbol") -> str:
        """Have gone to Codat for *key*, and not further; the sync session's id."""
        session = self.stack.session(self.identifier, key)
        self.stack.http.post(
            f"/v1/sync-sessions/{session}/redirect", headers={"Accept": "application/json"}
        ).raise_for_status()
        return session

    def finished(self, key: str = "gbol") -> str:
        """Have connected *key* at Codat; the sync session's id."""
        session = self.stack.session(self.identifier, key)
        path = f"/v1/sync-sessions/{session}/redirect"
        link = self.stack.http.post(path, headers={"Accept": "application/json"}).json()["url"]
        with httpx.Client(trust_env=False, verify=NO_TLS) as codat:
            page = codat.get(link)
            [form] = [f for f in Reader(page.text).forms if "Finish everything" in f.buttons]
            name, value = form.buttons["Finish everything"]
            fields = {**form.fields, **({name: value} if name else {})}
            origin = {"Origin": self.stack.plan.sync_flow}
            done = codat.post(urljoin(link, form.action), data=fields, headers=origin)
        assert 303 == done.status_code
        return session

    def fails(self, operation: str, status: int, **more: object) -> None:
        """Have Codat answer so from now on."""
        self.stack.control("scenario", {"operation": operation, "status": status, **more})


@attrs.frozen(kw_only=True)
class State:
    """
    One state: *reach* leads there, *sign* is the selector of what tells it from others.

    *heading* is that of the English page. It can be reached *plain*, without JavaScript, unless
    a script is what makes it. Asked for *again* at its address it is there again, unless it came
    of what somebody did or of a fault that is over. *on* names the stack.
    """

    name: str
    about: str
    reach: Callable[[Visit], None]
    heading: str
    sign: str
    plain: bool = True
    again: bool = True
    on: str = "usual"
    status: int = 200


def visit(
    stacks: Stacks,
    browser: Watched,
    state: State,
    *,
    language: str = "en-US",
    javascript: bool = True,
    **context: object,
) -> Merchant:
    """Bring a new merchant to *state*; Codat is well again afterwards."""
    stack: Stack = getattr(stacks, state.on)
    browser.allow(stack.plan.tillbridge)
    context = {
        "locale": language,
        "timezone_id": "UTC",
        "viewport": {"width": 1100, "height": 760},
        "reduced_motion": "reduce",
        "java_script_enabled": javascript,
        **context,
    }
    merchant = Merchant.at(stack, browser, **context)
    identifier = f"{state.name}.{language}.{len(browser.witnesses)}.{id(merchant)}"
    try:
        state.reach(Visit(merchant, identifier, {"merchantName": MERCHANT, "locale": language}))
        merchant.page.wait_for_selector(state.sign, state="attached")
    finally:
        if state.on == "usual":
            stack.calm()
    return merchant


def _first_visit(on: Visit) -> None:
    on.enter()
    on.open()


def _several_groups(on: Visit) -> None:
    on.enter()
    on.finished("fbrh")
    on.started("gbol")
    on.open()


def _single_choice(on: Visit) -> None:
    on.enter("gbol")
    on.open()


def _languages(on: Visit) -> None:
    _single_choice(on)
    on.merchant.page.locator("details summary").click()


def _single_choice_with_artwork(on: Visit) -> None:
    on.enter("qhyg")
    on.open()


def _no_match(on: Visit) -> None:
    on.enter()
    on.open("/connect?q=Ledgerly")


def _nothing(on: Visit) -> None:
    # A sandbox is offered only where the operator names it, and here nobody does.
    on.enter("mqjo")
    on.open()


def _coming_soon(on: Visit) -> None:
    on.enter("gbol", "tgff")
    on.open()


def _asked_already(on: Visit) -> None:
    _coming_soon(on)
    on.merchant.page.locator("form[action$='/interest'] button").click()


def _busy(on: Visit) -> None:
    _first_visit(on)
    on.merchant.page.evaluate(HOLD)
    on.merchant.tile("Xero").click()


def _connected(on: Visit) -> None:
    on.enter("gbol", "fbrh")
    on.finished("gbol")
    on.open()


def _unfinished(on: Visit) -> None:
    on.enter("gbol", "fbrh")
    on.started("gbol")
    on.open()


def _returned_finished(on: Visit) -> None:
    on.enter()
    on.open(f"/connect/return/{on.finished()}")


def _returned_checking(on: Visit) -> None:
    on.enter()
    session = on.finished()
    on.fails("*", 503)
    # The last look before the page gives up comes late enough to be looked at.
    on.open(f"/connect/return/{session}?look=4")


def _returned_late(on: Visit) -> None:
    on.enter()
    session = on.finished()
    on.fails("*", 503)
    on.open(f"/connect/return/{session}?look=5")


def _returned_unfinished(on: Visit) -> None:
    on.enter()
    on.open(f"/connect/return/{on.started()}?look=5")


def _link_expired(on: Visit) -> None:
    on.enter()
    on.open(f"/connect/sessions/{on.started()}")


def _session_ready(on: Visit) -> None:
    on.enter()
    on.open(f"/connect/sessions/{on.stack.session(on.identifier)}")


def _session_done(on: Visit) -> None:
    on.enter()
    on.open(f"/connect/sessions/{on.finished()}")


def _visit_ended(on: Visit) -> None:
    on.enter()
    before = on.merchant.context.storage_state()
    # Somebody comes in once more, and the former login is over.
    on.enter()
    on.merchant.context.set_storage_state(before)
    on.open()


def _token_refused(on: Visit) -> None:
    on.open("/connect#token=a-token-that-never-was")
    on.merchant.page.wait_for_url("**/connect/session")


def _outside(on: Visit) -> None:
    on.open()


def _outside_after_codat(on: Visit) -> None:
    on.open(f"/connect/return/{on.stack.session(on.identifier)}")


def _somebody_else(on: Visit) -> None:
    on.enter()
    other = {"merchantName": "Harbour Books", "locale": on.token["locale"]}
    token = on.stack.token(f"{on.identifier}.other", **other)
    on.open(f"/connect#token={token}")
    on.merchant.page.wait_for_url("**/connect/session")


def _codat_away(on: Visit) -> None:
    _first_visit(on)
    on.fails("start", 503, retryAfter=42)
    on.merchant.tile("Xero").click()


def _codat_busy(on: Visit) -> None:
    _first_visit(on)
    on.fails("start", 429, retryAfter=42)
    on.merchant.tile("Xero").click()


def _offline(on: Visit) -> None:
    _first_visit(on)
    on.merchant.context.set_offline(offline=True)


def _unknown_address(on: Visit) -> None:
    on.enter()
    on.open("/connect/nowhere/at/all")


def _unknown_session(on: Visit) -> None:
    on.enter()
    on.open("/connect/sessions/ss_00000000000000000000000000")


SELECT: Final = "Select your accounting software"
STATES: Final = (
    State(
        name="first-visit",
        about="First visit",
        reach=_first_visit,
        heading=SELECT,
        sign="ul.tiles",
    ),
    State(
        name="several-groups",
        about="Several groups: started, connected, available, coming soon",
        reach=_several_groups,
        heading=SELECT,
        sign="#begun",
    ),
    State(
        name="single-choice",
        about="One single choice: a page to confirm, nothing starts by itself",
        reach=_single_choice,
        heading="Connect Xero",
        sign=".one",
    ),
    State(
        name="single-choice-with-artwork",
        about="One single choice, whose owner asks for a button of its own",
        reach=_single_choice_with_artwork,
        heading="Connect QuickBooks Online",
        sign=".one",
    ),
    State(
        name="languages",
        about="The page in another language",
        reach=_languages,
        heading="Connect Xero",
        sign="details[open]",
        again=False,
    ),
    State(
        name="no-match",
        about="A search that finds nothing",
        reach=_no_match,
        heading=SELECT,
        sign="[data-none]:not([hidden])",
    ),
    State(
        name="nothing-to-connect",
        about="Nothing to connect",
        reach=_nothing,
        heading="There is nothing to connect yet",
        sign="main:not(:has(form[data-start])):not(:has([role=search]))",
    ),
    State(
        name="coming-soon",
        about="Coming soon, and wanting to be told",
        reach=_coming_soon,
        heading=SELECT,
        sign="form[action$='/interest']",
    ),
    State(
        name="asked-already",
        about="Coming soon, and told that it is wanted",
        reach=_asked_already,
        heading=SELECT,
        sign=".wanted",
    ),
    State(
        name="busy",
        about="On the way to Codat: the others wait",
        reach=_busy,
        heading=SELECT,
        sign="[aria-busy=true]",
        again=False,
        plain=False,
    ),
    State(
        name="connected",
        about="Already connected: with its organisation, to be managed",
        reach=_connected,
        heading=SELECT,
        sign="#connected",
    ),
    State(
        name="unfinished",
        about="Started but unfinished: it comes first, another can be chosen",
        reach=_unfinished,
        heading=SELECT,
        sign="#begun",
    ),
    State(
        name="returned-finished",
        about="Back from Codat, and Codat says that it is connected",
        reach=_returned_finished,
        heading="✓ Xero is connected",
        sign=".done",
    ),
    State(
        name="returned-checking",
        about="Back from Codat, which has not answered yet",
        reach=_returned_checking,
        heading="Welcome back",
        sign=".working",
        again=False,
    ),
    State(
        name="returned-late",
        about="Back from Codat, which does not answer in time",
        reach=_returned_late,
        heading="Welcome back",
        sign="main:not(:has(.working))",
        again=False,
    ),
    State(
        name="returned-unfinished",
        about="Back from Codat, and not finished there",
        reach=_returned_unfinished,
        heading="Not finished yet",
        sign="form[data-start]",
    ),
    State(
        name="link-expired",
        about="The stable page to come back to: the link has expired, here is a new one",
        reach=_link_expired,
        heading="Continue with Xero",
        sign="form[data-start]",
    ),
    State(
        name="session-ready",
        about="The stable page before the first start",
        reach=_session_ready,
        heading="Connect Xero",
        sign="form[data-start]",
    ),
    State(
        name="session-connected",
        about="The stable page of a connection that stands",
        reach=_session_done,
        heading="Xero is connected",
        sign="form[data-start]",
    ),
    State(
        name="visit-ended",
        about="The visit has ended",
        reach=_visit_ended,
        heading="Your visit has ended",
        sign="#outside .reference",
        status=401,
    ),
    State(
        name="token-refused",
        about="A connect token that is spent, too old or made up",
        reach=_token_refused,
        heading="This link does not work any more",
        sign="[role=alert]",
        again=False,
        plain=False,
        status=410,
    ),
    State(
        name="outside",
        about="Nobody is logged in",
        reach=_outside,
        heading="Please come in from your account",
        sign="#outside .reference",
        status=401,
    ),
    State(
        name="outside-after-codat",
        about="Back from Codat in a browser that nobody is logged in to",
        reach=_outside_after_codat,
        heading="Welcome back",
        sign="#outside .reference",
        status=401,
    ),
    State(
        name="somebody-else",
        about="A link for another merchant than the one who is logged in",
        reach=_somebody_else,
        heading="Switch to Harbour Books?",
        sign="input[name=switch]",
        again=False,
        plain=False,
    ),
    State(
        name="codat-away",
        about="Codat cannot be reached: the picker tells",
        reach=_codat_away,
        heading=SELECT,
        sign=".trouble",
        again=False,
        status=503,
    ),
    State(
        name="codat-busy",
        about="Codat accepts no more requests for now, and says for how long",
        reach=_codat_busy,
        heading=SELECT,
        sign=".trouble[data-wait]",
        again=False,
        status=503,
    ),
    State(
        name="last-known-list",
        about="Codat cannot be reached: the last known list",
        reach=_first_visit,
        heading=SELECT,
        sign=".hint",
        on="away",
    ),
    State(
        name="no-list",
        about="Codat cannot be reached, and there is no list at all",
        reach=_first_visit,
        heading="Codat is not available",
        sign="a[data-again]",
        on="blank",
        status=503,
    ),
    State(
        name="offline",
        about="Offline",
        reach=_offline,
        heading=SELECT,
        sign=".offline:not(:empty)",
        again=False,
        plain=False,
    ),
    State(
        name="unknown-address",
        about="An address that leads nowhere",
        reach=_unknown_address,
        heading="There is nothing at this address",
        sign="[role=alert]",
        status=404,
    ),
    State(
        name="unknown-connection",
        about="A connection that is not theirs",
        reach=_unknown_session,
        heading="There is no such connection",
        sign="[role=alert]",
        status=404,
    ),
)
