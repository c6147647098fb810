"""
The systems that Sync for Commerce supports, as data.

Codat's API has no flag for this; the list is that of the page
"Set up Sync for Commerce: Product setup" of Codat's documentation.
"""

import attrs

from domain.ids import PlatformKey
from domain.model.connector import Side
from domain.model.integration import Availability


@attrs.frozen
class SupportedIntegration:
    """One row: *sandbox* rows are offered only where the operator names them."""

    key: PlatformKey
    name: str
    side: Side
    availability: Availability = Availability.AVAILABLE
    sandbox: bool = False


def _rows(
    side: Side, *rows: tuple[str, str], sandbox: bool = False
) -> tuple[SupportedIntegration, ...]:
    return tuple(
        SupportedIntegration(PlatformKey(key), name, side, sandbox=sandbox) for key, name in rows
    )


SUPPORTED: tuple[SupportedIntegration, ...] = (
    *_rows(
        Side.ACCOUNTING,
        ("qudb", "Exact (NL)"),
        ("pbbf", "Exact (UK)"),
        ("fbrh", "FreeAgent"),
        ("pdvj", "MYOB"),
        ("qhyg", "QuickBooks Online"),
        ("gbol", "Xero"),
    ),
    SupportedIntegration(
        PlatformKey("tgff"), "Sage Accounting", Side.ACCOUNTING, Availability.COMING_SOON
    ),
    *_rows(
        Side.COMMERCE,
        ("fqly", "Clover"),
        ("ldgh", "Lightspeed K"),
        ("fztf", "Shopify"),
        ("ugxp", "Zettle"),
    ),
    *_rows(
        Side.ACCOUNTING,
        ("mqjo", "Sandbox (accounting)"),
        ("ndsk", "QuickBooks Online Sandbox"),
        sandbox=True,
    ),
    *_rows(
        Side.COMMERCE,
        ("aiwb", "Sandbox (commerce)"),
        ("lrhd", "Lightspeed K Sandbox"),
        sandbox=True,
    ),
)
