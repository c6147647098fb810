"""
Codat's refusals, with the words that Codat uses.

`CodatError` carries what goes into the body; the functions below are the refusals that occur.
"""

from collections.abc import Mapping
from http import HTTPStatus

import attrs

from adapters.codat_simulator.wire import Validation, ValidationItem


TEXTS = {
    400: "Error processing request - not valid.",
    401: "Unauthorized",
    402: "CompanyValidationException: Company limit exceeded",
    403: "You are using an outdated API key or a key not associated with that resource.",
    404: "Not found",
    405: "Method not allowed",
    409: "The data set has not been requested.",
    422: "The Idempotency-Key was used before with a different request body.",
    429: "You have made too many requests in a given amount of time; please retry later.",
    500: "There is a problem with our server. Please try again later.",
    503: "The Codat API is temporarily offline for maintenance. Please try again later.",
}


@attrs.frozen(kw_only=True)
class CodatError(Exception):
    """A request that Codat would refuse."""

    status: int
    error: str
    service: str = "PublicApi"
    validation: Validation | None = None
    headers: Mapping[str, str] = attrs.field(factory=dict)

    def __str__(self) -> str:
        return f"{self.status} {self.service}: {self.error}"


def plain(status: int, headers: Mapping[str, str] | None = None) -> CodatError:
    """The refusal that Codat documents for a *status*, or the bare name of the status."""
    if status in TEXTS:
        error = TEXTS[status]
    else:
        known = [code.phrase for code in HTTPStatus if code == status]
        error = known[0] if known else f"Status {status}"
    validation = None
    if status == HTTPStatus.PAYMENT_REQUIRED:
        item = ("Company", "Company limit exceeded.", "CreateCompany")
        validation = _validation(item)
    return CodatError(status=status, error=error, validation=validation, headers=headers or {})


def invalid(*items: tuple[str, str, str]) -> CodatError:
    """Something is wrong with the body; *items* are `(itemId, message, validatorName)`."""
    return CodatError(status=400, error=TEXTS[400], validation=_validation(*items))


def malformed_query() -> CodatError:
    """The `query` cannot be read."""
    error = "Error parsing query - Malformed query."
    return CodatError(status=400, service="ClientsApi", error=error)


def unresolved_property(name: str) -> CodatError:
    """The `query` or `orderBy` speaks of a property that there is not."""
    error = f"Error parsing query - Could not resolve property {name} on Dataset"
    return CodatError(status=400, service="PullApi", error=error)


def company_missing(company_id: str) -> CodatError:
    """No such company, or not any more."""
    error = f"No company was found with ID {company_id}"
    return CodatError(status=404, service="ClientsApi", error=error)


def connection_missing(connection_id: str) -> CodatError:
    """No such connection, or not any more."""
    return CodatError(status=404, error=f"Data connection {connection_id} not found")


def key_in_progress() -> CodatError:
    """The first request with this Idempotency-Key is not answered yet."""
    return CodatError(status=409, error="A request with this Idempotency-Key is in progress.")


def integration_missing(key: str) -> CodatError:
    """No such integration, or it cannot be used this way."""
    return CodatError(status=404, error=f"Integration {key} not found")


def sync_missing(which: str) -> CodatError:
    """No such sync."""
    return CodatError(status=404, error=f"Sync {which} not found")


def _validation(*items: tuple[str, str, str]) -> Validation:
    return Validation(
        errors=[
            ValidationItem(item_id=item, message=message, validator_name=validator)
            for item, message, validator in items
        ]
    )
