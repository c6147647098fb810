import datetime as dt
from ipaddress import ip_network
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import PlatformKey, ReturnName
from domain.model.brand import Mode
from domain.model.catalogue import Curation
from domain.model.colour import Colour
from domain.model.connector import Connector, Side
from domain.model.integration import Availability
from domain.model.picture import parse_picture
from domain.model.rate import Rate
from domain.model.return_address import ReturnAddresses
from domain.ports.codat_gateway import SecondTry
from entrypoints.setting_types import LogoDelivery
from entrypoints.settings import Settings, SettingsInvalid, load, state_directory, unknown
from tests.support import ENVIRON, make_environ, make_settings


PICTURES = Path(__file__).parents[2] / "src/adapters/codat_simulator/pictures"
LOGO = PICTURES / "gbol-full.png"
XERO, SAGE = PlatformKey("gbol"), PlatformKey("tgff")
NAMES = [field.name for field in attrs.fields(Settings)]
NEEDED = ["codat_api_key", "connector_key", "connector_side", "operator_keys", "public_url"]
JWT: dict[str, str | None] = {
    "jwt_issuer": "https://issuer.example.test/",
    "jwt_audience": "tillbridge",
    "jwks_url": "https://issuer.example.test/keys?policy=1",
}


def problems(**settings: str | None) -> tuple[str, ...]:
    with pytest.raises(SettingsInvalid) as invalid:
        make_settings(**settings)
    assert "\n".join(invalid.value.problems) == str(invalid.value)
    return invalid.value.problems


def test_what_serving_needs_is_enough_and_the_rest_has_defaults() -> None:
    settings = make_settings()

    database = "sqlite:////home/of-the-tests/.local/state/tillbridge/tillbridge.db"
    expected = Settings(
        codat_url="https://api.codat.io",
        codat_api_key="codat-api-key-of-the-tests",
        connector_key=PlatformKey("lqai"),
        connector_side=Side.COMMERCE,
        sync_flow_hosts=("sync-flow.codat.io",),
        operator_keys={"backend-1": "operator-key-of-the-tests"},
        public_url="https://connect.example.test",
        shop_origins=(),
        return_urls=ReturnAddresses(),
        database_url=database,
        cache_url=database,
        jwt_issuer=None,
        jwt_audience=None,
        jwks_url=None,
        platform_name=None,
        logo=None,
        logo_dark=None,
        logos={},
        accent_color=None,
        accent_color_dark=None,
        radius=None,
        font=None,
        color_mode=None,
        help_url=None,
        locale="en-US",
        trusted_proxies=(),
        log_level="info",
        integrations=Curation(),
        interest=True,
        logo_origins=("https://static.codat.io",),
        logo_delivery=LogoDelivery.PROXIED,
        second_try=SecondTry.ANY,
        breaker=True,
        quota_share=10,
        limit_merchant=(Rate(30, dt.timedelta(minutes=1)), Rate(300, dt.timedelta(days=1))),
        limit_key=(Rate(600, dt.timedelta(minutes=1)),),
        limit_all=(Rate(300, dt.timedelta(minutes=1)),),
    )
    assert expected == settings
    assert Connector(key=PlatformKey("lqai"), side=Side.COMMERCE) == settings.connector


@pytest.mark.parametrize("name", NEEDED)
@pytest.mark.parametrize("absent", [None, "", "  "], ids=["unset", "empty", "blank"])
def test_a_missing_setting_is_named_with_what_it_is(name: str, absent: str | None) -> None:
    (problem,) = problems(**{name: absent})

    assert problem.startswith(f"TILLBRIDGE_{name.upper()} is missing: ")
    assert problem.endswith(".")


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = problems(connector_key=None, connector_side="left", public_url="ftp://x", log_level="x")

    expected = ["CONNECTOR_KEY", "CONNECTOR_SIDE", "PUBLIC_URL", "LOG_LEVEL"]
    assert [f"TILLBRIDGE_{name}" for name in expected] == [line.split()[0] for line in told]


