"""
Everything that can be refused or go wrong, as facts with data.

    TillbridgeError
    ├── InputRefused                a value has the wrong shape
    ├── CallerRefused
    │   ├── CredentialsMissing
    │   ├── CredentialsRefused
    │   ├── ConnectTokenRefused     unknown, spent and expired are not told apart
    │   └── BackendOnly
    ├── ChoiceRefused
    │   ├── IntegrationUnknown      the connector, too, is unknown
    │   ├── IntegrationNotAvailable
    │   └── IntegrationNotComingSoon
    ├── SyncSessionUnknown          someone else's looks the same
    ├── SyncSessionChanged
    ├── RedirectInProgress
    ├── TooManyRequests
    ├── SyncFlowUrlRefused
    │   ├── SyncFlowUrlTaken
    │   ├── SyncFlowUrlStale
    │   └── SyncFlowUrlRepeated
    ├── CodatError
    │   ├── CodatUnavailable
    │   │   ├── CodatRateLimited
    │   │   ├── CodatKeyRefused
    │   │   └── CodatLimitReached
    │   ├── CodatTimedOut
    │   │   └── CodatConnectionLost
    │   ├── CodatAnswerInvalid
    │   └── CodatNotFound
    └── StorageUnavailable

Status codes belong to the entrypoints.
No error carries a sync flow URL, a key or a token; messages are safe to show.
"""

import datetime as dt

import attrs

from domain.ids import PlatformKey, SyncSessionId


class TillbridgeError(Exception):
    """Base of every error that Tillbridge raises on purpose."""


@attrs.frozen(eq=False)
class InputRefused(TillbridgeError):
    """*field* is wrong for the *reason* given; *remedy* says what would be right."""

    field: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field} {self.reason}. {self.remedy}"


class CallerRefused(TillbridgeError):
    """Who calls is not known, or may not do this."""


class CredentialsMissing(CallerRefused):
    """The call carries no credentials."""

    def __str__(self) -> str:
        return "This needs an operator key, a merchant's token, or a hosted page's session."


class CredentialsRefused(CallerRefused):
    """The credentials are unknown, expired, forged or malformed; which one is not told."""

    def __str__(self) -> str:
        return "These credentials are not valid, or no longer."


class ConnectTokenRefused(CallerRefused):
    """The connect token is unknown, spent or expired; which one is not told."""

    def __str__(self) -> str:
        return "A connect token works once, and only for 60 seconds. This one does not work."


class BackendOnly(CallerRefused):
    """A merchant asked for something that only the platform's backend may do."""

    def __str__(self) -> str:
        return "Only the platform's backend, with an operator key, may do this."


class ChoiceRefused(TillbridgeError):
    """The merchant's choice is not one that can be made."""


@attrs.frozen(eq=False)
class IntegrationUnknown(ChoiceRefused):
    """No merchant is offered *key*: it does not exist, or it is the connector."""

    key: str

    def __str__(self) -> str:
        return "There is no such integration. GET /v1/integrations lists those on offer."


@attrs.frozen(eq=False)
class IntegrationNotAvailable(ChoiceRefused):
    """The integration is on show, but its *availability* is not `available`."""

    key: PlatformKey
    name: str
    availability: str

    def __str__(self) -> str:
        if self.availability == "comingSoon":
            return f"{self.name} is coming soon; it cannot be connected yet."
        return f"{self.name} cannot be connected at the moment."


@attrs.frozen(eq=False)
class IntegrationNotComingSoon(ChoiceRefused):
    """Nobody waits for the integration: its *availability* is not `comingSoon`."""

    key: PlatformKey
    name: str
    availability: str

    def __str__(self) -> str:
        if self.availability == "available":
            return f"{self.name} is ready: it can be connected now."
        return f"{self.name} is not coming soon, so there is nothing to be told of."


@attrs.frozen(eq=False)
class SyncSessionUnknown(TillbridgeError):
    """The caller has no sync session of this *id*."""

    id: str

    def __str__(self) -> str:
        return "There is no such sync session."


@attrs.frozen(eq=False)
class SyncSessionChanged(TillbridgeError):
    """Someone else changed the sync session in the meantime: load it again."""

    id: SyncSessionId

    def __str__(self) -> str:
        return "The sync session was changed by another request at the same time. Try again."


