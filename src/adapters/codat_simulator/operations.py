"""The names that scenarios and the ledger use for the calls of the API."""

from typing import Any


EVERYTHING = "*"
"""Every operation of the API, and so not `visit`."""

VISIT = "visit"
"""A merchant who opens a sync flow URL; no call of the API, and not in the ledger's `calls`."""

OPERATIONS = (
    "integrations",
    "integration",
    "branding",
    "images",
    "start",
    "companies",
    "createCompany",
    "company",
    "updateCompany",
    "deleteCompany",
    "connections",
    "createConnection",
    "connection",
    "updateConnection",
    "deleteConnection",
    "authorization",
    "configuration",
    "setConfiguration",
    "syncLatest",
    "syncHistoric",
    "syncs",
    "sync",
    "latestSync",
    "lastSuccessfulSync",
    "syncStatus",
    "texts",
    "updateTexts",
    "visibleAccounts",
    "updateVisibleAccounts",
)


def named(operation: str) -> dict[str, Any]:
    """What a route handler carries so that the gate knows its *operation*."""
    if operation not in OPERATIONS:
        raise ValueError(operation)
    return {"operation": operation}
