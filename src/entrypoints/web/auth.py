"""Who calls a route: by bearer token, or by the hosted page's cookie."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import attrs
from litestar import Request
from litestar.connection import ASGIConnection

from domain.errors import CredentialsMissing, CredentialsRefused
from domain.ids import Secret
from domain.model.caller import Caller, MerchantCaller
from domain.ports.identity import Identity
from domain.use_cases.redeem_connect_token import RedeemConnectToken
from entrypoints.web.cross_site import expect_trusted_origin, is_framed
from entrypoints.web.headers import Cookie


AnyRequest: TypeAlias = Request[Any, Any, Any]
AnyConnection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
CALLER = "tillbridge.caller"
ENTERED = "tillbridge.entered"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class PageSessionMissing(CredentialsMissing):
    """A browser without the hosted page's cookie: it has to come from the platform."""

    def __str__(self) -> str:
        return "Please open this page from your account."


class PageSessionEnded(CredentialsRefused):
    """A browser whose login of the hosted page is over."""

    def __str__(self) -> str:
        return "You have been away for a while. Please open this page again from your account."


@attrs.frozen
class Doorkeeper:
    """
    Tells who calls.

    *own_origin* is the public origin of the service, for the check of requests that carry a
    cookie and change something.
    """

    identity: Identity
    logins: RedeemConnectToken
    cookie: Cookie
    own_origin: str

    async def caller(self, request: AnyConnection) -> Caller:
        """
        Who calls a route of the JSON API.

        A bearer token counts before a cookie.

        Raises:
            CredentialsMissing: there is neither.
            CredentialsRefused: what there is, is not valid.
            CrossSiteRefused: another site made the browser send its cookie.
        """
        bearers = request.headers.getall("authorization", [])
        if bearers:
            scheme, _, token = bearers[0].partition(" ")
            if len(bearers) > 1 or scheme.lower() != "bearer" or not token.strip():
                raise CredentialsRefused
            return await self.identity.identify(token.strip())
        secret = self._login(request)
        if secret is None:
            raise CredentialsMissing
        found = await self.logins.recognise(Secret(secret))
        if found is None:
            raise CredentialsRefused
        self._expect_our_own(request)
        return found

    async def merchant(self, request: AnyConnection) -> MerchantCaller:
        """
        Which merchant's browser asks for a hosted page.

        Raises:
            PageSessionMissing: it has no cookie.
            PageSessionEnded: its cookie is not valid, or no longer.
            CrossSiteRefused: another site made it send a form.
        """
        self._expect_our_own(request)
        secret = self._login(request)
        if secret is None:
            raise PageSessionMissing
        found = await self.logins.recognise(Secret(secret))
        if found is None:
            raise PageSessionEnded
        return found

    def _login(self, request: AnyConnection) -> str | None:
        """A frame's login never stands for that of the window around it, nor the other way."""
        framed = is_framed(request.headers)
        return self.cookie.find(request.headers.getall("cookie", []), framed=framed)

    def _expect_our_own(self, request: AnyConnection) -> None:
        if request.scope.get("method") not in SAFE_METHODS:
            expect_trusted_origin(request.headers, own=self.own_origin)


def door(
    identify: Callable[[AnyConnection], Awaitable[Caller]],
    expect: Callable[[AnyRequest], Awaitable[None]] | None = None,
) -> Callable[[AnyRequest], Awaitable[None]]:
    """
    What lets in whom *identify* knows, before anything else is read; and then what is *expected*.

    To go ahead of routes as their `before_request`: for a guard, the framework makes a copy of
    the route at each request, which takes as long as all that is done here.
    """

    async def admit(request: AnyRequest) -> None:
        scope: Any = request.scope
        scope[CALLER] = await identify(request)
        if expect is not None:
            await expect(request)

    return admit


def caller_of(request: AnyRequest) -> Caller:
    """Whom the door of the route has let in; without one there is nobody to be had."""
    scope: Any = request.scope
    admitted: Caller = scope[CALLER]
    return admitted


def merchant_of(request: AnyRequest) -> MerchantCaller:
    """The merchant whom `Doorkeeper.merchant` has let in to a page."""
    scope: Any = request.scope
    admitted: MerchantCaller = scope[CALLER]
    return admitted


@attrs.frozen(kw_only=True)
class Entered:
    """
    What the answer to a browser that came in just now needs, whether or not all else works.

    *cookie* is a value for `Set-Cookie`; *platform_key* what was chosen on the way in.
    """

    cookie: str = attrs.field(repr=False)
    platform_key: str | None = None


def enter(request: AnyRequest, caller: MerchantCaller, entered: Entered) -> None:
    """From now on, *request* is one of *caller*, as if it had come in by the door."""
    scope: Any = request.scope
    scope[CALLER] = caller
    scope[ENTERED] = entered


def entered_by(request: AnyRequest) -> Entered | None:
    """How the browser came in by this very request; `None` where it did not."""
    scope: Any = request.scope
    entered: Entered | None = scope.get(ENTERED)
    return entered
