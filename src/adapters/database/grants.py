"""Secrets and what they stand for: the rows of connect tokens and browser sessions."""

import datetime as dt
import hashlib
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from adapters.database.moments import from_micros, to_micros
from adapters.database.prepared import Prepared
from domain.errors import InputRefused, StorageUnavailable
from domain.ids import MerchantIdentifier, PlatformKey, ReturnName, Secret
from domain.model.brand import parse_brand
from domain.model.caller import ConnectGrant, Grant
from domain.model.merchant import Merchant


LONGEST_LIFE: Final = dt.timedelta(days=1)
"""No secret that is kept here is good for longer; see `long_before`."""

MOST_PRUNED: Final = 100
"""Rows that one write throws away at most, so that no write takes long."""


class StandsFor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A `Grant` as it is stored, in JSON."""

    merchant: str
    merchant_name: str | None = None
    integrations: list[str] | None = None
    return_to: str | None = None
    locale: str | None = None
    brand: dict[str, Any] | None = None
    visit_ends: int | None = None


def hash_of(secret: Secret, kind: str) -> bytes:
    """
    The 32 bytes by which a secret of this *kind* is known.

    The kind is hashed with it, so that a secret of one kind is never taken for another.
    A secret has 256 random bits, so a plain hash cannot be guessed from.
    """
    return hashlib.sha256(f"{kind}:{secret}".encode(errors="surrogatepass")).digest()


def to_row(key: bytes, kept: ConnectGrant) -> dict[str, Any]:
    """The row for what the secret of hash *key* stands for."""
    grant = kept.grant
    stands_for = StandsFor(
        merchant=grant.merchant.identifier,
        merchant_name=grant.merchant.name,
        integrations=None if grant.integrations is None else sorted(grant.integrations),
        return_to=grant.return_to,
        locale=grant.locale,
        brand=grant.brand.fields() or None,
        visit_ends=None if kept.visit_ends is None else to_micros(kept.visit_ends),
    )
    return {
        "hash": key,
        "stands_for": msgspec.json.encode(stands_for).decode(),
        "expires_at": to_micros(kept.expires_at),
    }


def from_row(stands_for: str, expires_at: int) -> ConnectGrant:
    """
    What the row stands for.

    Raises:
        StorageUnavailable: it is damaged.
    """
    try:
        stored = msgspec.json.decode(stands_for, type=StandsFor)
        brand = parse_brand(stored.brand)
    except (msgspec.MsgspecError, InputRefused):
        raise StorageUnavailable("a stored login is damaged") from None
    integrations = None
    if stored.integrations is not None:
        integrations = frozenset(PlatformKey(key) for key in stored.integrations)
    return ConnectGrant(
        grant=Grant(
            merchant=Merchant(
                identifier=MerchantIdentifier(stored.merchant), name=stored.merchant_name
            ),
            integrations=integrations,
            return_to=None if stored.return_to is None else ReturnName(stored.return_to),
            locale=stored.locale,
            brand=brand,
        ),
        expires_at=from_micros(expires_at),
        visit_ends=None if stored.visit_ends is None else from_micros(stored.visit_ends),
    )


def pruning(table: sa.Table) -> Prepared:
    """Throw away some of what expired in *table* up to `long_ago`."""
    expired = sa.select(table.c.hash).where(table.c.expires_at <= sa.bindparam("long_ago"))
    # What another process throws away at this moment is no reason to wait for it.
    unlocked = expired.with_for_update(skip_locked=True)
    # Numbers as they are: what has a value of its own, without a name, cannot be prepared.
    some = unlocked.limit(sa.literal_column(str(MOST_PRUNED))).offset(sa.literal_column("0"))
    return Prepared(sa.delete(table).where(table.c.hash.in_(some)))


def long_before(kept: ConnectGrant) -> dict[str, int]:
    """
    What has expired if *kept* is new, for `pruning`.

    Whoever writes does not know the time, and need not: what expires a day before something
    new does has expired already, for nothing here is good for a day.
    """
    return {"long_ago": to_micros(kept.expires_at - LONGEST_LIFE)}
