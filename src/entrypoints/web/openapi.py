"""The OpenAPI description: what every route may answer, with examples."""

from typing import Any, Final

from litestar import Router
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Components, Contact, Example, SecurityScheme, Tag

from domain.model.brand import LARGEST_RADIUS, LOGO_NAME, MOST_FAMILIES, Mode
from domain.model.colour import HEX
from domain.model.integration import PLATFORM_KEY
from domain.model.locale import LANGUAGE_TAG
from domain.model.merchant import LONGEST_NAME, MERCHANT_IDENTIFIER
from domain.model.sync_session import SyncSessionStatus
from entrypoints.web.problem_types import ALL
from entrypoints.web.problems import Problem


REFUSALS: Final = {
    400: "input-invalid",
    401: "credentials-missing",
    403: "backend-only",
    404: "sync-session-unknown",
    409: "integration-not-available",
    413: "body-too-large",
    415: "media-type-unsupported",
    429: "too-many-requests",
    502: "codat-answer-invalid",
    503: "codat-unavailable",
    504: "codat-timed-out",
}

SESSION: Final = {
    "id": "ss_01KAR5D3N8Q2V7X4B9C6M1T0YZ",
    "merchantIdentifier": "toast-4711",
    "platformKey": "gbol",
    "status": "open",
    "createdAt": "2026-11-23T09:00:00Z",
    "redirects": [],
}
BRANDING: Final = {
    "logo": {
        "full": {
            "image": {
                "src": "https://static.codat.io/public/officialLogos/Full/Xero_Full.png",
                "alt": "xero full icon",
            }
        }
    },
    "button": {},
    "sourceId": "8a156a5a-39cb-4f9d-856e-76ef9b9a9607",
}
EXAMPLES: Final[dict[str, Any]] = {
    "IntegrationList": {
        "integrations": [
            {
                "key": "gbol",
                "name": "Xero",
                "sourceType": "Accounting",
                "availability": "available",
                "branding": BRANDING,
            }
        ]
    },
    "BrandingView": BRANDING,
    "InterestList": {
        "interest": [
            {
                "platformKey": "tgff",
                "name": "Sage Accounting",
                "merchants": 2,
                "askedBy": [{"merchantIdentifier": "toast-4711", "since": "2026-11-23T09:00:00Z"}],
            }
        ],
        "next": "toast-4711",
    },
    "SessionView": SESSION,
    "SyncSessionList": {"syncSessions": [SESSION]},
    "SessionDetailView": {
        **SESSION,
        "timeline": [{"at": "2026-11-23T09:00:00Z", "what": "opened", "by": "merchant"}],
    },
    "Link": {
        "url": "https://sync-flow.codat.io/…/lqai/gbol/start?merchantIdentifier=toast-4711&otp=…",
        "expiresAt": "2026-11-23T09:00:30Z",
    },
    "IssuedToken": {
        "token": "…43 characters…",
        "url": "https://connect.example.com/connect#token=…",
        "expiresAt": "2026-11-23T09:01:00Z",
    },
    "Alive": {"status": "alive"},
    "Readiness": {
        "status": "ready",
        "checks": {"database": "ok", "cache": "ok", "codat": "ok", "breaker": "closed"},
        "codatAnsweredAt": "2026-11-23T09:00:00Z",
    },
    "NotReady": {
        "status": "not ready",
        "checks": {
            "database": "unavailable",
            "cache": "ok",
            "codat": "unreachable",
            "breaker": "failing",
        },
    },
}
PLATFORM_KEY_FORM: Final = {"pattern": f"^{PLATFORM_KEY.pattern}$"}
LOGO_NAME_FORM: Final = {"pattern": f"^{LOGO_NAME.pattern}$"}
COLOUR_FORM: Final = {"pattern": f"^{HEX.pattern}$"}
FORMS: Final[dict[str, dict[str, Any]]] = {
    "platform_key": PLATFORM_KEY_FORM,
    "platformKey": PLATFORM_KEY_FORM,
    "after": {"pattern": f"^{MERCHANT_IDENTIFIER.pattern}$"},
    "merchantIdentifier": {"pattern": f"^{MERCHANT_IDENTIFIER.pattern}$"},
    "merchantName": {"maxLength": LONGEST_NAME},
    "locale": {"pattern": f"^{LANGUAGE_TAG.pattern}$"},
    "status": {"enum": [status.value for status in SyncSessionStatus]},
    "logo": LOGO_NAME_FORM,
    "logoDark": LOGO_NAME_FORM,
    "accentColor": COLOUR_FORM,
    "accentColorDark": COLOUR_FORM,
    "radius": {
        "oneOf": [
            {"type": "integer", "minimum": 0, "maximum": LARGEST_RADIUS},
            {"type": "null"},
        ]
    },
    "font": {"minItems": 1, "maxItems": MOST_FAMILIES},
    "mode": {"enum": [*(mode.value for mode in Mode), None]},
}
METRICS: Final = ResponseSpec(
    str,
    generate_examples=False,
    description="Counters and histograms.",
    media_type="text/plain",
    examples=[
        Example(
            summary="Example",
            value='tillbridge_requests_total{method="GET",route="/healthz",status="200"} 1.0\n',
        )
    ],
)
UNCHANGED: Final = ResponseSpec(
    None, description="What If-None-Match names is still current.", media_type="application/json"
)


