"""`tillbridge integrations`."""

import datetime as dt

import msgspec

from domain.model.integration import Branding
from domain.use_cases.list_integrations import Offer
from entrypoints.cli.parameters import AsJson, Here
from entrypoints.cli.wording import columns, moment
from entrypoints.views import IntegrationView, integration_view


class LeftOutView(msgspec.Struct, rename="camel", frozen=True):
    """An integration that merchants do not see."""

    key: str
    name: str
    why: str


class LastKnownView(msgspec.Struct, rename="camel", frozen=True):
    """The list is an older one: Codat could not be asked."""

    as_of: dt.datetime


class OfferView(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """What is on offer and what is not; *last_known* is there only in an outage."""

    integrations: list[IntegrationView]
    left_out: list[LeftOutView]
    last_known: LastKnownView | msgspec.UnsetType = msgspec.UNSET


async def integrations(*, as_json: AsJson = False, here: Here) -> None:
    """
    Show what a merchant would be offered, and what is left out and why.

    Example: tillbridge integrations
    """
    async with here.running() as container:
        offer = await container.list_integrations()(here.caller)
        now = container.clock().now()
    if offer.last_known:
        here.note("Codat does not answer: this is the last known list.")
    if as_json:
        here.document(_view(offer))
        return
    here.answer(f"On offer (as of {moment(offer.as_of, now)}):")
    for line in columns(
        [
            ("KEY", "NAME", "AVAILABILITY", "BRANDING"),
            *(
                (i.key, i.name, i.availability.value, "no" if i.branding == Branding() else "yes")
                for i in offer.catalogue.offered
            ),
        ]
    ):
        here.answer(line)
    here.answer()
    here.answer("Left out:")
    left_out = [(entry.key, entry.name, entry.why.value) for entry in offer.catalogue.left_out]
    for line in columns([("KEY", "NAME", "BECAUSE"), *left_out]):
        here.answer(line)


def _view(offer: Offer) -> OfferView:
    return OfferView(
        integrations=[integration_view(integration) for integration in offer.catalogue.offered],
        left_out=[
            LeftOutView(key=entry.key, name=entry.name, why=entry.why.value)
            for entry in offer.catalogue.left_out
        ],
        last_known=LastKnownView(as_of=offer.as_of) if offer.last_known else msgspec.UNSET,
    )
