"""Copies as bytes: JSON behind a digest, so that a single flipped bit is noticed."""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import Final, Generic, TypeAlias, TypeVar

import attrs
import msgspec

from adapters.branding.shelf import Shelved
from domain.errors import InputRefused
from domain.model.integration import (
    Branding,
    BrandingImage,
    ReportedIntegration,
    SourceType,
    parse_platform_key,
)
from domain.model.picture import Picture, parse_picture


T = TypeVar("T")
DIGEST_SIZE: Final = 16

Reported: TypeAlias = tuple[ReportedIntegration, ...]


class StoredImage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A `BrandingImage`."""

    src: str
    alt: str | None = None


class StoredBranding(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A `Branding`."""

    logo_full: StoredImage | None = None
    logo_square: StoredImage | None = None
    button_default: StoredImage | None = None
    button_hover: StoredImage | None = None
    source_id: str | None = None


class StoredIntegration(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A `ReportedIntegration`."""

    key: str
    name: str
    enabled: bool
    source_type: str
    is_beta: bool = False


class StoredPicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `Picture` and where it was loaded; the rest is in its bytes."""

    src: str
    content: bytes


class Superseded(ValueError):
    """What was kept is whole, but it is a copy of something that is not asked for any more."""


@attrs.frozen
class Format(Generic[T]):
    """How one kind of copy is written and read."""

    write: Callable[[T], bytes]
    read: Callable[[bytes], T]

    def seal(self, name: str, value: T, fetched_at: dt.datetime) -> bytes:
        """The bytes for *value*, fit only for this *name* and time."""
        body = self.write(value)
        return _digest(name, body, fetched_at) + body

    def unseal(self, name: str, shelved: Shelved) -> T:
        """
        Read what `seal` wrote.

        Raises:
            ValueError: it is not that, or not for this *name*, or not any more.
            Superseded: it is that, but of another source.
        """
        digest, body = shelved.body[:DIGEST_SIZE], shelved.body[DIGEST_SIZE:]
        if digest != _digest(name, body, shelved.fetched_at):
            raise ValueError("The digest does not match.")
        try:
            return self.read(body)
        except (msgspec.MsgspecError, InputRefused) as error:
            raise ValueError("It was written by another version.") from error


def _digest(name: str, body: bytes, fetched_at: dt.datetime) -> bytes:
    about = f"{name}\n{fetched_at.astimezone(dt.UTC).isoformat()}\n".encode()
    return hashlib.blake2b(about + body, digest_size=DIGEST_SIZE).digest()


def _write_branding(branding: Branding) -> bytes:
    def stored(image: BrandingImage | None) -> StoredImage | None:
        return None if image is None else StoredImage(src=image.src, alt=image.alt)

    return msgspec.json.encode(
        StoredBranding(
            logo_full=stored(branding.logo_full),
            logo_square=stored(branding.logo_square),
            button_default=stored(branding.button_default),
            button_hover=stored(branding.button_hover),
            source_id=branding.source_id,
        )
    )


def _read_branding(body: bytes) -> Branding:
    def image(stored: StoredImage | None) -> BrandingImage | None:
        return None if stored is None else BrandingImage(src=stored.src, alt=stored.alt)

    stored = msgspec.json.decode(body, type=StoredBranding)
    return Branding(
        logo_full=image(stored.logo_full),
        logo_square=image(stored.logo_square),
        button_default=image(stored.button_default),
        button_hover=image(stored.button_hover),
        source_id=stored.source_id,
    )


def _write_integrations(reported: Reported) -> bytes:
    return msgspec.json.encode(
        [
            StoredIntegration(
                key=each.key,
                name=each.name,
                enabled=each.enabled,
                source_type=each.source_type.value,
                is_beta=each.is_beta,
            )
            for each in reported
        ]
    )


def _read_integrations(body: bytes) -> Reported:
    return tuple(
        ReportedIntegration(
            key=parse_platform_key(stored.key),
            name=stored.name,
            enabled=stored.enabled,
            source_type=SourceType(stored.source_type),
            is_beta=stored.is_beta,
        )
        for stored in msgspec.json.decode(body, type=list[StoredIntegration])
    )


def picture_from(src: str) -> Format[Picture]:
    """How the picture at *src* is written and read."""

    def write(picture: Picture) -> bytes:
        return msgspec.json.encode(StoredPicture(src=src, content=picture.content))

    def read(body: bytes) -> Picture:
        stored = msgspec.json.decode(body, type=StoredPicture)
        if stored.src != src:
            raise Superseded
        # What is a picture may be seen more strictly by now.
        return parse_picture(stored.content)

    return Format(write, read)


BRANDING: Final = Format(_write_branding, _read_branding)
INTEGRATIONS: Final = Format(_write_integrations, _read_integrations)
