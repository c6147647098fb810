"""The names by which things are known; parsed and checked in `domain.model`."""

from typing import NewType


PlatformKey = NewType("PlatformKey", str)
"""Codat's four-letter name of an integration, for example `gbol` for Xero."""

MerchantIdentifier = NewType("MerchantIdentifier", str)
"""The platform's opaque name for one of its merchants."""

SyncSessionId = NewType("SyncSessionId", str)
RedirectId = NewType("RedirectId", str)
CompanyId = NewType("CompanyId", str)
"""Codat's id of the company that stands for a merchant, a UUID."""

ReturnName = NewType("ReturnName", str)
"""The operator's name for one registered address to send merchants back to."""

LogoName = NewType("LogoName", str)
"""The operator's name for one of the platform's logos."""

Secret = NewType("Secret", str)
"""A connect token or the value of the hosted page's cookie: never stored, logged or shown."""
