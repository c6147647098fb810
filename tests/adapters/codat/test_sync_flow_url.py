"""The sync flow URL is checked by one strict grammar and put together anew."""

import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.codat.sync_flow_url import (
    Fingerprints,
    check_and_rewrite,
    expect_merchant,
    parse_allowed_origins,
)
from domain.errors import CodatAnswerInvalid


HOST = "sync-flow.codat.io"
CODAT = parse_allowed_origins((HOST,))
MANY = parse_allowed_origins(
    (HOST, "127.0.0.1", "localhost:8002", "[::1]", "https://flow.example:8443", "http://127.0.0.2")
)
HOSTILE = [
    json.loads(line)
    for line in Path(__file__).with_name("hostile_urls.jsonl").read_text().splitlines()
]


def accepted(text: str) -> str | None:
    """The rewritten URL, or nothing where it is refused."""
    try:
        return check_and_rewrite(text, MANY)
    except CodatAnswerInvalid:
        return None


def test_there_are_at_least_300_different_hostile_urls() -> None:
    assert len(set(HOSTILE)) >= 300


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_url_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(CodatAnswerInvalid) as caught:
        check_and_rewrite(text, CODAT)

    assert caught.value.reason.startswith("the sync flow URL ")
    assert caught.value.reason.isascii()
    # The odd short one is a word of the reason by chance.
    assert len(text) < 15 or text not in caught.value.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://{HOST}/7/lqai/gbol/start?otp=615853", None),
        (
            f"https://{HOST}/7/x/start?merchantIdentifier=demo merchant&otp=422149",
            f"https://{HOST}/7/x/start?merchantIdentifier=demo%20merchant&otp=422149",
        ),
        (
            f"https://{HOST}/7/x/start?merchantIdentifier=CoPay&otp=1&redirectUrl=app.codat.io",
            None,
        ),
        (f"https://{HOST}/?otp=1&m=a%20b%C3%A9", None),
        (f"https://{HOST}/?otp=1&m=100%", f"https://{HOST}/?otp=1&m=100%25"),
        (f"https://{HOST}/?otp=1&m=%zz%2", f"https://{HOST}/?otp=1&m=%25zz%252"),
        (f'https://{HOST}/é?otp=1&m=<">', f"https://{HOST}/%C3%A9?otp=1&m=%3C%22%3E"),
        (f"https://{HOST}/a|b^c`d?otp=1", f"https://{HOST}/a%7Cb%5Ec%60d?otp=1"),
        (f"https://{HOST}/a?otp=1&m=a?b/c:d@e!$'()*,;=+", None),
        (f"https://{HOST}/a?otp=1&m=[x]{{y}}", f"https://{HOST}/a?otp=1&m=%5Bx%5D%7By%7D"),
        (f"HTTPS://{HOST.upper()}:443/A?otp=1", f"https://{HOST}/A?otp=1"),
        ("http://127.0.0.1:49152/a?otp=1", None),
        ("https://127.0.0.1/a?otp=1", None),
        ("http://localhost:8002/a?otp=1", None),
        ("http://[::1]:8002/a?otp=1", None),
        ("http://[::1]:80/a?otp=1", "http://[::1]/a?otp=1"),
        ("https://flow.example:8443/a?otp=1", None),
        ("http://127.0.0.2/a?otp=1", None),
        (f"https://{HOST}/{'a' * 2010}?otp=1", None),
    ],
)
def test_an_honest_url_is_handed_on_with_what_is_illegal_encoded(
    text: str, expected: str | None
) -> None:
    assert (expected or text) == check_and_rewrite(text, MANY)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost/a?otp=1",
        "http://localhost:8003/a?otp=1",
        "https://flow.example/a?otp=1",
        "http://flow.example:8443/a?otp=1",
        "https://127.0.0.2/a?otp=1",
        "http://127.0.0.3/a?otp=1",
        "http://127.0.0.1:65536/a?otp=1&m=" + "é" * 400,
    ],
)
def test_an_allowed_host_is_allowed_with_its_scheme_and_port_only(text: str) -> None:
    with pytest.raises(CodatAnswerInvalid):
        check_and_rewrite(text, MANY)


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "*",
        "*.codat.io",
        "codat.io/",
        "codat.io/path",
        "https://",
        "https://codat.io/",
        "ftp://codat.io",
        "http://codat.io",
        "HTTP://codat.io",
        "http://128.0.0.1",
        "http://localhost.codat.io",
        "user@codat.io",
        "codat.io:",
        "codat.io:0",
        "codat.io:65536",
        "codat.io:http",
        "codat.io\n",
        "-codat.io",
        "[::1",
        "[:::]",
        "códat.io",
        "sync_flow.codat.io",
        "codat.io.",
        "127.1",
    ],
)
def test_what_is_not_a_host_or_an_origin_cannot_be_allowed(entry: str) -> None:
    with pytest.raises(ValueError, match=r"neither|impossible|plain http"):
        parse_allowed_origins((entry,))


