"""Everything that one simulator remembers, shared by its two servers."""

import asyncio
from typing import TypeVar

import attrs

from adapters.codat_simulator import errors
from adapters.codat_simulator.catalogue import Catalogue, catalogue_for
from adapters.codat_simulator.clock import SimulatedClock, iso
from adapters.codat_simulator.companies import Companies
from adapters.codat_simulator.configuration import Configuration
from adapters.codat_simulator.dice import Dice
from adapters.codat_simulator.idempotency import Idempotency
from adapters.codat_simulator.ledger import Ledger
from adapters.codat_simulator.play import Play
from adapters.codat_simulator.quota import Quota
from adapters.codat_simulator.scenario import Scenario
from adapters.codat_simulator.script import Titled
from adapters.codat_simulator.settings import SimulatorSettings
from adapters.codat_simulator.syncs import Syncs
from adapters.codat_simulator.texts import Texts
from adapters.codat_simulator.visits import Visits
from adapters.codat_simulator.vocabulary import RateLimit, ScenarioChange
from adapters.codat_simulator.wire import Company


T = TypeVar("T")


@attrs.define(kw_only=True)
class Simulator:
    """
    The simulated Codat.

    Attributes:
        api_url: origin of the API, where the pictures lie too.
        sync_flow_url: origin of the sync flow UI.
        closing: set when the servers stop, and at a reset, so that nothing keeps them waiting.
    """

    settings: SimulatorSettings
    api_url: str
    sync_flow_url: str
    clock: SimulatedClock = attrs.field(factory=SimulatedClock)
    closing: asyncio.Event = attrs.field(factory=asyncio.Event)
    visible_accounts: dict[str, list[str]] = attrs.field(factory=dict)
    texts: Texts = attrs.field(factory=Texts)
    dice: Dice = attrs.field(init=False)
    catalogue: Catalogue = attrs.field(init=False)
    companies: Companies = attrs.field(init=False)
    syncs: Syncs = attrs.field(init=False)
    ledger: Ledger = attrs.field(init=False)
    quota: Quota = attrs.field(init=False)
    scenario: Scenario = attrs.field(init=False)
    visits: Visits = attrs.field(init=False)
    idempotency: Idempotency = attrs.field(init=False)
    _configurations: dict[str, Configuration] = attrs.field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        now, settings = self.clock.now, self.settings
        self.dice = dice = Dice(settings.seed)
        self.catalogue = catalogue_for(
            settings.connector_key, settings.connector_side, self.api_url
        )
        self.companies = Companies(f"{self.sync_flow_url}/link", dice.uuid, lambda: iso(now()))
        self.syncs = Syncs(dice.uuid, now)
        self.ledger = Ledger(dice.code)
        self.quota = Quota(now, lambda: settings.other_companies + self.companies.active)
        self.scenario = Scenario(dice.strikes)
        self.visits = Visits(dice.uuid, now)
        self.idempotency = Idempotency(now)
        self._play_from_the_start()

    def configuration(self, company: Company) -> Configuration:
        """The configuration of the *company*, blank at first."""
        found = self._configurations.get(company.id)
        if found is None:
            found = Configuration(company.id, iso(self.clock.now()))
            self._configurations[company.id] = found
        return found

    def apply(self, change: ScenarioChange) -> None:
        """
        Switch on what the *change* names.

        Raises:
            ScenarioRefused: the change contradicts itself; then nothing changes.
        """
        self.scenario.add(change)
        if isinstance(change.seed, int):
            self.dice.reseed_odds(change.seed)
        limit = change.rate_limit
        if isinstance(limit, RateLimit):
            self.quota.override = limit.limit
            self.quota.retry_after_form = limit.retry_after_form
            if limit.remaining is not None:
                self.quota.leave(limit.remaining)

    def perform(self, titled: Titled) -> None:
        """Play a scenario file from its beginning, instead of the one that is being played."""
        script = titled.script
        seeds = (self.settings.seed, script.seed, 0)
        self.scenario.end()
        self.clock.run_at(script.clock_speed)
        self.scenario.begin(
            Play(
                script=script,
                name=titled.name,
                seed=next(seed for seed in seeds if seed is not None),
                began_at=self.clock.now(),
                now=self.clock.now,
                quota=self.quota,
            )
        )

    def clear_scenario(self) -> None:
        """No faults, the usual answers to open questions, a fresh quota."""
        self.scenario.clear()
        self.clock.run_at(1)
        self.quota.reset()

    def reset(self) -> None:
        """Forget everything, as if just started; calls that are being delayed are cut off."""
        self.closing.set()
        self.closing = asyncio.Event()
        self.clock.reset()
        self.dice.reset()
        self.companies.clear()
        self._configurations.clear()
        self.visible_accounts.clear()
        self.syncs.clear()
        self.texts.clear()
        self.ledger.clear()
        self.visits.clear()
        self.idempotency.clear()
        self.clear_scenario()
        self._play_from_the_start()

    def _play_from_the_start(self) -> None:
        if self.settings.scenario is not None:
            self.perform(self.settings.scenario)

    def integration_known(self, key: str) -> str:
        """
        The *key*, if there is such an integration.

        Raises:
            CodatError: there is none.
        """
        if key not in self.catalogue.integrations:
            raise errors.integration_missing(key)
        return key

    async def pause(self, seconds: float) -> bool:
        """Wait in real time; False if the servers stopped, or a reset came, in the meantime."""
        try:
            await asyncio.wait_for(self.closing.wait(), seconds)
        except TimeoutError:
            return True
        return False
