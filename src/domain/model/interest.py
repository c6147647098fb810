"""What merchants would connect if they could: who asked to be told, and how many did."""

import datetime as dt

import attrs

from domain.ids import MerchantIdentifier, PlatformKey


@attrs.frozen(kw_only=True)
class Interest:
    """A *merchant* asked to be told when an integration that is coming soon is ready."""

    merchant: MerchantIdentifier
    platform_key: PlatformKey
    since: dt.datetime


@attrs.frozen(kw_only=True)
class Demand:
    """How many *merchants* asked to be told of one integration."""

    platform_key: PlatformKey
    name: str
    merchants: int
