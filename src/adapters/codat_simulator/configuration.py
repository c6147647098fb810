"""
A company's Sync for Commerce configuration.

Codat documents the shape and the rules, but no body for setting it: this simulator takes
any part of the shape and lays it over what is there.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from adapters.codat_simulator import errors
from adapters.codat_simulator.syncs import moment
from adapters.codat_simulator.texts import ACCOUNTS, REQUIRED
from adapters.codat_simulator.wire import Company


Json = dict[str, Any]

SUBMITTED = "Submitted"
_NOMINALS = (
    ("200", "Sales", "Income"),
    ("090", "Bank", "Asset"),
    ("310", "Prepayments", "Liability"),
    ("404", "Bank fees", "Expense"),
    ("405", "Cash up", "Asset"),
)
OPTIONS = [
    {"id": f"account-{code}", "name": name, "nominalCode": code, "classification": kind}
    for code, name, kind in _NOMINALS
]
_DEFAULTS = {"sales": "account-200", "fees": "account-404", "payments": "account-090"}
_OTHER_DEFAULTS = {"prepaid": "account-310", "payout": "account-405"}
_SELECTIONS = {
    "selectedFrequency": "frequencyOptions",
    "selectedInvoiceStatus": "invoiceStatusOptions",
    "selectedCustomerId": "customerOptions",
    "selectedTaxRateId": "taxRateOptions",
    "selectedGroupingPeriod": "groupingPeriodOptions",
    "selectedSupplierId": "supplierOptions",
    "selectedAccountId": "accountOptions",
}
# Codat's older clients look for these at the top level.
SECTIONS = ("sales", "payments", "newPayments", "fees")


def default_account(stage: str, key: str) -> str:
    """What the short sync flow chooses where the merchant chose nothing."""
    return _OTHER_DEFAULTS.get(key, _DEFAULTS[stage])


class Configuration:
    """What is configured for one company."""

    def __init__(self, company_id: str, start_date: str) -> None:
        self._body: Json = _blank(company_id, start_date)

    @property
    def ready(self) -> bool:
        """Whether syncs may run as far as the configuration goes."""
        return bool(self._body["enabled"] and self._body["configured"])

    @property
    def configured(self) -> bool:
        """Whether somebody went through with it once."""
        return bool(self._body["configured"])

    @property
    def enabled(self) -> bool:
        """Whether syncs are switched on."""
        return bool(self._body["enabled"])

    def body(self) -> Json:
        """The configuration as the API shows it, in the old shape and the new one at once."""
        sections = {name: self._body["configuration"].get(name) for name in SECTIONS}
        return {**self._body, "enable": self._body["enabled"], **sections}

    def switch(self, *, on: bool) -> None:
        """Enable or disable syncs."""
        self._body["enabled"] = on

    def finish(self, accounting_name: str, chosen: Mapping[str, str]) -> None:
        """
        Complete the configuration as the sync flow does.

        Args:
            accounting_name: of the accounting software.
            chosen: account by `stage-key`, such as `sales-refund`, and `startDate`,
                `syncHour`, `timeZone`; what is missing gets a default.
        """
        sections = self._body["configuration"]
        for stage, keys in ACCOUNTS.items():
            section = sections[stage]
            section[f"sync{stage.capitalize()}"] = True
            for key in keys:
                account = chosen.get(f"{stage}-{key}", default_account(stage, key))
                section["accounts"][key]["selectedAccountId"] = account
        sections["newPayments"] = deepcopy(sections["payments"])
        sales = sections["sales"]
        sales["invoiceStatus"]["selectedInvoiceStatus"] = SUBMITTED
        sales["salesCustomer"]["selectedCustomerId"] = "customer-1"
        sales["grouping"]["groupingPeriod"]["selectedGroupingPeriod"] = "Daily"
        for rate in sales["taxRates"].values():
            rate["selectedTaxRateId"] = "tax-20"
        sections["fees"]["feesSupplier"]["selectedSupplierId"] = "supplier-1"
        schedule = self._body["schedule"]
        schedule["selectedFrequency"] = "Daily"
        schedule["startDate"] = chosen.get("startDate", schedule["startDate"])
        schedule["syncHour"] = int(chosen.get("syncHour", "0"))
        schedule["timeZone"] = chosen.get("timeZone", "Etc/UTC")
        self._body["accountingSoftwareCompanyName"] = f"{accounting_name} demo company"
        self._body["configured"] = self._body["enabled"] = True

    def change(self, part: Json, company: Company) -> None:
        """
        Lay *part* over the configuration; it counts as configured once no rule is broken.

        Raises:
            CodatError: a field that there is not, a value of the wrong kind, an option that is
                not offered, or enabling what breaks a rule.
        """
        part = dict(part)
        if "enable" in part:
            part["enabled"] = part.pop("enable")
        for name in ("companyId", "configured", *SECTIONS):
            part.pop(name, None)
        candidate = _merged(self._body, part)
        wrong = list(_not_offered(candidate))
        broken = list(_broken_rules(candidate, company))
        if candidate["enabled"]:
            wrong += broken
        if wrong:
            raise errors.invalid(*((item, message, "Configuration") for item, message in wrong))
        candidate["configured"] = candidate["configured"] or not broken
        self._body = candidate


def _blank(company_id: str, start_date: str) -> Json:
    sections: Json = {
        stage: {
            f"sync{stage.capitalize()}": False,
            "accounts": {
                key: {
                    "labelText": label,
                    "descriptionText": "",
                    "selectedAccountId": None,
                    "required": key in REQUIRED[stage],
                    "accountOptions": OPTIONS,
                }
                for key, label in labels.items()
            },
        }
        for stage, labels in ACCOUNTS.items()
    }
    tax_rates = [{"id": "tax-0", "name": "No tax"}, {"id": "tax-20", "name": "Standard rate"}]
    commerce_rates = [{"id": "commerce-20", "name": "VAT 20%"}]
    sections["sales"] |= {
        "invoiceStatus": {
            "selectedInvoiceStatus": None,
            "invoiceStatusOptions": [SUBMITTED, "Draft"],
        },
        "salesCustomer": {
            "selectedCustomerId": None,
            "customerOptions": [{"id": "customer-1", "name": "Counter sales"}],
        },
        "taxRates": {
            rate: {"selectedTaxRateId": None, "taxRateOptions": tax_rates}
            for rate in ("0", "5", "10", "20")
        },
        "newTaxRates": {
            "accountingTaxRateOptions": tax_rates,
            "commerceTaxRateOptions": commerce_rates,
            "taxRateMappings": [],
            "selectedDefaultZeroTaxRateId": None,
            "defaultZeroTaxRateOptions": tax_rates,
        },
        "grouping": {
            "groupingPeriod": {
                "selectedGroupingPeriod": None,
                "groupingPeriodOptions": ["Daily", "Individual"],
            },
            "groupingLevels": {
                "invoiceLevel": {"selectedGroupByOptions": [], "groupByOptions": ["Location"]},
                "invoiceLineLevel": {"selectedGroupByOptions": [], "groupByOptions": ["Item"]},
            },
        },
    }
    sections["fees"]["feesSupplier"] = {
        "selectedSupplierId": None,
        "supplierOptions": [{"id": "supplier-1", "name": "Payment processor"}],
    }
    return {
        "companyId": company_id,
        "accountingSoftwareCompanyName": "",
        "enabled": False,
        "configured": False,
        "schedule": {
            "selectedFrequency": None,
            "frequencyOptions": ["Daily"],
            "startDate": start_date,
            "syncHour": 0,
            "timeZone": "Etc/UTC",
        },
        "configuration": {
            "countryCode": "GB",
            "mapSettings": {"outputFormat": "JournalEntry"},
            **sections,
            "newPayments": deepcopy(sections["payments"]),
        },
    }


def _merged(old: Json, new: Json) -> Json:
    both = dict(old)
    for key, value in new.items():
        if key not in old:
            raise errors.invalid((key, "There is no such field.", "Configuration"))
        before = old[key]
        if key.endswith("Options") and not key.startswith("selected"):
            # What is offered is not the caller's to say.
            continue
        if isinstance(before, dict) and value is None:
            continue
        if not _fits(key, before, value):
            message = "A value of this kind does not fit here."
            raise errors.invalid((key, message, "Configuration"))
        both[key] = _merged(before, value) if isinstance(before, dict) else value
    return both


def _fits(key: str, before: Any, value: Any) -> bool:
    if key == "syncHour":
        return type(value) is int and value in range(24)
    if key == "startDate":
        return isinstance(value, str) and bool(moment(value, key))
    if isinstance(before, bool | dict | list):
        return isinstance(value, type(before))
    return value is None or isinstance(value, str)


def _not_offered(node: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        offered = node.get(_SELECTIONS.get(key, ""))
        if value is not None and isinstance(offered, list):
            choices = [item["id"] if isinstance(item, dict) else item for item in offered]
            if value not in choices:
                yield key, f"{value} is not among the options offered."
        yield from _not_offered(value)


def _broken_rules(body: Json, company: Company) -> Iterator[tuple[str, str]]:
    linked = {item.source_type for item in company.data_connections if item.status == "Linked"}
    if not {"Accounting", "Commerce"} <= linked:
        yield "dataConnections", "An accounting and a commerce connection must be linked."
    sections = body["configuration"]
    sales, fees, payments = (sections[stage] for stage in ACCOUNTS)
    if body["schedule"]["selectedFrequency"] is None:
        yield "schedule", "A frequency must be selected."
    if sales["salesCustomer"]["selectedCustomerId"] is None:
        yield "salesCustomer", "A sales customer must be selected."
    if sales["grouping"]["groupingPeriod"]["selectedGroupingPeriod"] is None:
        yield "grouping", "A grouping period must be selected."
    if any(rate["selectedTaxRateId"] is None for rate in sales["taxRates"].values()):
        yield "taxRates", "Every tax rate must be selected."
    yield from _broken_across(sales, fees, payments)
    yield from _clashes(sales["accounts"], payments["accounts"])


def _broken_across(sales: Json, fees: Json, payments: Json) -> Iterator[tuple[str, str]]:
    status = sales["invoiceStatus"]["selectedInvoiceStatus"]
    if status is None:
        yield "invoiceStatus", "An invoice status must be selected."
    if payments["syncPayments"] and status != SUBMITTED:
        yield "invoiceStatus", "Payments need the invoice status Submitted."
    if fees["syncFees"] and not payments["syncPayments"]:
        yield "fees", "Fees need payments to be configured."
    if fees["syncFees"] and fees["feesSupplier"]["selectedSupplierId"] is None:
        yield "feesSupplier", "Fees need a supplier."
    for stage, section in (("sales", sales), ("fees", fees), ("payments", payments)):
        for key, account in section["accounts"].items():
            if account["required"] and account["selectedAccountId"] is None:
                yield f"{stage}-{key}", "A required account must be selected."


def _clashes(sales: Json, payments: Json) -> Iterator[tuple[str, str]]:
    def same(one: Json, other: Json) -> bool:
        account = one["selectedAccountId"]
        return account is not None and account == other["selectedAccountId"]

    if same(sales["prepaid"], payments["prepaidPayment"]):
        yield "prepaid", "Prepaid and prepaid payments must not share an account."
    if same(payments["card"], payments["payout"]):
        yield "payout", "Card and payout must not share an account."