RIGHT: list[tuple[str, str, object]] = [
    ("codat_url", "https://codat.example.test/api/", "https://codat.example.test/api"),
    ("codat_url", "http://localhost:8001", "http://localhost:8001"),
    ("codat_url", "http://127.0.0.2:8001/", "http://127.0.0.2:8001"),
    ("codat_url", "http://[::1]:8001", "http://[::1]:8001"),
    ("codat_url", "http://codat.localhost", "http://codat.localhost"),
    ("codat_api_key", " a-key=/+ \n", "a-key=/+"),
    ("connector_key", "dfxm", "dfxm"),
    ("connector_side", "Accounting", Side.ACCOUNTING),
    ("sync_flow_hosts", "A.test, b.test:8443", ("a.test", "b.test:8443")),
    ("sync_flow_hosts", "http://localhost:8002", ("http://localhost:8002",)),
    ("sync_flow_hosts", "HTTP://Foo.localhost:9000", ("http://foo.localhost:9000",)),
    ("operator_keys", "key-one! key-two!", {"backend-1": "key-one!", "backend-2": "key-two!"}),
    ("operator_keys", "till=01234567,0123456789", {"till": "01234567", "backend-2": "0123456789"}),
    ("operator_keys", "MDEyMzQ1Njc4OQ==", {"backend-1": "MDEyMzQ1Njc4OQ=="}),
    ("public_url", "https://shop.test/connect/", "https://shop.test/connect"),
    ("public_url", "HTTPS://Connect.Test/Path", "https://connect.test/Path"),
    ("public_url", "https://[0:0::1]:08443", "https://[::1]:8443"),
    ("shop_origins", "https://Shop.test/ http://[::1]:80", ("https://shop.test", "http://[::1]")),
    (
        "return_urls",
        "a=https://s.test/?x=1",
        ReturnAddresses({ReturnName("a"): "https://s.test/?x=1"}),
    ),
    ("return_urls", ",", ReturnAddresses()),
    ("database_url", "sqlite:////var/lib/t.db", "sqlite:////var/lib/t.db"),
    *(
        ("database_url", url, url)
        for url in (
            "postgresql://localhost/t",
            "postgres://tillbridge:p%40ss%2Fword@db.test:5433/till%20bridge?sslmode=verify-full",
            "postgresql://one.test:5432,[2001:db8::1],10.0.0.3/t?target_session_attrs=read-write",
            "postgresql:///t?host=/run/postgresql&application_name=till-1",
            "postgresql://till@%2Frun%2Fpostgresql/t",
        )
    ),
    ("cache_url", "sqlite:////var/cache/t.db", "sqlite:////var/cache/t.db"),
    *(
        ("cache_url", url, url)
        for url in (
            "redis://localhost",
            "redis://cache.test/",
            "redis://user:p%23w@cache.test:6380/15",
            "valkey://[::1]:6379/0",
            f"rediss://cache.test/0?ssl_ca_certs={__file__}",
            f"valkeys://cache.test/0?ssl_certfile={__file__}&ssl_keyfile={__file__}",
            "unix:///run/redis.sock",
            "unix:///run/redis.sock?db=3",
            "unix://user:password@/run/redis.sock",
        )
    ),
    (
        "trusted_proxies",
        "127.0.0.1, 10.0.0.0/8 fd00::/8",
        tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "fd00::/8"))),
    ),
    ("jwks_url", "http://issuer.localhost/k", "http://issuer.localhost/k"),
    ("jwks_url", "https://issuer.test/K?a=1", "https://issuer.test/K?a=1"),
    ("jwks_url", __file__, __file__),
    ("platform_name", "Café Till", "Café Till"),
    ("logo", str(LOGO), parse_picture(LOGO.read_bytes())),
    ("logo_dark", str(LOGO), parse_picture(LOGO.read_bytes())),
    ("logos", f"acme={LOGO}", {"acme": parse_picture(LOGO.read_bytes())}),
    ("logos", ",", {}),
    ("accent_color", "#7A1FA2", Colour(0x7A, 0x1F, 0xA2)),
    ("accent_color", "#00a", Colour(0, 0, 0xAA)),
    ("accent_color_dark", "#fc0", Colour(0xFF, 0xCC, 0)),
    ("radius", "0", 0),
    ("radius", "24", 24),
    ("font", "Inter", ("Inter",)),
    (
        "font",
        """ 'Segoe UI',"Inter" , system-ui""",
        ("Segoe UI", "Inter", "system-ui"),
    ),
    ("color_mode", "Dark", Mode.DARK),
    ("color_mode", "system", Mode.SYSTEM),
    ("help_url", "https://help.test/books?from=tb", "https://help.test/books?from=tb"),
    ("help_url", "mailto:help+tb@shop.test?subject=Hi", "mailto:help+tb@shop.test?subject=Hi"),
    ("locale", "AR", "ar"),
    ("locale", "fr_CA", "fr-FR"),
    ("log_level", "DEBUG", "debug"),
    ("integrations", "gbol", Curation((XERO,))),
    (
        "integrations",
        "gbol, tgff=available",
        Curation((XERO, SAGE), {SAGE: Availability.AVAILABLE}),
    ),
    ("integrations", ",", Curation()),
    ("interest", "ON", True),
    ("interest", "off", False),
    ("logo_delivery", "Direct", LogoDelivery.DIRECT),
    ("second_try", "Unopened", SecondTry.UNOPENED),
    ("breaker", "off", False),
    ("quota_share", "0", 0),
    ("quota_share", "90%", 90),
    ("limit_merchant", "off", ()),
    (
        "limit_merchant",
        "5/second, 20/Hour",
        (Rate(5, dt.timedelta(seconds=1)), Rate(20, dt.timedelta(hours=1))),
    ),
    ("limit_key", "OFF", ()),
    ("limit_all", "999999/day", (Rate(999_999, dt.timedelta(days=1)),)),
    ("logo_origins", "https://a.test:443,https://b.test", ("https://a.test", "https://b.test")),
]


