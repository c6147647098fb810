"""
The settings: environment variables, read once, checked all together.

`TILLBRIDGE_X` holds the value of the setting X; `TILLBRIDGE_X_FILE` names a file that does.
"""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from domain.errors import TillbridgeError
from domain.ids import LogoName, PlatformKey
from domain.model.brand import Brand, Mode
from domain.model.catalogue import Curation
from domain.model.colour import Colour
from domain.model.connector import Connector, Side
from domain.model.picture import Picture
from domain.model.rate import Rate
from domain.model.return_address import ReturnAddresses
from domain.ports.codat_gateway import SecondTry
from entrypoints import brand_setting_types as brand_types
from entrypoints import cache_setting_types as cache_types
from entrypoints import limit_setting_types as limit_types
from entrypoints import setting_types as types
from entrypoints.locales import SOURCE


PREFIX: Final = "TILLBRIDGE_"
UNREADABLE: Final = "\0unreadable"
"""Stands for a value whose file cannot be read, which is told already."""


@attrs.frozen(eq=False)
class SettingsInvalid(TillbridgeError):
    """One line for each thing that is wrong: the name, and what it should be."""

    problems: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.problems)


def _setting(
    read: Callable[[str], object],
    about: str,
    *,
    default: str | None = None,
    same_as: str | None = None,
    secret: bool = False,
) -> Any:
    metadata = {"read": read, "about": about, "default": default, "same_as": same_as}
    return attrs.field(repr=not secret, metadata=metadata)


@attrs.frozen(kw_only=True)
class Settings:
    """Everything that an operator decides; the field `x_y` is the setting `TILLBRIDGE_X_Y`."""

    codat_url: str = _setting(
        types.web_address, "where Codat's API answers", default="https://api.codat.io"
    )
    codat_api_key: str = _setting(
        types.secret, "the API key from the Codat Portal (the raw key)", secret=True
    )
    connector_key: PlatformKey = _setting(
        types.platform_key, "the platform key of the connector that Codat deployed for you"
    )
    connector_side: Side = _setting(
        types.side, "the side of the connector: commerce if your product is a till or a shop"
    )
    sync_flow_hosts: tuple[str, ...] = _setting(
        types.sync_flow_hosts,
        "the hosts to which merchants may be sent",
        default="sync-flow.codat.io",
    )
    operator_keys: Mapping[str, str] = _setting(
        types.operator_keys, "the keys by which your backend calls, or name=key pairs", secret=True
    )
    public_url: str = _setting(
        types.web_address, "where browsers reach Tillbridge; it may have a path"
    )
    shop_origins: tuple[str, ...] = _setting(
        types.listed(types.origin),
        "the origins that may post connect tokens, frame the page and call the API",
        default="",
    )
    return_urls: ReturnAddresses = _setting(
        types.return_addresses,
        "name=url pairs: where merchants go in the end; the first is the default",
        default="",
    )
    database_url: str = _setting(
        types.database_url,
        "where sync sessions are kept; a file in the state directory if unset",
        secret=True,
    )
    cache_url: str = _setting(
        cache_types.cache_url,
        "where branding is kept, or the Redis that replicas share; the same database if unset",
        same_as="database_url",
        secret=True,
    )
    jwt_issuer: str | None = _setting(
        types.optional(types.text), "the issuer of your merchants' JWTs", default=""
    )
    jwt_audience: str | None = _setting(
        types.optional(types.text), "the audience they must have", default=""
    )
    jwks_url: str | None = _setting(
        types.optional(types.key_set),
        "where their public keys are: an https address or a file",
        default="",
    )
    platform_name: str | None = _setting(
        types.optional(brand_types.brand_name),
        "your product's name, as merchants know it",
        default="",
    )
    logo: Picture | None = _setting(
        types.optional(brand_types.logo), "the file of your product's logo", default=""
    )
    logo_dark: Picture | None = _setting(
        types.optional(brand_types.logo),
        "the file of the logo for dark pages; the same one if unset",
        default="",
    )
    logos: Mapping[LogoName, Picture] = _setting(
        brand_types.logos,
        "name=file pairs: more logos, which connect tokens may name",
        default="",
    )
    accent_color: Colour | None = _setting(
        types.optional(brand_types.accent_color),
        "the colour of links and buttons, such as #0b5cad",
        default="",
    )
    accent_color_dark: Colour | None = _setting(
        types.optional(brand_types.accent_color_dark),
        "the same for dark pages; the other one, lightened, if unset",
        default="",
    )
    radius: int | None = _setting(
        types.optional(brand_types.radius), "how round corners are, in pixels", default=""
    )
    font: tuple[str, ...] | None = _setting(
        types.optional(brand_types.font),
        "fonts that merchants' devices may have, the best first",
        default="",
    )
    color_mode: Mode | None = _setting(
        types.optional(brand_types.color_mode), "light, dark or system", default=""
    )
    help_url: str | None = _setting(
        types.optional(brand_types.help_url),
        "where merchants find help: a page, or mailto: and an address",
        default="",
    )
    locale: str = _setting(
        types.locale, "the language of the pages for merchants who ask for none", default=SOURCE
    )
    trusted_proxies: tuple[types.Network, ...] = _setting(
        types.listed(types.network),
        "the proxies whose word on a client's address is logged; without any, none is",
        default="",
    )
    log_level: str = _setting(types.log_level, "debug, info, warning or error", default="info")
    integrations: Curation = _setting(
        types.curation,
        "which integrations are offered, in this order; tgff=comingSoon marks one",
        default="",
    )
    interest: bool = _setting(
        types.switch,
        "on: merchants may ask to be told when something that is coming soon is ready; or off",
        default="on",
    )
    logo_origins: tuple[str, ...] = _setting(
        types.listed(types.origin),
        "the origins from which integrations' logos may be loaded",
        default="https://static.codat.io",
    )
    logo_delivery: types.LogoDelivery = _setting(
        types.logo_delivery,
        "proxied: browsers load logos from here; direct: from the logo origins",
        default="proxied",
    )

    second_try: SecondTry = _setting(
        limit_types.second_try,
        "after what a start is tried once more: any, or unopened (only if nothing was sent)",
        default="any",
    )
    breaker: bool = _setting(
        types.switch, "on: Codat is left alone while it fails or asks for it; or off", default="on"
    )
    quota_share: int = _setting(
        limit_types.percent,
        "the percentage of Codat's daily quota that is kept for branding and the list",
        default="10",
    )
    limit_merchant: tuple[Rate, ...] = _setting(
        limit_types.rates,
        "how many redirects a merchant may start, or off",
        default="30/minute 300/day",
    )
    limit_key: tuple[Rate, ...] = _setting(
        limit_types.rates, "how many each operator key may start, or off", default="600/minute"
    )
    limit_all: tuple[Rate, ...] = _setting(
        limit_types.rates,
        "how many may be started by all together, or off",
        default="300/minute",
    )

    @property
    def connector(self) -> Connector:
        """The platform's own end of every sync."""
        return Connector(key=self.connector_key, side=self.connector_side)

    @property
    def brand(self) -> Brand:
        """How pages look where a connect token says nothing else."""
        return Brand(
            name=self.platform_name,
            logo=brand_types.LOGO if self.logo else None,
            logo_dark=brand_types.LOGO_DARK if self.logo_dark else None,
            accent=self.accent_color,
            accent_dark=self.accent_color_dark,
            radius=self.radius,
            font=self.font,
            mode=self.color_mode,
        )

    @property
    def registered_logos(self) -> Mapping[LogoName, Picture]:
        """Every logo by the name under which a brand may name it."""
        own = {brand_types.LOGO: self.logo, brand_types.LOGO_DARK: self.logo_dark}
        return {name: logo for name, logo in own.items() if logo} | dict(self.logos)

    @property
    def cache_in_redis(self) -> bool:
        """Whether replicas share a Redis: copies, limits, turns, and who loads what."""
        return cache_types.in_redis(self.cache_url)

    @property
    def base_path(self) -> str:
        """The path of the public URL, without a slash at the end; often empty."""
        return urlsplit(self.public_url).path

    @property
    def public_origin(self) -> str:
        """The origin of the public URL, as browsers send it."""
        return types.origin_of(self.public_url)

    @property
    def secure(self) -> bool:
        """Whether browsers reach Tillbridge by TLS; if not, this is somebody's own machine."""
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str]) -> Settings:
    """
    Read the settings from *environ*.

    Raises:
        SettingsInvalid: some are missing or wrong; all of them are named.
    """
    values: dict[str, object] = {}
    problems: list[str] = []
    database = f"sqlite:///{state_directory(environ).absolute() / 'tillbridge.db'}"
    given = {f"{PREFIX}DATABASE_URL": database, **_given(environ, problems)}
    for field in attrs.fields(Settings):
        name, same_as = PREFIX + field.name.upper(), field.metadata["same_as"]
        raw = given.get(name, field.metadata["default"])
        if raw is None and same_as in values:
            values[field.name] = values[same_as]
        elif raw is None and same_as is None:
            problems.append(f"{name} is missing: {field.metadata['about']}.")
        elif raw not in {None, UNREADABLE}:
            try:
                values[field.name] = field.metadata["read"](raw)
            except ValueError as error:
                problems.append(f"{name} is wrong: it should be {error}.")
    problems += _check_together(values)
    if problems:
        raise SettingsInvalid(tuple(problems))
    return Settings(**values)  # type: ignore[arg-type]  # each value comes from its own reader