def answers(
    success: type, status: int, *, refusals: tuple[int, ...] = (), example: str | None = None
) -> dict[int, ResponseSpec]:
    """
    What a route answers: *success* with *status*, or problem details.

    *example* names the one to show, if not that of *success*.
    """
    shown = Example(summary="Example", value=EXAMPLES[example or success.__name__])
    specs = {
        status: ResponseSpec(
            success,
            generate_examples=False,
            description=(success.__doc__ or "").strip().splitlines()[0],
            examples=[shown],
        )
    }
    for refusal in refusals:
        kind = ALL[REFUSALS[refusal]]
        body = {
            "type": f"https://connect.example.com/problems/{kind.slug}",
            "title": kind.title,
            "status": refusal,
            "detail": kind.meaning,
            "reference": "7K2M-Q9XD",
        }
        specs[refusal] = ResponseSpec(
            Problem,
            generate_examples=False,
            description=kind.title,
            media_type="application/problem+json",
            examples=[Example(summary=kind.slug, value=body)],
        )
    return specs


def described(schema: dict[str, Any]) -> dict[str, Any]:
    """*schema*, with what the framework cannot know: the forms of names, and closed objects."""
    for item in schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] |= FORMS.get(parameter["name"], {})
    for name, shape in schema["components"]["schemas"].items():
        if name.endswith("Request"):
            shape["additionalProperties"] = False
            for field, form in shape["properties"].items():
                form.update(FORMS.get(field, {}))
    return schema


def config(version: str) -> OpenAPIConfig:
    """How the whole is described."""
    return OpenAPIConfig(
        title="Tillbridge",
        version=version,
        description="The first mile of Codat's Sync for Commerce: what a merchant can connect, "
        "what was chosen, and a fresh single-use URL for every redirect.",
        contact=Contact(name="The operator of this service"),
        use_handler_docstrings=True,
        create_examples=False,
        tags=[
            Tag(name="Integrations", description="What can be connected."),
            Tag(name="Sync sessions", description="What a merchant wants to connect."),
            Tag(name="Hosted page", description="How a logged-in merchant enters."),
            Tag(name="Operations", description="For whoever keeps this running."),
        ],
        components=Components(
            security_schemes={
                "operatorKey": SecurityScheme(
                    type="http", scheme="bearer", description="The platform's backend"
                ),
                "merchantToken": SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="A merchant, by a JWT of the platform's issuer",
                ),
                "pageSession": SecurityScheme(
                    type="apiKey",
                    name="__Host-tb",
                    security_scheme_in="cookie",
                    description="A merchant, by the hosted page's login, from that page only",
                ),
            }
        ),
        security=[{"operatorKey": []}, {"merchantToken": []}, {"pageSession": []}],
        # The framework's own pages load scripts from elsewhere, and cannot be left out.
        openapi_router=Router(
            "/schema", route_handlers=[], guards=[_nobody], include_in_schema=False
        ),
    )


async def _nobody(*_: object) -> None:
    """
    Guard: lets nobody in.

    Raises:
        NotFoundException: always.
    """
    raise NotFoundException