@pytest.mark.parametrize(
    ("name", "text", "expected"), RIGHT, ids=[f"{n}={t}" for n, t, _ in RIGHT]
)
def test_a_setting_is_read(name: str, text: str, expected: object) -> None:
    given_text = {**JWT, name: text} if name in JWT else {name: text}

    assert expected == getattr(make_settings(**given_text), name)


ADDRESSES = [
    "https://a.test//b.test",
    *(
        "shop.test",
        "//shop.test",
        "http://shop.test",
        "ftp://shop.test",
        "https://",
        "https://[::1",
    ),
    *("https://me@shop.test", "https://@shop.test", "https://shop.test:99999", "https://a.test:"),
    *("https://shop.test/?a", "https://shop.test?", "https://shop.test#", "https://shöp.test"),
    *("https://shop.test\\@evil.test", "https://shop .test", "javascript:alert(1)"),
    *("http://", "http://localhost.evil.test", "http://127.0.0.1.evil.test"),
    *("https://a.test:0", "https://a_b.test", "https://-a.test", "https://a..test"),
    *("https://999.1.1.1", "http://127.1", "http://0x7f.1"),
]
WRONG = {
    "trusted_proxies": ["proxy.internal", "10.0.0.1/8", "*", "10.0.0.0/33"],
    "codat_url": ADDRESSES,
    "codat_api_key": ["two words", "kéy", "a\tb"],
    "connector_key": ["xero1", "GBOL", "gbo"],
    "connector_side": ["left", "commerce,accounting"],
    "sync_flow_hosts": [
        *(",", "https://a.test/path", "http://a.test", "*.codat.io", "me@a.test", "ftp://a.test"),
        *("a.test:0", "a.test:99999", "a.test\\b", "a.test?", "[::1"),
        *("sync_flow.codat.io", "-codat.io", "codat.io.", "a..b", "[:::]", "1.2.3.256"),
    ],
    "operator_keys": [
        *(",", "short", "kéy-kéy-kéy", "a=01234567,a=89abcdef", "backend-2=01234567,0123456789"),
        *("merchant=0123456789", "till=0123456789,codat=0123456789"),
    ],
    "public_url": ADDRESSES,
    "shop_origins": ["https://shop.test/path", "null", "*", "shop.test"],
    "return_urls": [
        *("https://shop.test", "Home=https://shop.test", "a=http://shop.test", "a="),
        *("a=https://shop.test/#x", "a=https://s.test b=javascript:alert(1)"),
        *(
            "a=https://shop.test/?é",
            "a=https://shop.test/?a#x",
            "a=https://one.test,a=https://two.test",
        ),
    ],
    "database_url": [
        *("mysql://localhost/t", "sqlite://t.db", "/var/lib/t.db", "sqlite:///"),
        *("postgresql:localhost/t", "postgresql://localhost", "postgresql://localhost/"),
        # What passwords look like that were not encoded.
        *("postgresql://t:p@ss@localhost/t", "postgresql://t:p/ss@localhost/t"),
        *("postgresql://t:123?ss@localhost/t", "postgresql://t:1#ss@localhost/t"),
        *("postgresql://t:pä@localhost/t", "postgresql://t:%00@localhost/t"),
        *("postgresql://t:%@localhost/t", "postgresql://local host/t", "postgresql://h:0/t"),
        *("postgresql://h/t?password=p", "postgresql://h/t?sslmode", "postgresql://h/t?a=b=c"),
        *("postgresql://h/t?", "postgresql://h/t?sslmode=\n", "postgresql://h/t?sslmode=a#b"),
    ],
    "cache_url": [
        *("t.db", "sqlite:///:memory:", "redis://", "redis:///0", "redis://h:x/0", "redis://h:0"),
        *("redis://[::1/0", "redis://h/a", "redis://h/0/1", "redis://h/0#x", "redis://:p#w@h/0"),
        *(
            "redis://h/0?ssl_ca_certs=/",
            "rediss://h/0?ssl_cert_reqs=none",
            "redis://h/0?timeout=9",
        ),
        *("rediss://h/0?ssl_ca_certs=/missing/ca.pem", "rediss://h/0?ssl_keyfile=%00"),
        *("unix://", "unix:///", "unix://host/r.sock", "unix:///r.sock?db=x", "unix:///r?db="),
        *("unix:///r.sock?password=x", "redis://h /0", "redis://hé/0", "REDIS://h/0"),
    ],
    "jwt_issuer": ["two\nlines"],
    "jwt_audience": ["\x00"],
    "jwks_url": [
        *("http://issuer.test/keys", "ftp://issuer.test", "https://issuer.test/#x", "a\nb"),
        *("/missing/keys.json", "/dev", "/dev/zero", "https:keys.json", "k" * 300, "//["),
        "/missing/http://a.test",
    ],
    "platform_name": ["\u202etill", "two\nlines", "x" * 201],
    "logo": ["/missing/logo.png", "/dev/zero", "/", __file__, "l" * 300, f"{LOGO}/x"],
    "logo_dark": ["/missing/logo.png", "https://shop.test/logo.png"],
    "logos": [
        *("acme", "acme=", "acme=/missing/logo.png", f"Acme={LOGO}", f"={LOGO}", str(LOGO)),
        *(f"logo={LOGO}", f"logo-dark={LOGO}", f"acme={LOGO},acme={LOGO}"),
    ],
    "accent_color": ["purple", "#12345", "0b5cad", "#ffcc00", "#767676", "#ffffff80"],
    "accent_color_dark": ["lilac", "#7a1fa2", "#767676"],
    "radius": ["-1", "25", "4px", "1.5", "1000", "\u0664"],
    "font": [",", "a;b", "Inter,", "url(x)", ",".join("abcdefghi"), "'Inter", "x" * 51],
    "color_mode": ["auto", "light dark"],
    "help_url": [
        *("help.test", "http://help.test", "javascript:alert(1)", "mailto:", "mailto:a@b@c.test"),
        *(
            "mailto:help@shop.test?body=a b",
            "tel:123",
            "https://help.test/#top",
            "mailto:a@-b.test",
        ),
    ],
    "locale": ["pt-BR", "english", "-", "fr, de"],
    "log_level": ["verbose", "10"],
    "integrations": ["xero", "gbol=soon", "GBOL", "lqai"],
    "interest": ["yes", "1", "true", "on,off"],
    "logo_delivery": ["yes", "proxied,direct"],
    "second_try": ["on", "never", "any,unopened"],
    "breaker": ["yes", "closed"],
    "quota_share": ["-1", "91", "ten", "0.5", "100"],
    "limit_merchant": ["10", "0/minute", "10/week", "10/minute off", "-1/day", "1e3/day", ","],
    "limit_key": ["10/", "/minute", "1000000/day"],
    "limit_all": ["unlimited", "10 / minute"],
    "logo_origins": ["https://static.test/logos", "http://static.test", "data:"],
}


