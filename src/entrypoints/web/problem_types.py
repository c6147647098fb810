"""
Every type of problem (RFC 9457), each with a page that documents it.

The tables are the only place that knows which status an error has.
"""

from http import HTTPStatus
from typing import Final

import attrs

from domain import errors
from entrypoints.web import cross_site
from entrypoints.web.same_merchant import MerchantChanged


@attrs.frozen
class ProblemType:
    """One type of problem: *slug* ends its `type`; the rest is what its page says."""

    slug: str
    status: HTTPStatus
    title: str
    meaning: str
    remedy: str


INTERNAL: Final = ProblemType(
    "internal-error",
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "Something went wrong",
    "Tillbridge failed in a way that nobody foresaw.",
    "Try again; if it happens again, give the reference to the operator of this service.",
)
MALFORMED: Final = ProblemType(
    "request-malformed",
    HTTPStatus.BAD_REQUEST,
    "The request cannot be read",
    "The body is not JSON, or the request breaks HTTP's rules.",
    "Send a JSON object, with Content-Type: application/json.",
)
INPUT: Final = ProblemType(
    "input-invalid",
    HTTPStatus.BAD_REQUEST,
    "A value has the wrong shape",
    "A field is missing, unknown, or has a value that cannot be accepted.",
    "The member `errors` names each field and what would be right.",
)