@attrs.frozen(eq=False)
class RedirectInProgress(TillbridgeError):
    """Another redirect of the same sync session is being prepared right now."""

    id: SyncSessionId
    retry_after: dt.timedelta

    def __str__(self) -> str:
        return "A redirect of this sync session is being prepared already. Try again in a moment."


@attrs.frozen(eq=False)
class TooManyRequests(TillbridgeError):
    """
    More than somebody's share; try again after *retry_after*.

    *limit* says whose: the `merchant`'s, the operator `key`'s, that of `all` together; or it is
    the merchant's `turns`, of which too many wait already.
    """

    retry_after: dt.timedelta
    limit: str = "turns"

    def __str__(self) -> str:
        return "Too many redirects were asked for. Try again later."


class SyncFlowUrlRefused(TillbridgeError):
    """The sync flow URL must not be handed out (rule 2)."""


class SyncFlowUrlTaken(SyncFlowUrlRefused):
    """The sync flow URL has been handed out already."""

    def __str__(self) -> str:
        return "This link has been used already. Ask for a new one."


class SyncFlowUrlStale(SyncFlowUrlRefused):
    """The sync flow URL waited too long inside Tillbridge."""

    def __str__(self) -> str:
        return "It took too long to prepare the link. Ask for a new one."


class SyncFlowUrlRepeated(SyncFlowUrlRefused):
    """Codat, or something between, answered with a URL that was handed out before."""

    def __str__(self) -> str:
        return "Codat answered with a link that was used before. Ask for a new one."


@attrs.frozen(eq=False, kw_only=True)
class CodatError(TillbridgeError):
    """
    Codat did not do what it was asked.

    *correlation_id* is Codat's own reference for its support, where it gave one.
    """

    correlation_id: str | None = None


@attrs.frozen(eq=False, kw_only=True)
class CodatUnavailable(CodatError):
    """
    Codat cannot be reached or says that it cannot serve; nothing was minted.

    *asked* is false where it was not even asked, for it is known what it would say.
    """

    retry_after: dt.timedelta = dt.timedelta(seconds=10)
    asked: bool = True

    def __str__(self) -> str:
        return "Codat is not available at the moment. Try again in a little while."


@attrs.frozen(eq=False, kw_only=True)
class CodatRateLimited(CodatUnavailable):
    """The client's daily quota, or the limit per minute, is used up (HTTP 429)."""

    def __str__(self) -> str:
        return "Codat accepts no more requests for now. Try again later."


@attrs.frozen(eq=False, kw_only=True)
class CodatKeyRefused(CodatUnavailable):
    """Codat refuses the API key (HTTP 401 or 403): an operator has to act."""

    retry_after: dt.timedelta = dt.timedelta(minutes=1)

    def __str__(self) -> str:
        return "Codat refuses this service. Its operator has to look at it."


@attrs.frozen(eq=False, kw_only=True)
class CodatLimitReached(CodatUnavailable):
    """The Codat account is at a limit (HTTP 402): an operator has to act."""

    retry_after: dt.timedelta = dt.timedelta(minutes=1)

    def __str__(self) -> str:
        return "No more merchants can be connected for now. The operator has to look at it."


@attrs.frozen(eq=False, kw_only=True)
class CodatTimedOut(CodatError):
    """Codat was asked and did not answer in time: what came of it is unknown."""

    def __str__(self) -> str:
        return "Codat took too long to answer. Try again."


@attrs.frozen(eq=False, kw_only=True)
class CodatConnectionLost(CodatTimedOut):
    """The connection broke while Codat was asked: what came of it is unknown, too."""

    retry_after: dt.timedelta = dt.timedelta(seconds=5)

    def __str__(self) -> str:
        return "The connection to Codat broke. Try again."


@attrs.frozen(eq=False, kw_only=True)
class CodatAnswerInvalid(CodatError):
    """Codat answered something that cannot be used; *reason* quotes nothing of it."""

    reason: str

    def __str__(self) -> str:
        return f"Codat's answer cannot be used: {self.reason}."


@attrs.frozen(eq=False, kw_only=True)
class CodatNotFound(CodatError):
    """Codat does not know what it was asked about (HTTP 404)."""

    def __str__(self) -> str:
        return "Codat does not know this."


@attrs.frozen(eq=False)
class StorageUnavailable(TillbridgeError):
    """What must be written cannot be written, or not in time; nothing was acknowledged."""

    reason: str

    def __str__(self) -> str:
        return "Tillbridge cannot store anything at the moment. Try again in a little while."