def test_every_setting_can_be_wrong() -> None:
    assert sorted(NAMES) == sorted(WRONG)


@pytest.mark.parametrize(
    ("name", "text"),
    [(name, text) for name, texts in WRONG.items() for text in texts],
    ids=ascii,
)
def test_a_wrong_setting_is_named_with_what_it_should_be(name: str, text: str) -> None:
    wrong = {**JWT, name: text} if name in JWT else {name: text}

    (problem,) = problems(**wrong)

    assert problem.startswith(f"TILLBRIDGE_{name.upper()} is wrong: it should be ")
    assert problem.endswith(".")


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(st.characters(exclude_characters="\x00"), max_size=60))
def test_any_text_is_either_read_or_refused_by_name(name: str, text: str) -> None:
    try:
        load({**make_environ(**JWT), f"TILLBRIDGE_{name.upper()}": text})
    except SettingsInvalid as invalid:
        told = invalid.problems
    else:
        return

    assert any(f"TILLBRIDGE_{name.upper()} " in problem for problem in told)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_can_come_from_a_file(name: str, tmp_path: Path) -> None:
    values = {**{name: text for name, text, _ in RIGHT}, **JWT}
    file = tmp_path / "a-setting"
    file.write_text(f" {values[name]}\n", encoding="utf-8")

    from_file = make_settings(**{**JWT, name: None, f"{name}_file": str(file)})

    assert make_settings(**{**JWT, name: values[name]}) == from_file