@pytest.mark.parametrize("entry", ["http://foo.localhost:9000", "foo.localhost", "FOO.LOCALHOST"])
def test_names_below_localhost_are_this_machine(entry: str) -> None:
    url = "http://foo.localhost:9000/a?otp=1"

    assert url == check_and_rewrite(url, parse_allowed_origins((entry,)))


def test_allowing_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="At least one"):
        parse_allowed_origins(())


fragments = st.sampled_from(
    [
        *("https://", "http://", "//", "/", "?", "&", "#", "@", ":", "\\", " ", "%", "%20", ".."),
        *(HOST, "127.0.0.1", "localhost:8002", "[::1]", "evil.example", ":443", ":8443", "[", "]"),
        *("otp=1", "otp=", "otp", "=", "merchantIdentifier=", "é", "\u202e", "\n", "\u017f"),
    ]
)
close_to_a_url = st.lists(fragments | st.text(max_size=5), max_size=12).map("".join)
wild_path = st.text(max_size=20)
of_right_shape = st.builds(
    "{}://{}/{}?{}otp=1{}".format,
    st.sampled_from(["https", "http", "HTTPS"]),
    st.sampled_from([HOST, HOST.upper(), "127.0.0.1:81", "[::1]", "localhost:8002"]),
    wild_path,
    st.just("") | st.text(max_size=20).map("{}&".format),
    st.just("") | st.text(max_size=20).map("&{}".format),
)
anything = st.text() | close_to_a_url | of_right_shape


@given(anything)
def test_whatever_is_accepted_leads_to_an_allowed_host_for_every_parser(text: str) -> None:
    url = accepted(text)

    if url is not None:
        split, other = urlsplit(url), httpx.URL(url)
        assert split.hostname in {origin.host.strip("[]") for origin in MANY}
        assert (split.hostname, split.port, split.scheme) == (other.host, other.port, other.scheme)
        assert "" == (split.username or "") == other.userinfo.decode() == split.fragment
        assert url.isascii()
        assert url.isprintable()
        assert " " not in url
        assert len(url) <= 2048


@given(anything)
def test_rewriting_a_second_time_changes_nothing(text: str) -> None:
    url = accepted(text)

    assert url is None or url == accepted(url)


def test_equal_urls_have_equal_fingerprints_and_others_do_not() -> None:
    fingerprints = Fingerprints.keyed_by("key")

    assert fingerprints.of("https://a/?otp=1") == fingerprints.of("https://a/?otp=1")
    assert fingerprints.of("https://a/?otp=1") != fingerprints.of("https://a/?otp=2")


def test_without_the_api_key_a_fingerprint_cannot_be_recomputed() -> None:
    url = "https://a/?otp=1"

    assert Fingerprints.keyed_by("one").of(url) != Fingerprints.keyed_by("another").of(url)
    assert 64 == len(Fingerprints.keyed_by("one").of(url))
    assert "Fingerprints()" == repr(Fingerprints.keyed_by("one"))


@pytest.mark.parametrize(
    "query",
    [
        "otp=1",
        "otp=1&merchantIdentifier=shop_7:berlin",
        "otp=1&merchantIdentifier=shop_7%3Aberlin",
        "MerchantIdentifier=shop_7:berlin&otp=1",
        "otp=1&merchantIdentifier=shop_7:berlin&merchantIdentifier=shop_7:berlin",
    ],
)
def test_a_url_may_name_the_merchant_who_starts(query: str) -> None:
    expect_merchant(f"https://{HOST}/7/start?{query}", "shop_7:berlin")


@pytest.mark.parametrize(
    "query",
    [
        "otp=1&merchantIdentifier=",
        "otp=1&merchantIdentifier=shop7berlin",
        "otp=1&merchantIdentifier=SHOP_7:berlin",
        "otp=1&merchantidentifier=other",
        "otp=1&merchant%49dentifier=other",
        "otp=1&merchantIdentifier=shop_7:berlin&merchantIdentifier=other",
    ],
)
def test_a_url_may_not_name_another_merchant(query: str) -> None:
    with pytest.raises(CodatAnswerInvalid, match="names another merchant"):
        expect_merchant(f"https://{HOST}/7/start?{query}", "shop_7:berlin")
