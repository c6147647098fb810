"""The pages of the sync flow UI."""

from typing import Any

import attrs
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from adapters.codat_simulator.configuration import OPTIONS, default_account
from adapters.codat_simulator.state import Simulator
from adapters.codat_simulator.sync_flow import course
from adapters.codat_simulator.sync_flow.answers import ZONES
from adapters.codat_simulator.texts import ACCOUNTS, REQUIRED
from adapters.codat_simulator.visits import ACCOUNTING, COMMERCE, Visit


_SIDEBAR = {
    COMMERCE: "setupSidebar-checkboxes-connectToCommerce",
    ACCOUNTING: "setupSidebar-checkboxes-connectToAccounting",
    "sales": "setupSidebar-checkboxes-sales",
    "fees": "setupSidebar-checkboxes-fees",
    "payments": "setupSidebar-checkboxes-payments",
    "schedule": "setupSidebar=checkboxes-syncSchedule",
}


@attrs.frozen
class Step:
    """One line of the list of stages."""

    title: str
    state: str


@attrs.frozen
class Choice:
    """One dropdown of a mapping stage."""

    name: str
    label: str
    required: bool
    chosen: str


@attrs.define
class Pages:
    """Renders pages with the client's own texts and dropdowns."""

    _simulator: Simulator
    _templates: Environment = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._templates = Environment(
            loader=PackageLoader("adapters.codat_simulator.sync_flow"),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def stage(self, visit: Visit, stage: str) -> str:
        """A stage of the setup."""
        template = {COMMERCE: "connect.html", ACCOUNTING: "connect.html"}.get(
            stage, "schedule.html" if stage == "schedule" else "mapping.html"
        )
        key = visit.minted.commerce_key if stage == COMMERCE else visit.minted.accounting_key
        visible = stage in ACCOUNTS
        return self._render(
            template,
            visit,
            stage=stage,
            steps=self._steps(visit, stage),
            title=self._text(visit, f"content-{stage}-title")
            if visible
            else self._text(visit, _SIDEBAR[stage]),
            description=self._text(visit, f"content-{stage}-description") if visible else "",
            integration=self._simulator.catalogue.integrations[key],
            choices=self._choices(visit, stage) if visible else [],
            options=OPTIONS,
            zones=ZONES,
            today=f"{self._simulator.clock.now():%Y-%m-%d}",
            answers=visit.answers,
            previous=visit.before(stage),
            previous_label=self._text(visit, "misc-previousButton"),
            next_label=self._text(visit, "misc-nextButton"),
            required_hint=self._text(visit, "required-indicator"),
            first=visit.before(stage) is None,
        )

    def settings(self, visit: Visit) -> str:
        """What a merchant sees who has been through all of it."""
        company, commerce, accounting = course.parties(self._simulator, visit.minted)
        configuration = self._simulator.configuration(company)
        return self._render(
            "settings.html",
            visit,
            connections=[(COMMERCE, commerce), (ACCOUNTING, accounting)],
            enabled=configuration.enabled,
            schedule=configuration.body()["schedule"],
        )

    def done(self, visit: Visit) -> str:
        """The success page, for platforms that gave no `redirectUrl`."""
        return self._render("done.html", visit)

    def left(self, visit: Visit) -> str:
        """The page of those who will finish later, without a `redirectUrl`."""
        return self._render("left.html", visit)

    def refused(self, visit: Visit | None) -> str:
        """The page of a code that is used, expired or wrong."""
        resume = None if visit is None or visit.over else f"/{visit.minted.id}"
        return self._templates.get_template("refused.html").render(resume=resume)

    def plain(self, title: str, text: str) -> str:
        """A page of one paragraph."""
        return self._templates.get_template("plain.html").render(title=title, text=text)

    def _render(self, template: str, visit: Visit, **values: Any) -> str:
        company = self._simulator.companies.get(visit.minted.company_id)
        integrations = self._simulator.catalogue.integrations
        return self._templates.get_template(template).render(
            base=f"/{visit.minted.id}",
            way_out=course.way_out(visit),
            company=company.name,
            heading=self._text(visit, "setupSidebar-title"),
            commerce=integrations[visit.minted.commerce_key],
            accounting=integrations[visit.minted.accounting_key],
            **values,
        )

    def _text(self, visit: Visit, key: str) -> str:
        integrations = self._simulator.catalogue.integrations
        accounting = integrations[visit.minted.accounting_key].name
        return (
            self._simulator.texts.say(key)
            .replace("{c}", integrations[visit.minted.commerce_key].name)
            .replace("{a}", accounting)
            .replace("{platform name}", accounting)
        )

    def _steps(self, visit: Visit, current: str) -> list[Step]:
        steps = []
        passed = True
        for stage, key in _SIDEBAR.items():
            if stage == current:
                passed = False
                state = "current"
            elif passed or stage in visit.skipped:
                state = "done"
            else:
                state = "ahead"
            steps.append(Step(self._text(visit, key), state))
        return steps

    def _choices(self, visit: Visit, stage: str) -> list[Choice]:
        visible = self._simulator.visible_accounts.get(visit.minted.commerce_key)
        return [
            Choice(
                name=f"{stage}-{key}",
                label=self._text(visit, f"content-{stage}-accounts-entries-{key}"),
                required=key in REQUIRED[stage],
                chosen=visit.answers.get(f"{stage}-{key}", default_account(stage, key)),
            )
            for key in ACCOUNTS[stage]
            if visible is None or key in REQUIRED[stage] or f"{stage}-accounts-{key}" in visible
        ]