def unknown(environ: Mapping[str, str]) -> tuple[str, ...]:
    """One line for each variable that looks like a setting and is none."""
    names = {field.name.upper() for field in attrs.fields(Settings)}
    names |= {f"{name}_FILE" for name in names}
    ours = {name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX)}
    lines = []
    for name in sorted(ours - names):
        close = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {PREFIX}{close[0]}?" if close else ""
        lines.append(f"{PREFIX}{name} is not a setting and is ignored.{hint}")
    return tuple(lines)


def state_directory(environ: Mapping[str, str]) -> Path:
    """Where files go that outlive the process (systemd's, else that of the XDG specification)."""
    if environ.get("STATE_DIRECTORY"):
        return Path(environ["STATE_DIRECTORY"].partition(":")[0])
    home = Path(environ.get("HOME", "."))
    return Path(environ.get("XDG_STATE_HOME") or home / ".local" / "state") / "tillbridge"


def _given(environ: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for field in attrs.fields(Settings):
        name = PREFIX + field.name.upper()
        value, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
        if value and path:
            problems.append(f"{name} and {name}_FILE are both set: keep one of them.")
        elif path:
            try:
                value = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                value = UNREADABLE
                reason = getattr(error, "strerror", None) or "it is not UTF-8"
                problems.append(f"{name}_FILE names a file that cannot be read: {reason}.")
        if value:
            given[name] = value
    return given


def _check_together(values: Mapping[str, object]) -> list[str]:
    names = ("jwt_issuer", "jwt_audience", "jwks_url")
    missing = [name for name in names if name in values and values[name] is None]
    if missing and len(missing) < len(names):
        lacking = " and ".join(PREFIX + name.upper() for name in missing)
        return [f"{lacking} is missing: merchants' JWTs need issuer, audience and keys together."]
    return []
