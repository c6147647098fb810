"""What Codat's API says, field by field, in Codat's own spelling."""

from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType, field


Status = Literal["PendingAuth", "Linked", "Unlinked", "Deauthorized"]


class Wire(msgspec.Struct, rename="camel", kw_only=True):
    """A JSON object in camelCase."""


class Image(Wire):
    """Where a picture lies and what it shows."""

    src: str
    alt: str


class BrandingImage(Wire):
    """One picture of a branding."""

    image: Image


class Logo(Wire):
    """The two shapes of a logo."""

    full: BrandingImage
    square: BrandingImage


class Button(Wire, omit_defaults=True):
    """The two states of a branded button; for most integrations there is none."""

    default: BrandingImage | UnsetType = UNSET
    hover: BrandingImage | UnsetType = UNSET


class Branding(Wire):
    """How an integration wants to be shown."""

    logo: Logo
    button: Button
    source_id: str


class SupportedFeature(Wire):
    """What an integration can do with one data type."""

    feature_type: str
    feature_state: str = "Release"


class DatatypeFeature(Wire):
    """One data type; Codat's documents spell its field both ways, so both are sent."""

    datatype: str = field(name="datatype")
    data_type: str
    supported_features: list[SupportedFeature]


class Integration(Wire):
    """A system that can be connected."""

    key: str
    logo_url: str
    name: str
    enabled: bool
    source_id: str
    integration_id: str
    source_type: str
    is_offline_connector: bool
    is_beta: bool
    data_provided_by: str
    datatype_features: list[DatatypeFeature]


class Connection(Wire):
    """A company's link to one integration."""

    id: str
    integration_id: str
    integration_key: str
    source_id: str
    source_type: str
    platform_name: str
    link_url: str
    status: Status
    created: str
    last_sync: str | None = None
    data_connection_errors: list[Any] = []
    connection_info: dict[str, str] = {}


class Company(Wire):
    """What Codat calls a merchant."""

    id: str
    name: str
    description: str | None
    redirect: str
    created: str
    tags: dict[str, str]
    data_connections: list[Connection]
    last_sync: str | None = None
    created_by_user_name: str | None = None
    products: list[str] = []
    reference_parent_company: None = None
    reference_subsidiary_companies: list[Any] = []


class SyncFlowUrl(Wire):
    """The answer of the start call."""

    url: str


class DateRange(Wire):
    """From when to when."""

    start: str
    finish: str


class SyncRun(Wire):
    """One sync, in the words of `CompanySyncStatus`."""

    company_id: str
    sync_id: str
    sync_status_code: int
    sync_status: str
    error_message: str
    sync_exception_message: str
    sync_utc: str
    data_pushed: bool


class SyncSummary(SyncRun):
    """
    The same sync in the words of `SyncSummary`, and of `SyncStatus` too.

    The two schemas share a path in different versions of the API, so one answer serves both.
    """

    commerce_sync_id: str
    sync_date_range_utc: DateRange
    data_connections: list[Connection]


class VisibleAccounts(Wire):
    """Which dropdowns the sync flow shows; null shows all."""

    visible_accounts: list[str] | None


class Text(Wire):
    """One text of the sync flow UI."""

    text: str | None
    required: bool


class ValidationItem(Wire):
    """One thing that is wrong with a request."""

    item_id: str
    message: str
    validator_name: str


class Validation(Wire):
    """Everything that is wrong with a request."""

    errors: list[ValidationItem]
    warnings: list[ValidationItem] = []


class ErrorMessage(Wire):
    """The body of every refusal."""

    status_code: int
    service: str
    error: str
    correlation_id: str
    validation: Validation | None = None
    can_be_retried: str = "Unknown"
    detailed_error_code: int = 0
