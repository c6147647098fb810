"""The texts of the sync flow UI and which of its dropdowns are visible."""

from collections.abc import Mapping

import attrs

from adapters.codat_simulator import errors
from adapters.codat_simulator.wire import Text


LOCALES = ("en-us", "fr-fr")

_SALES = {"sales": "Sales", "refund": "Refunds", "gratuity": "Gratuities", "prepaid": "Prepaid"}
_FEES = {
    "paymentFee": "Payment fees",
    "paymentFeeRefund": "Refunded payment fees",
    "loan": "Loans",
    "loanPayment": "Loan payments",
    "loanFee": "Loan fees",
    "cashback": "Cashback",
}
_PAYMENTS = {
    "card": "Card",
    "cash": "Cash",
    "invoice": "Invoice",
    "onlineCard": "Online card",
    "payout": "Payout",
    "custom": "Custom",
    "storeCredit": "Store credit",
    "paypal": "PayPal",
    "paypalQr": "PayPal QR",
    "mobile": "Mobile",
    "vipps": "Vipps",
    "swish": "Swish",
    "prepaidPayment": "Prepaid",
    "manual": "Manual",
}
ACCOUNTS: Mapping[str, Mapping[str, str]] = {
    "sales": _SALES,
    "fees": _FEES,
    "payments": _PAYMENTS,
}
REQUIRED = {"sales": ("sales", "refund"), "fees": (), "payments": ("card",)}


def _defaults() -> dict[str, str]:
    texts = {
        "setupSidebar-title": "Set up Sync to {platform name}",
        "setupSidebar-checkboxes-connectToCommerce": "Connect to {c}",
        "setupSidebar-checkboxes-connectToAccounting": "Connect to {a}",
        "setupSidebar-checkboxes-sales": "Set up sales",
        "setupSidebar-checkboxes-fees": "Set up fees",
        "setupSidebar-checkboxes-payments": "Set up payments",
        # Codat prints this one with an equals sign.
        "setupSidebar=checkboxes-syncSchedule": "Set up sync schedule",
        "misc-previousButton": "Previous",
        "misc-nextButton": "Next",
        "required-indicator": "Indicates a required field",
    }
    for stage in ACCOUNTS:
        texts[f"content-{stage}-title"] = stage.capitalize()
        texts[f"content-{stage}-description"] = ""
    sections = {"accounts": "Accounts", "taxRates": "Tax rates", "other": "Other"}
    for section, title in sections.items():
        texts[f"content-sales-{section}-title"] = title
        texts[f"content-sales-{section}-description"] = ""
    texts["content-fees-accounts-title"] = "Accounts"
    texts["content-fees-accounts-description"] = ""
    for stage, labels in ACCOUNTS.items():
        for key, label in labels.items():
            texts[f"content-{stage}-accounts-entries-{key}"] = label
    texts["content-sales-accounts-entries-sales-other"] = "Other sales"
    # The keys 10 and 15 stand for 5 % and 10 % in Codat's table.
    for key, label in {"0": "0%", "10": "5%", "15": "10%", "20": "20%"}.items():
        texts[f"content-sales-accounts-taxRates-entries-{key}"] = label
    texts["content-sales-other-entries-invoiceStatus"] = "Invoice status"
    texts["content-sales-other-entries-groupingPeriod"] = "Grouping period"
    return {f"configure-{key}": text for key, text in texts.items()}


DEFAULTS: Mapping[str, str] = _defaults()
_REQUIRED_KEYS = frozenset(
    f"configure-content-{stage}-accounts-entries-{key}"
    for stage, keys in REQUIRED.items()
    for key in keys
)


@attrs.define
class Texts:
    """The client's own words, per language, over Codat's."""

    _own: dict[str, dict[str, str]] = attrs.field(
        factory=lambda: {locale: {} for locale in LOCALES}, init=False
    )

    def all(self, locale: str) -> dict[str, Text]:
        """
        Every text of a language.

        Raises:
            CodatError: Codat does not speak it.
        """
        own = self._of(locale)
        return {
            key: Text(text=own.get(key, default), required=key in _REQUIRED_KEYS)
            for key, default in DEFAULTS.items()
        }

    def change(self, locale: str, texts: Mapping[str, str | None]) -> None:
        """
        Set the *texts* named, leave the others; None brings the default back.

        Raises:
            CodatError: an unknown language or key; then nothing changes.
        """
        own = self._of(locale)
        unknown = [key for key in texts if key not in DEFAULTS]
        if unknown:
            message = "There is no text with this key."
            raise errors.invalid(*((key, message, "ConfigurationText") for key in unknown))
        for key, text in texts.items():
            if text is None:
                own.pop(key, None)
            else:
                own[key] = text

    def say(self, key: str, locale: str = LOCALES[0]) -> str:
        """One text for the UI."""
        full = f"configure-{key}"
        return self._own[locale].get(full, DEFAULTS[full])

    def clear(self) -> None:
        """Back to Codat's words."""
        for own in self._own.values():
            own.clear()

    def _of(self, locale: str) -> dict[str, str]:
        if locale not in self._own:
            message = f"The locale must be one of {', '.join(LOCALES)}."
            raise errors.invalid(("locale", message, "Localization"))
        return self._own[locale]
