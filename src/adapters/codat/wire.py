"""
Codat's bodies as they are on the wire, and how each becomes a value of the domain.

Lenient where Codat may add or change a little: unknown fields and enum values, missing optional
ones, and single entries of a list that cannot be read. Nothing is decoded into the domain's own
classes, which would skip their converters. Source: Codat's OpenAPI file "Sync for Commerce".
"""

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from domain.errors import CodatAnswerInvalid
from domain.ids import CompanyId, PlatformKey
from domain.model.connection_report import (
    Company,
    Connection,
    ConnectionStatus,
    SyncConfiguration,
)
from domain.model.integration import (
    PLATFORM_KEY,
    Branding,
    BrandingImage,
    ReportedIntegration,
    SourceType,
)


LONGEST_TEXT: Final = 100
"""Characters of a name or an alternative text; upstream texts end up on merchants' screens."""

LONGEST_PICTURE_URL: Final = 2048

_PICTURE_URL: Final = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.ASCII | re.IGNORECASE)

T = TypeVar("T")


class Wire(msgspec.Struct, rename="camel"):
    """Base of every body: Codat's JSON is camelCase."""


class StartBody(Wire):
    """Answer of `start`; Codat's schema leaves even the URL optional."""

    url: str | None = None


class PageBody(Wire):
    """
    Envelope of a list.

    The links are left out on purpose: in Codat's samples they lack a part of the path.
    """

    results: list[msgspec.Raw] | None = None
    total_results: int | None = None


class IntegrationBody(Wire):
    """One entry of `/config/integrations`."""

    key: str
    name: str | None = None
    enabled: bool | None = None
    source_type: str | None = None
    integration_id: str | None = None
    is_beta: bool | None = None

    def to_domain(self) -> ReportedIntegration | None:
        """What the domain knows of it; `None` where its key is not a platform key."""
        if not PLATFORM_KEY.fullmatch(self.key):
            return None
        return ReportedIntegration(
            key=PlatformKey(self.key),
            name=_showable(self.name) or self.key,
            enabled=bool(self.enabled),
            source_type=_source_type(self.source_type),
            is_beta=bool(self.is_beta),
        )


class _Image(Wire):
    src: str | None = None
    alt: str | None = None


class _Picture(Wire):
    image: _Image | None = None


class _Logo(Wire):
    full: _Picture | None = None
    square: _Picture | None = None


class _Button(Wire):
    default: _Picture | None = None
    hover: _Picture | None = None


class BrandingBody(Wire):
    """Answer of `/config/integrations/{key}/branding`; any level may be absent."""

    logo: _Logo | None = None
    button: _Button | None = None
    source_id: str | None = None

    def to_domain(self) -> Branding:
        """What of it can be shown; a picture without a usable address counts as absent."""
        logo, button = self.logo or _Logo(), self.button or _Button()
        return Branding(
            logo_full=_image(logo.full),
            logo_square=_image(logo.square),
            button_default=_image(button.default),
            button_hover=_image(button.hover),
            source_id=_uuid(self.source_id),
        )


class CompanyBody(Wire):
    """One entry of `/companies`."""

    id: str
    name: str
    created: str | None = None

    def to_domain(self) -> Company | None:
        """What the domain knows of it; `None` where its id is not one of Codat's."""
        company = _uuid(self.id)
        return None if company is None else Company(id=CompanyId(company), name=self.name)

    @property
    def age_rank(self) -> tuple[bool, float]:
        """Sorts the older before the newer, and those of unknown age before all."""
        try:
            created = dt.datetime.fromisoformat(self.created or "")
        except ValueError:
            return (False, 0.0)
        # Codat may leave out the zone.
        return (True, (created if created.tzinfo else created.replace(tzinfo=dt.UTC)).timestamp())


class ConnectionBody(Wire):
    """One entry of `/companies/{id}/connections`; the key is optional since April 2026."""

    integration_key: str | None = None
    integration_id: str | None = None
    source_type: str | None = None
    status: str | None = None

    def to_domain(self, key: str | None) -> Connection | None:
        """What the domain knows of it under *key*; `None` where that is not a platform key."""
        if key is None or not PLATFORM_KEY.fullmatch(key):
            return None
        return Connection(
            key=PlatformKey(key),
            source_type=_source_type(self.source_type),
            status=_connection_status(self.status),
        )


class ConfigurationBody(Wire):
    """Answer of `/config/companies/{id}/sync/commerce`; the flag has two spellings."""

    accounting_software_company_name: str | None = None
    enable: bool | None = None
    enabled: bool | None = None
    configured: bool | None = None

    def to_domain(self) -> SyncConfiguration:
        """What the domain knows of it."""
        return SyncConfiguration(
            enabled=bool(self.enabled if self.enable is None else self.enable),
            configured=bool(self.configured),
            accounting_company=_showable(self.accounting_software_company_name),
        )


def decode(body: bytes, shape: type[T]) -> T:
    """
    Read a body as a *shape*.

    Raises:
        CodatAnswerInvalid: it is not JSON, or of another shape; nothing of it is quoted.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError):
        raise CodatAnswerInvalid(reason="it does not have the documented shape") from None


def readable(entries: Iterable[msgspec.Raw], shape: type[T]) -> Iterator[T]:
    """Those of a list's entries that can be read as a *shape*."""
    for entry in entries:
        try:
            yield msgspec.json.decode(entry, type=shape)
        except (ValueError, RecursionError):
            continue


def _showable(text: str | None) -> str | None:
    """One line without control characters, bidirectional ones among them, cut to size."""
    words = " ".join((text or "").split())
    return "".join(c for c in words if c.isprintable())[:LONGEST_TEXT].strip() or None


def _image(picture: _Picture | None) -> BrandingImage | None:
    image = (picture and picture.image) or _Image()
    if image.src is None or not _is_picture_url(image.src):
        return None
    return BrandingImage(src=image.src, alt=_showable(image.alt))


def _is_picture_url(src: str) -> bool:
    if len(src) > LONGEST_PICTURE_URL or not _PICTURE_URL.fullmatch(src):
        return False
    try:
        parts = urlsplit(src)
    except ValueError:
        return False
    return bool(parts.hostname) and parts.username is None


def _source_type(text: str | None) -> SourceType:
    known = {source_type.value.lower(): source_type for source_type in SourceType}
    return known.get((text or "").lower(), SourceType.UNKNOWN)


def _connection_status(text: str | None) -> ConnectionStatus:
    # One of Codat's samples says pendingAuth.
    known = {status.value.lower(): status for status in ConnectionStatus}
    return known.get((text or "").lower(), ConnectionStatus.MISSING)


def _uuid(text: str | None) -> str | None:
    try:
        return str(uuid.UUID(text or ""))
    except ValueError:
        return None
