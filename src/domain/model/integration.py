"""Integrations and how they look."""

import enum
import re

import attrs

from domain.errors import InputRefused
from domain.ids import PlatformKey


PLATFORM_KEY = re.compile(r"[a-z]{4}")


class SourceType(enum.Enum):
    """What kind of system an integration is, in Codat's words."""

    ACCOUNTING = "Accounting"
    BANKING = "Banking"
    BANK_FEED = "BankFeed"
    COMMERCE = "Commerce"
    EXPENSE = "Expense"
    OTHER = "Other"
    UNKNOWN = "Unknown"


class Availability(enum.Enum):
    """Whether a merchant may choose an integration that is on show."""

    AVAILABLE = "available"
    COMING_SOON = "comingSoon"
    DISABLED = "disabled"


@attrs.frozen(kw_only=True)
class BrandingImage:
    """One picture: *src* is an absolute URL, *alt* its alternative text."""

    src: str
    alt: str | None = None


@attrs.frozen(kw_only=True)
class Branding:
    """
    How an integration wants to be shown; Codat may leave out any of it.

    The buttons are there for QuickBooks, whose owner asks for its own artwork.
    """

    logo_full: BrandingImage | None = None
    logo_square: BrandingImage | None = None
    button_default: BrandingImage | None = None
    button_hover: BrandingImage | None = None
    source_id: str | None = None


@attrs.frozen(kw_only=True)
class ReportedIntegration:
    """What Codat says of one integration of this client."""

    key: PlatformKey
    name: str
    enabled: bool
    source_type: SourceType
    is_beta: bool = False


@attrs.frozen(kw_only=True)
class Integration:
    """An integration as a merchant meets it."""

    key: PlatformKey
    name: str
    source_type: SourceType
    availability: Availability
    branding: Branding = attrs.field(factory=Branding)


def parse_platform_key(text: object, field: str = "platformKey") -> PlatformKey:
    """
    Read a platform key: four lower-case ASCII letters, nothing else.

    The strictness is what makes it safe in a path and comparable byte by byte.

    Raises:
        InputRefused: it is anything else.
    """
    if isinstance(text, str) and PLATFORM_KEY.fullmatch(text):
        return PlatformKey(text)
    raise InputRefused(field, "is not a platform key", "It has four lower-case letters: gbol.")
