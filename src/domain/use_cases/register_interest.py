"""Note that a merchant wants to be told when an integration is ready."""

import attrs

from domain.errors import IntegrationNotComingSoon
from domain.model.caller import MerchantCaller
from domain.model.integration import Availability, parse_choice
from domain.model.interest import Interest
from domain.ports.clock import Clock
from domain.ports.interest_book import InterestBook
from domain.use_cases.list_integrations import ListIntegrations


@attrs.frozen(kw_only=True)
class RegisterInterest:
    """Writes down what merchants ask to be told of; the platform is the one who tells them."""

    integrations: ListIntegrations
    book: InterestBook
    clock: Clock

    async def __call__(self, platform_key: object, caller: MerchantCaller) -> bool:
        """
        Note it, and say whether it is new; to ask again changes nothing.

        Raises:
            InputRefused: *platform_key* is no key.
            IntegrationUnknown: it is not on offer to this merchant; so is the connector.
            IntegrationNotComingSoon: it can be connected already, or is switched off.
            CodatError: Codat cannot be asked, and there is no earlier list.
            StorageUnavailable: it could not be written.
        """
        key = parse_choice(platform_key)
        offer = await self.integrations.without_branding(caller)
        integration = offer.catalogue.find(key)
        if integration.availability is not Availability.COMING_SOON:
            availability = integration.availability.value
            raise IntegrationNotComingSoon(key, integration.name, availability)
        interest = Interest(merchant=caller.identifier, platform_key=key, since=self.clock.now())
        return await self.book.record(interest)
