"""
What callers get to see, in the words of the HTTP API; the command line's `--json` is the same.

Names are camelCase as in Codat's API, times are ISO 8601 in UTC with a `Z`.
What is not there is left out; nothing is ever `null`.
"""

import datetime as dt
from collections.abc import Iterable

import msgspec

from domain.ids import MerchantIdentifier
from domain.model.actor import as_told_to_merchant
from domain.model.integration import (
    Availability,
    Branding,
    BrandingImage,
    Integration,
    SourceType,
)
from domain.model.interest import Demand, Interest
from domain.model.sync_session import (
    Happening,
    Redirect,
    SyncSession,
    SyncSessionStatus,
    TimelineEntry,
)


class RedirectView(msgspec.Struct, rename="camel", frozen=True):
    """One hand-off of one sync flow URL to one browser, *by* a caller."""

    id: str
    at: dt.datetime
    by: str


class SessionView(msgspec.Struct, rename="camel", frozen=True):
    """A sync session with the hand-offs that took place, oldest first."""

    id: str
    merchant_identifier: str
    platform_key: str
    status: SyncSessionStatus
    created_at: dt.datetime
    redirects: list[RedirectView]


class TimelineEntryView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One thing that happened; *detail* is a short code."""

    at: dt.datetime
    what: Happening
    by: str
    redirect: str | msgspec.UnsetType = msgspec.UNSET
    detail: str | msgspec.UnsetType = msgspec.UNSET


class SessionDetailView(SessionView, rename="camel", frozen=True):
    """A sync session with everything that happened to it, oldest first."""

    timeline: list[TimelineEntryView]


class ImageView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """A picture: *src* is an absolute URL."""

    src: str
    alt: str | msgspec.UnsetType = msgspec.UNSET


class PictureView(msgspec.Struct, rename="camel", frozen=True):
    """Codat wraps each image once more."""

    image: ImageView


class LogoView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """The logos that there are."""

    full: PictureView | msgspec.UnsetType = msgspec.UNSET
    square: PictureView | msgspec.UnsetType = msgspec.UNSET


class ButtonView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """The artwork of the buttons that there are; usually none."""

    default: PictureView | msgspec.UnsetType = msgspec.UNSET
    hover: PictureView | msgspec.UnsetType = msgspec.UNSET


class BrandingView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """How an integration wants to be shown, in Codat's own shape."""

    logo: LogoView
    button: ButtonView
    source_id: str | msgspec.UnsetType = msgspec.UNSET


class IntegrationView(msgspec.Struct, rename="camel", frozen=True):
    """An integration as a merchant meets it."""

    key: str
    name: str
    source_type: SourceType
    availability: Availability
    branding: BrandingView


class AskedView(msgspec.Struct, rename="camel", frozen=True):
    """A merchant who asked to be told."""

    merchant_identifier: str
    since: dt.datetime


class InterestView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """How many *merchants* want one integration; *asked_by* is there only where it was wanted."""

    platform_key: str
    name: str
    merchants: int
    asked_by: list[AskedView] | msgspec.UnsetType = msgspec.UNSET


class InterestList(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """
    What merchants wait for, the most wanted first.

    Pass *next* as `after` for more of those who asked.
    """

    interest: list[InterestView]
    next: str | msgspec.UnsetType = msgspec.UNSET


def session_view(session: SyncSession, *, for_merchant: bool = False) -> SessionView:
    """A sync session without its timeline; a merchant is not told names of the platform's own."""
    return SessionView(
        id=session.id,
        merchant_identifier=session.merchant,
        platform_key=session.platform_key,
        status=session.status,
        created_at=session.created_at,
        redirects=[
            _redirect_view(redirect, for_merchant=for_merchant) for redirect in session.redirects
        ],
    )


def session_detail(session: SyncSession, *, for_merchant: bool = False) -> SessionDetailView:
    """The same with its timeline; no fingerprint leaves the store."""
    return SessionDetailView(
        **msgspec.structs.asdict(session_view(session, for_merchant=for_merchant)),
        timeline=[_entry_view(entry, for_merchant=for_merchant) for entry in session.timeline],
    )


def integration_view(integration: Integration) -> IntegrationView:
    """One integration on offer."""
    return IntegrationView(
        key=integration.key,
        name=integration.name,
        source_type=integration.source_type,
        availability=integration.availability,
        branding=branding_view(integration.branding),
    )


def branding_view(branding: Branding) -> BrandingView:
    """Branding as Codat words it; `logo` and `button` are always there, perhaps empty."""
    return BrandingView(
        logo=LogoView(full=_picture(branding.logo_full), square=_picture(branding.logo_square)),
        button=ButtonView(
            default=_picture(branding.button_default), hover=_picture(branding.button_hover)
        ),
        source_id=_or_unset(branding.source_id),
    )


def interest_in_all(demands: Iterable[Demand]) -> InterestList:
    """How many merchants wait for each integration."""
    return InterestList(interest=[_interest_view(demand) for demand in demands])


def interest_in_one(
    demand: Demand, asked: Iterable[Interest], more: MerchantIdentifier | None = None
) -> InterestList:
    """How many wait for one, and who; *more* is whom the next page comes after."""
    asked_by = [AskedView(merchant_identifier=i.merchant, since=i.since) for i in asked]
    return InterestList(interest=[_interest_view(demand, asked_by)], next=_or_unset(more))


def _interest_view(
    demand: Demand, asked_by: list[AskedView] | msgspec.UnsetType = msgspec.UNSET
) -> InterestView:
    return InterestView(
        platform_key=demand.platform_key,
        name=demand.name,
        merchants=demand.merchants,
        asked_by=asked_by,
    )


def _redirect_view(redirect: Redirect, *, for_merchant: bool) -> RedirectView:
    by = _by(redirect.actor, for_merchant=for_merchant)
    return RedirectView(id=redirect.id, at=redirect.at, by=by)


def _entry_view(entry: TimelineEntry, *, for_merchant: bool) -> TimelineEntryView:
    return TimelineEntryView(
        at=entry.at,
        what=entry.what,
        by=_by(entry.actor, for_merchant=for_merchant),
        redirect=_or_unset(entry.redirect),
        detail=_or_unset(entry.detail),
    )


def _by(actor: str, *, for_merchant: bool) -> str:
    return as_told_to_merchant(actor) if for_merchant else actor


def _picture(image: BrandingImage | None) -> PictureView | msgspec.UnsetType:
    if image is None:
        return msgspec.UNSET
    return PictureView(image=ImageView(src=image.src, alt=_or_unset(image.alt)))


def _or_unset(text: str | None) -> str | msgspec.UnsetType:
    return msgspec.UNSET if text is None else text