BY_STATUS: Final = {
    HTTPStatus.NOT_FOUND: ProblemType(
        "not-found",
        HTTPStatus.NOT_FOUND,
        "There is nothing at this address",
        "The path is not one of this service.",
        "See /docs for all paths.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: ProblemType(
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This address does not take that method",
        "For example, a redirect is fetched by POST only: GET must have no effect.",
        "The header Allow lists the methods.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ProblemType(
        "body-too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large",
        "No request of this service needs more than 16 kB.",
        "Send less.",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: ProblemType(
        "media-type-unsupported",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body has the wrong media type",
        "The JSON API takes application/json only.",
        "Send Content-Type: application/json.",
    ),
}

BY_ERROR: Final[dict[type[Exception], ProblemType]] = {
    errors.InputRefused: INPUT,
    errors.CredentialsMissing: ProblemType(
        "credentials-missing",
        HTTPStatus.UNAUTHORIZED,
        "Credentials are missing",
        "The call carries neither an operator key nor a merchant's token or session.",
        "Send Authorization: Bearer with an operator key or a merchant's JWT.",
    ),
    errors.CredentialsRefused: ProblemType(
        "credentials-refused",
        HTTPStatus.UNAUTHORIZED,
        "The credentials are not valid",
        "The operator key, JWT or session is unknown, expired or malformed.",
        "Check the key, or get a fresh token.",
    ),
    errors.ConnectTokenRefused: ProblemType(
        "connect-token-refused",
        HTTPStatus.GONE,
        "This link does not work any more",
        "A connect token works once, within 60 seconds of being minted.",
        "Mint a new one at the moment when the merchant clicks.",
    ),
    errors.BackendOnly: ProblemType(
        "backend-only",
        HTTPStatus.FORBIDDEN,
        "Only the platform's backend may do this",
        "Merchants can neither mint connect tokens nor see what others ask for.",
        "Call with an operator key.",
    ),
    errors.IntegrationUnknown: ProblemType(
        "integration-unknown",
        HTTPStatus.NOT_FOUND,
        "There is no such integration",
        "The key is not on offer: it is unknown, not enabled, or the connector's.",
        "GET /v1/integrations lists what is on offer.",
    ),
    errors.IntegrationNotAvailable: ProblemType(
        "integration-not-available",
        HTTPStatus.CONFLICT,
        "This integration cannot be connected yet",
        "Its availability is comingSoon or disabled.",
        "Offer only integrations whose availability is available.",
    ),
    errors.IntegrationNotComingSoon: ProblemType(
        "integration-not-coming-soon",
        HTTPStatus.CONFLICT,
        "This integration is not coming soon",
        "Merchants can ask to be told only of what is coming soon: the rest can be connected "
        "already, or is switched off.",
        "Ask only for integrations whose availability is comingSoon.",
    ),
    errors.SyncSessionUnknown: ProblemType(
        "sync-session-unknown",
        HTTPStatus.NOT_FOUND,
        "There is no such sync session",
        "The id is unknown, or belongs to another merchant.",
        "Open a new sync session with POST /v1/sync-sessions.",
    ),
    errors.SyncSessionChanged: ProblemType(
        "sync-session-changed",
        HTTPStatus.CONFLICT,
        "Two requests at once",
        "Another request changed the sync session at the same time.",
        "Try again.",
    ),
    errors.RedirectInProgress: ProblemType(
        "redirect-in-progress",
        HTTPStatus.CONFLICT,
        "A redirect is being prepared already",
        "Another request fetches a link for the same sync session right now.",
        "Try again after the seconds in Retry-After.",
    ),
    errors.TooManyRequests: ProblemType(
        "too-many-requests",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        "The merchant, the operator key or all together started as many redirects as "
        "TILLBRIDGE_LIMIT_MERCHANT, TILLBRIDGE_LIMIT_KEY or TILLBRIDGE_LIMIT_ALL allow; or too "
        "many of one merchant wait at once. Nothing was started.",
        "Try again after the seconds in Retry-After.",
    ),
    errors.SyncFlowUrlTaken: ProblemType(
        "link-taken",
        HTTPStatus.BAD_GATEWAY,
        "This link was used already",
        "A sync flow URL is handed out once.",
        "Ask for a new one.",
    ),
    errors.SyncFlowUrlStale: ProblemType(
        "link-stale",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The link took too long to prepare",
        "A sync flow URL older than 5 seconds is thrown away.",
        "Try again.",
    ),
    errors.SyncFlowUrlRepeated: ProblemType(
        "link-repeated",
        HTTPStatus.BAD_GATEWAY,
        "Codat answered with a used link",
        "Codat, or a cache in between, repeated a sync flow URL that was handed out before.",
        "Try again; see that nothing between Tillbridge and Codat caches answers.",
    ),
    errors.CodatUnavailable: ProblemType(
        "codat-unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Codat is not available",
        "Codat cannot be reached, or is offline for maintenance. Nothing was started.",
        "Try again after the seconds in Retry-After.",
    ),
    errors.CodatRateLimited: ProblemType(
        "codat-rate-limited",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Codat accepts no more requests for now",
        "The daily quota of this Codat client is used up, save for the share that is kept for "
        "branding; it is renewed at 00:00 UTC.",
        "Try again after the seconds in Retry-After.",
    ),
    errors.CodatKeyRefused: ProblemType(
        "codat-key-refused",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Codat refuses this service",
        "The API key is wrong, revoked, or not allowed to do this.",
        "Operator: check TILLBRIDGE_CODAT_API_KEY with `tillbridge doctor`.",
    ),
    errors.CodatLimitReached: ProblemType(
        "codat-limit-reached",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The Codat account is at a limit",
        "For example, the free plan ends at 50 companies.",
        "Operator: see the plan in the Codat Portal.",
    ),
    errors.CodatConnectionLost: ProblemType(
        "codat-connection-lost",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The connection to Codat broke",
        "Whether Codat started anything is not known; nothing of it will be used.",
        "Try again: the sync session can be started anew.",
    ),
    errors.CodatTimedOut: ProblemType(
        "codat-timed-out",
        HTTPStatus.GATEWAY_TIMEOUT,
        "Codat took too long to answer",
        "Whether Codat started anything is not known; nothing of it will be used.",
        "Try again: the sync session can be started anew.",
    ),
    errors.CodatAnswerInvalid: ProblemType(
        "codat-answer-invalid",
        HTTPStatus.BAD_GATEWAY,
        "Codat's answer cannot be used",
        "The answer was malformed, or named a host that is not on the list.",
        "Operator: see the logs by the reference; check TILLBRIDGE_SYNC_FLOW_HOSTS.",
    ),
    errors.CodatNotFound: ProblemType(
        "codat-not-found",
        HTTPStatus.BAD_GATEWAY,
        "Codat does not know this",
        "Codat answered 404 for something that it listed before.",
        "Operator: run `tillbridge doctor`.",
    ),
    errors.StorageUnavailable: ProblemType(
        "storage-unavailable",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Nothing can be stored at the moment",
        "The database cannot be written: the disk is full, it is locked, or it is away.",
        "Try again shortly. Operator: see `tillbridge doctor`.",
    ),
    cross_site.CrossSiteRefused: ProblemType(
        "cross-site-refused",
        HTTPStatus.FORBIDDEN,
        "This request came from another web site",
        "Browsers may send forms only from Tillbridge's own pages, and connect tokens only "
        "from the origins in TILLBRIDGE_SHOP_ORIGINS.",
        "Operator: add your shop's origin to TILLBRIDGE_SHOP_ORIGINS.",
    ),
    MerchantChanged: ProblemType(
        "merchant-changed",
        HTTPStatus.CONFLICT,
        "Another merchant is logged in now",
        "Meanwhile another merchant came in by the same browser than the form was drawn for.",
        "Open the page again, see for whom it is, and choose there.",
    ),
    cross_site.NotANavigation: ProblemType(
        "not-a-navigation",
        HTTPStatus.FORBIDDEN,
        "Only a person in a browser may ask for this",
        "A script or a prefetch asked for a redirect; following it would spend the link.",
        "Submit a form, or ask for JSON and navigate to the url.",
    ),
}

ALL: Final = {
    t.slug: t for t in (INTERNAL, MALFORMED, *BY_STATUS.values(), *BY_ERROR.values())
} | {INPUT.slug: INPUT}
