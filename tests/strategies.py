"""Hypothesis strategies for the whole model, and for what comes at it from outside."""

import datetime as dt
import string

from hypothesis import strategies as st

from domain.ids import (
    CompanyId,
    LogoName,
    MerchantIdentifier,
    PlatformKey,
    RedirectId,
    ReturnName,
    SyncSessionId,
)
from domain.model.backdrop import DARK, LIGHT
from domain.model.brand import FONT_FAMILY, LARGEST_RADIUS, MOST_FAMILIES, Brand, Mode
from domain.model.caller import Backend, Caller, ConnectGrant, Grant, MerchantCaller
from domain.model.catalogue import Curation
from domain.model.colour import Colour
from domain.model.connection_report import (
    Company,
    Connection,
    ConnectionStatus,
    SyncConfiguration,
)
from domain.model.connector import Connector, Side
from domain.model.freshness import Dated, FreshnessPolicy
from domain.model.integration import (
    Availability,
    Branding,
    BrandingImage,
    Integration,
    ReportedIntegration,
    SourceType,
)
from domain.model.merchant import Merchant
from domain.model.return_address import ReturnAddresses
from domain.model.supported import SUPPORTED, SupportedIntegration
from domain.model.sync_session import SyncSession


IDENTIFIER_CHARACTERS = string.ascii_letters + string.digits + "._:-"

times = st.datetimes(
    min_value=dt.datetime(2020, 1, 1),  # noqa: DTZ001 - Hypothesis wants it naive and adds UTC
    max_value=dt.datetime(2090, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(dt.UTC),
)
ages = st.timedeltas(min_value=dt.timedelta(days=-30), max_value=dt.timedelta(days=30))
readings = st.floats(min_value=0, max_value=1e9)

any_key = st.text(string.ascii_lowercase, min_size=4, max_size=4).map(PlatformKey)
shipped_keys = st.sampled_from([row.key for row in SUPPORTED])
platform_keys = shipped_keys | any_key
"""Keys that meet each other often: mostly those of the shipped data."""

merchant_identifiers = st.text(IDENTIFIER_CHARACTERS, min_size=1, max_size=128).map(
    MerchantIdentifier
)
company_ids = st.uuids().map(str).map(CompanyId)
sync_session_ids = st.integers(0, 2**60).map(lambda n: SyncSessionId(f"ss_{n:026}"))
redirect_ids = st.integers(0, 2**60).map(lambda n: RedirectId(f"rd_{n:026}"))
return_names = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=12).map(
    ReturnName
)
actors = st.sampled_from(["merchant", "backend-1", "codat", "cli:anna"])
locales = st.sampled_from(["en", "en-US", "fr", "zh-Hant-TW", "sr-Latn"])

sides = st.sampled_from(Side)
source_types = st.sampled_from(SourceType)
availabilities = st.sampled_from(Availability)
connection_statuses = st.sampled_from(ConnectionStatus)

connectors = st.builds(Connector, key=platform_keys, side=sides)
supported = st.builds(
    SupportedIntegration, platform_keys, st.text(), sides, availabilities, st.booleans()
)
reported = st.builds(
    ReportedIntegration,
    key=platform_keys,
    name=st.text(),
    enabled=st.booleans(),
    source_type=source_types,
    is_beta=st.booleans(),
)
reports = st.lists(reported, max_size=30) | st.permutations(
    [
        ReportedIntegration(
            key=row.key, name=row.name, enabled=True, source_type=row.side.source_type
        )
        for row in SUPPORTED
    ]
)
"""What Codat may report: anything, with repetitions and contradictions; or all, in any order."""

curations = st.builds(
    Curation,
    st.none() | st.lists(platform_keys, max_size=20).map(tuple),
    st.dictionaries(platform_keys, availabilities, max_size=20),
)

images = st.builds(BrandingImage, src=st.text(), alt=st.none() | st.text())
_some_images = st.none() | images
brandings = st.builds(
    Branding,
    logo_full=_some_images,
    logo_square=_some_images,
    button_default=_some_images,
    button_hover=_some_images,
    source_id=st.none() | st.uuids().map(str),
)
integrations = st.builds(
    Integration,
    key=platform_keys,
    name=st.text(),
    source_type=source_types,
    availability=availabilities,
    branding=brandings,
)