def test_a_file_that_cannot_be_read_is_the_only_problem_told(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")

    (problem,) = problems(connector_side=None, connector_side_file=missing)

    expected = "TILLBRIDGE_CONNECTOR_SIDE_FILE names a file that cannot be read: "
    assert f"{expected}No such file or directory." == problem


def test_a_file_that_is_not_text_is_told_without_quoting_it(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"secret\xff\xfe")

    (problem,) = problems(codat_api_key=None, codat_api_key_file=str(file))

    expected = "TILLBRIDGE_CODAT_API_KEY_FILE names a file that cannot be read: it is not UTF-8."
    assert expected == problem


def test_an_empty_file_is_a_missing_setting(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("\n", encoding="utf-8")

    (problem,) = problems(codat_api_key=None, codat_api_key_file=str(file))

    assert problem.startswith("TILLBRIDGE_CODAT_API_KEY is missing: ")


def test_a_value_and_a_file_together_are_refused(tmp_path: Path) -> None:
    (problem,) = problems(codat_api_key_file=str(tmp_path / "missing"))

    expected = "TILLBRIDGE_CODAT_API_KEY and TILLBRIDGE_CODAT_API_KEY_FILE are both set"
    assert f"{expected}: keep one of them." == problem


@pytest.mark.parametrize("way", ["value", "file"])
def test_branding_is_kept_in_the_same_database_unless_told_otherwise(
    way: str, tmp_path: Path
) -> None:
    file = tmp_path / "database"
    file.write_text("sqlite:////var/lib/t.db\n", encoding="utf-8")
    settings: dict[str, str | None] = {"database_url": "sqlite:////var/lib/t.db"}
    if way == "file":
        settings = {"database_url_file": str(file)}

    assert "sqlite:////var/lib/t.db" == make_settings(**settings).cache_url
    elsewhere = make_settings(**settings, cache_url="sqlite:////var/cache/t.db")
    assert "sqlite:////var/lib/t.db" == elsewhere.database_url
    assert "sqlite:////var/cache/t.db" == elsewhere.cache_url


def test_a_blank_database_url_is_as_good_as_none() -> None:
    assert make_settings().database_url == make_settings(database_url=" ").cache_url


@pytest.mark.parametrize("left_out", [["jwks_url"], ["jwt_issuer", "jwt_audience"]], ids=str)
def test_merchants_tokens_need_all_three_settings_or_none(left_out: list[str]) -> None:
    (problem,) = problems(**{**JWT, **dict.fromkeys(left_out)})

    named = " and ".join(f"TILLBRIDGE_{name.upper()}" for name in left_out)
    assert problem.startswith(f"{named} is missing: ")
    settings = make_settings(**JWT)
    assert list(JWT.values()) == [settings.jwt_issuer, settings.jwt_audience, settings.jwks_url]


@pytest.mark.parametrize("secret", ["codat_api_key", "operator_keys"])
def test_secrets_are_not_shown(secret: str) -> None:
    canary = "CANARY-7f3a"
    settings = make_settings(**{secret: canary})

    assert canary in str(getattr(settings, secret))
    assert canary not in repr(settings)
    assert canary not in str(settings)
    assert all(f"{canary} x" not in line for line in problems(**{secret: f"{canary} é"}))


@pytest.mark.parametrize(
    ("public_url", "origin", "path", "secure"),
    [
        ("https://connect.test", "https://connect.test", "", True),
        ("https://Connect.test/In/", "https://connect.test", "/In", True),
        ("HTTPS://Connect.test/Path", "https://connect.test", "/Path", True),
        ("hTTps://CONNECT.test:0443", "https://connect.test", "", True),
        ("https://connect.test:443/in", "https://connect.test", "/in", True),
        ("https://connect.test:8443", "https://connect.test:8443", "", True),
        ("http://localhost:8000/in", "http://localhost:8000", "/in", False),
        ("http://localhost:80", "http://localhost", "", False),
    ],
)
def test_the_public_url_tells_origin_path_and_security(
    public_url: str, origin: str, path: str, *, secure: bool
) -> None:
    settings = make_settings(public_url=public_url)

    told = (settings.public_origin, settings.base_path, settings.secure)
    assert (origin, path, secure) == told


def test_an_unknown_setting_is_told_with_what_was_meant() -> None:
    environ = make_environ(codat_apikey="x", zzz="y", connector_key_file="z")

    ignored = "is not a setting and is ignored."
    expected = (
        f"TILLBRIDGE_CODAT_APIKEY {ignored} Did you mean TILLBRIDGE_CODAT_API_KEY?",
        f"TILLBRIDGE_ZZZ {ignored}",
    )
    assert expected == unknown(environ)
    assert () == unknown({**ENVIRON, "PATH": "/bin", "OTHER_CODAT_URL": "x"})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/home/a"}, "/var/lib/a"),
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/tillbridge"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/tillbridge"),
        ({}, ".local/state/tillbridge"),
    ],
    ids=["systemd", "XDG", "home", "nothing"],
)
def test_files_that_outlive_the_process_go_to_the_state_directory(
    environ: dict[str, str], expected: str
) -> None:
    assert Path(expected) == state_directory(environ)


def test_a_language_that_the_pages_are_not_in_is_refused_with_the_list_of_those_they_are() -> None:
    (problem,) = problems(locale="pt-BR")

    expected = "TILLBRIDGE_LOCALE is wrong: it should be one of en-US, fr-FR, de, es, nl, ar."
    assert expected == problem


@pytest.mark.parametrize(
    ("url", "there"),
    [
        ("redis://cache.test/0", True),
        ("valkeys://cache.test", True),
        ("unix:///run/redis.sock", True),
        ("sqlite:////var/cache/t.db", False),
        (None, False),
    ],
)
def test_replicas_share_a_redis_where_the_cache_is_in_one(*, url: str | None, there: bool) -> None:
    assert there == make_settings(cache_url=url).cache_in_redis


def test_the_password_of_the_cache_is_never_shown() -> None:
    assert "s3cret-word" not in repr(make_settings(cache_url="redis://:s3cret-word@cache.test/0"))
    assert "s3cret-word" not in str(problems(cache_url="redis://:s3cret-word@cache.test/x"))
