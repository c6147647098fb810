"""Integrations and how they look."""

import enum
import re
import unicodedata

import attrs

from domain.errors import InputRefused, IntegrationUnknown
from domain.ids import PlatformKey
from domain.model.picture import PictureKind


PLATFORM_KEY = re.compile(r"[a-z]{4}")
PERCENT_ENCODED = re.compile(r"%(?:25)*([0-9A-Fa-f]{2})")
LONGEST_DISGUISE = 100


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

    def image(self, kind: PictureKind) -> BrandingImage | None:
        """The image for this *kind*; the square logo is the usual one, the full one does, too."""
        images = {
            PictureKind.LOGO: self.logo_square or self.logo_full,
            PictureKind.LOGO_FULL: self.logo_full,
            PictureKind.BUTTON: self.button_default,
            PictureKind.BUTTON_HOVER: self.button_hover,
        }
        return images[kind]


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


def parse_choice(text: object, field: str = "platformKey") -> PlatformKey:
    """
    Read the platform key that somebody chooses.

    Raises:
        IntegrationUnknown: it only looks like a key, in another case or encoding. Whose key it
            resembles is not told: for merchants the connector does not exist (rule 1).
        InputRefused: it is no key at all.
    """
    try:
        return parse_platform_key(text, field)
    except InputRefused:
        if isinstance(text, str) and PLATFORM_KEY.fullmatch(_plain(text[:LONGEST_DISGUISE])):
            raise IntegrationUnknown(text) from None
        raise


def _plain(text: str) -> str:
    """*text* without encodings (RFC 3986 §2.1, Unicode's NFKC), case and what cannot be seen."""
    decoded = PERCENT_ENCODED.sub(lambda found: chr(int(found[1], 16)), text)
    folded = unicodedata.normalize("NFKC", decoded).casefold()
    return "".join(c for c in folded if c.isprintable() and not c.isspace())
