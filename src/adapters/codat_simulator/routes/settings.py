"""Configuration of a company, texts of the sync flow, and its visible accounts."""

from typing import Any

import msgspec
from litestar import get, patch, post
from litestar.params import FromPath, RawBody
from msgspec import UNSET, UnsetType

from adapters.codat_simulator.operations import named
from adapters.codat_simulator.routes.provided import Codat
from adapters.codat_simulator.routes.reading import AnyRequest, optional, parsed
from adapters.codat_simulator.texts import LOCALES
from adapters.codat_simulator.wire import Text, VisibleAccounts


CONFIGURATION = "/config/companies/{company_id:str}/sync/commerce"
TEXTS = "/sync/commerce/config/ui/text"
ACCOUNTS = "/sync/commerce/config/ui/accounts/platform/{key:str}"
ACCOUNTS_OF_CLIENT = "/clients/{client_id:str}/config/ui/accounts/platform/{key:str}"


class TextBody(msgspec.Struct):
    """A text as the specification has it."""

    text: str | None = None


class AccountsBody(msgspec.Struct, rename="camel"):
    """The accounts to show; without the field, all of them."""

    visible_accounts: list[str] | UnsetType | None = UNSET


@get(CONFIGURATION, opt=named("configuration"))
async def get_configuration(company_id: FromPath[str], simulator: Codat) -> dict[str, Any]:
    """The configuration of a company."""
    return simulator.configuration(simulator.companies.get(company_id)).body()


@post(CONFIGURATION, status_code=200, opt=named("setConfiguration"))
async def set_configuration(
    company_id: FromPath[str], body: RawBody, simulator: Codat
) -> dict[str, Any]:
    """Change the configuration; without a body, as the official SDK sends it, nothing changes."""
    company = simulator.companies.get(company_id)
    configuration = simulator.configuration(company)
    part = optional(body, dict[str, Any])
    if part is not None:
        configuration.change(part, company)
    return configuration.body()


@get(TEXTS, opt=named("texts"))
async def get_texts(request: AnyRequest, simulator: Codat) -> dict[str, Text]:
    """Every text of the sync flow in one language."""
    return simulator.texts.all(_locale(request))


@patch(TEXTS, opt=named("updateTexts"))
async def change_texts(request: AnyRequest, body: RawBody, simulator: Codat) -> dict[str, Text]:
    """Change some texts, given as plain strings or as objects; null means the default."""
    wish = parsed(body, dict[str, TextBody | str | None])
    plain = {
        key: value.text if isinstance(value, TextBody) else value for key, value in wish.items()
    }
    simulator.texts.change(_locale(request), plain)
    return simulator.texts.all(_locale(request))


@get([ACCOUNTS, ACCOUNTS_OF_CLIENT], opt=named("visibleAccounts"))
async def get_visible_accounts(key: FromPath[str], simulator: Codat) -> VisibleAccounts:
    """The dropdowns that the sync flow shows for a commerce software."""
    key = simulator.integration_known(key)
    return VisibleAccounts(visible_accounts=simulator.visible_accounts.get(key))


@post([ACCOUNTS, ACCOUNTS_OF_CLIENT], status_code=200, opt=named("updateVisibleAccounts"))
async def set_visible_accounts(
    key: FromPath[str], body: RawBody, simulator: Codat
) -> VisibleAccounts:
    """Choose the dropdowns; an empty object shows all again."""
    key = simulator.integration_known(key)
    wish = optional(body, AccountsBody) or AccountsBody()
    if isinstance(wish.visible_accounts, list):
        simulator.visible_accounts[key] = wish.visible_accounts
    else:
        simulator.visible_accounts.pop(key, None)
    return VisibleAccounts(visible_accounts=simulator.visible_accounts.get(key))


def _locale(request: AnyRequest) -> str:
    # Codat's older pages call it without a locale.
    return str(request.query_params.get("locale", LOCALES[0]))


HANDLERS = (
    get_configuration,
    set_configuration,
    get_texts,
    change_texts,
    get_visible_accounts,
    set_visible_accounts,
)