channels = st.integers(0, 255)
colours = st.builds(Colour, channels, channels, channels)
brands = st.builds(
    Brand,
    name=st.none()
    | st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=200),
    logo=st.none() | return_names.map(LogoName),
    logo_dark=st.none() | return_names.map(LogoName),
    accent=st.none() | colours.map(LIGHT.readable),
    accent_dark=st.none() | colours.map(DARK.readable),
    radius=st.none() | st.integers(0, LARGEST_RADIUS),
    font=st.none()
    | st.lists(
        st.sampled_from(["Inter", "Segoe UI", "inherit", "system-ui", "Serif", "-apple-system"])
        | st.from_regex(FONT_FAMILY, fullmatch=True),
        min_size=1,
        max_size=MOST_FAMILIES,
    ).map(tuple),
    mode=st.none() | st.sampled_from(Mode),
)
"""Whatever `parse_brand` lets through."""

merchants = st.builds(Merchant, identifier=merchant_identifiers, name=st.none() | st.text())
grants = st.builds(
    Grant,
    merchant=merchants,
    integrations=st.none() | st.frozensets(platform_keys, max_size=10),
    return_to=st.none() | return_names,
    locale=st.none() | locales,
    brand=brands,
)
connect_grants = st.builds(
    ConnectGrant, grant=grants, expires_at=times, visit_ends=st.none() | times
)
merchant_callers = st.builds(MerchantCaller, grant=grants)
backends = st.builds(Backend, name=actors)
callers: st.SearchStrategy[Caller] = st.one_of(backends, merchant_callers)

companies = st.builds(Company, id=company_ids, name=st.text())
connections = st.builds(
    Connection, key=platform_keys, source_type=source_types, status=connection_statuses
)
configurations = st.builds(
    SyncConfiguration,
    enabled=st.booleans(),
    configured=st.booleans(),
    accounting_company=st.none() | st.text(),
)

freshness_policies = st.tuples(ages, ages).map(
    lambda pair: FreshnessPolicy(*sorted(map(abs, pair)))
)
dated_brandings = st.builds(Dated, value=brandings, fetched_at=times, last_known=st.booleans())
return_addresses = st.dictionaries(
    return_names, return_names.map("https://shop.example.test/{}".format), max_size=5
).map(ReturnAddresses)


@st.composite
def sync_sessions(draw: st.DrawFn) -> SyncSession:
    """A sync session after any number of listed transitions, with time going forth and back."""
    now = draw(times)
    session = SyncSession.open(
        draw(sync_session_ids),
        draw(merchant_identifiers),
        draw(platform_keys),
        now=now,
        actor=draw(actors),
    )
    for number in range(draw(st.integers(0, 6))):
        now += draw(st.timedeltas(dt.timedelta(seconds=-5), dt.timedelta(seconds=30)))
        session = draw(next_states(session, number, now))
    return session


@st.composite
def next_states(
    draw: st.DrawFn, session: SyncSession, number: int, now: dt.datetime
) -> SyncSession:
    """What may become of *session* at *now*; *number* tells redirects and URLs apart."""
    actor = draw(actors)
    if session.attempt is None:
        begun = session.begin_redirect(RedirectId(f"rd_{number:026}"), now=now, actor=actor)
        company = draw(company_ids)
        choices = [
            begun,
            session.come_back(now=now, actor=actor),
            session.confirm(company, now=now, actor=actor),
            session.contradict(now=now, actor=actor),
        ]
    else:
        choices = [
            session.hand_over(f"fingerprint-{number}", now=now, actor=actor),
            session.redirect_failed("CodatUnavailable", now=now, actor=actor),
            session.redirect_unknown("CodatTimedOut", now=now, actor=actor),
        ]
    return draw(st.sampled_from(choices))


hostile_text = st.one_of(
    st.text(),
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Zl", "Zp"])),
    st.builds(
        "{}{}{}".format,
        platform_keys | merchant_identifiers | locales,
        st.sampled_from(
            ["\n", "\x00", "\u202e", "\u200b", "\ud800", "\r\n", " ", "\u017f", "\u212a"]
        ),
        st.sampled_from(["", "gbol"]),
    ),
)
"""Text with surrogates, bidi controls, NUL and newlines, often near something valid."""

anything = st.one_of(
    hostile_text,
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.binary(),
    st.lists(hostile_text, max_size=3),
    st.dictionaries(st.text(), st.text(), max_size=3),
)
"""What a JSON body may hold where text is expected, and then some."""
