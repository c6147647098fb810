from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.model.web_places import (
    WebPlace,
    is_loopback,
    is_web_address,
    lies_at,
    parse_web_place,
    split_web_address,
)


NAME_OF_253 = ".".join(["a" * 63] * 3 + ["b" * 61])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sync-flow.codat.io", WebPlace(None, "sync-flow.codat.io", None)),
        ("Codat.IO:8443", WebPlace(None, "codat.io", 8443)),
        ("HTTPS://Codat.io", WebPlace("https", "codat.io", None)),
        ("https://codat.io:00443", WebPlace("https", "codat.io", 443)),
        ("http://foo.localhost:9000", WebPlace("http", "foo.localhost", 9000)),
        ("http://[0:0::1]", WebPlace("http", "[::1]", None)),
        ("127.0.0.1", WebPlace(None, "127.0.0.1", None)),
        ("1a.2b", WebPlace(None, "1a.2b", None)),
        (NAME_OF_253, WebPlace(None, NAME_OF_253, None)),
    ],
)
def test_hosts_and_origins_are_read(text: str, expected: WebPlace) -> None:
    assert expected == parse_web_place(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "*", "*.codat.io", "codat.io/", "https://", "//codat.io", "ftp://codat.io"),
        *("-codat.io", "codat-.io", "sync_flow.codat.io", ".codat.io", "codat.io.", "a..b"),
        *("me@codat.io", "codat.io:", "codat.io:http", "codat.io\n", "códat.io", "\u017f.io"),
        *("[::1", "[:::]", "[1.2.3.4]", "[::1%lo]", "::1", f"{'a' * 64}.io", f"{NAME_OF_253}b"),
        *("127.1", "0x7f.0.0.0x1", "2130706433", "1.2.3.256", "a.1", "127.0.0.01"),
    ],
)
def test_what_is_neither_a_host_nor_an_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        parse_web_place(text)


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_an_impossible_port_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="impossible port"):
        parse_web_place(f"codat.io:{port}")


@pytest.mark.parametrize(
    "text", ["http://codat.io", "HTTP://128.0.0.1", "http://localhost.codat.io", "http://[::2]"]
)
def test_plain_http_is_for_this_machine_only(text: str) -> None:
    with pytest.raises(ValueError, match="plain http"):
        parse_web_place(text)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        *((host, True) for host in ("localhost", "LOCALHOST", "a.b.localhost", "127.9.9.9")),
        *((host, True) for host in ("::1", "[::1]")),
        *((host, False) for host in (None, "", "localhost.test", "notlocalhost", "128.0.0.1")),
        *((host, False) for host in ("::2", "[::2]", "127.0.0.1.test", "127.1")),
    ],
)
def test_loopback_is_told_from_everywhere_else(host: str | None, *, expected: bool) -> None:
    assert expected is is_loopback(host)


def test_an_address_is_split_after_its_origin() -> None:
    expected = {
        "HTTPS://A.test:1/Path?q#f": ("https://a.test:1", "/Path?q#f"),
        "https://a.test?Q": ("https://a.test", "?Q"),
        "https://a.test#F": ("https://a.test", "#F"),
        "http://localhost": ("http://localhost", ""),
        "https://a.test/\n": ("https://a.test", "/\n"),
    }

    assert expected == {address: split_web_address(address) for address in expected}


@pytest.mark.parametrize(
    "text", ["", "a.test/path", "//a.test", "https:/a.test", "https:///p", "https://a.test\\@b/"]
)
def test_what_is_no_address_is_not_split(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|not an absolute"):
        split_web_address(text)


def test_addresses_are_told_from_files() -> None:
    assert is_web_address("https://a.test/keys")
    assert is_web_address("ftp://a.test/keys")
    assert not is_web_address("/etc/keys.json")
    assert not is_web_address("https:keys.json")


pieces = st.sampled_from(
    [
        *(
            "https://",
            "http://",
            "HTTP://",
            "localhost",
            "codat.io",
            "A",
            "-",
            "_",
            ".",
            ":",
            "0x",
        ),
        *("127.0.0.1", "999", "1", "[", "]", "::", "[::1]", ":80", ":0443", "@", "/", "%", "é"),
    ]
)


@given(st.lists(pieces | st.text(max_size=2), max_size=7).map("".join))
def test_whatever_is_read_is_the_same_place_to_every_parser_and_read_again(text: str) -> None:
    try:
        place = parse_web_place(text)
    except ValueError:
        return

    assert place == parse_web_place(str(place))
    address = str(place) if place.scheme else f"https://{place}"
    split, other = urlsplit(address), httpx.URL(address)
    assert place.host.strip("[]") == split.hostname == other.host
    assert place.is_loopback is is_loopback(split.hostname)
    assert place.host.encode("idna")
    assert place.port == split.port


ORIGINS = ("https://static.codat.io", "https://pictures.test:8443", "http://127.0.0.1:8001")


@pytest.mark.parametrize(
    "address",
    [
        "https://static.codat.io/public/a.png",
        "https://static.codat.io",
        "https://static.codat.io?x",
        "https://static.codat.io:443/a.png",
        "HTTPS://Static.Codat.IO/A.png",
        "https://pictures.test:8443/%2e%2e/a.png?x=1#y",
        "http://127.0.0.1:8001/a.png",
    ],
)
def test_an_address_lies_at_its_origin(address: str) -> None:
    assert lies_at(address, ORIGINS)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a.png",
        "//static.codat.io/a.png",
        "http://static.codat.io/a.png",
        "https://static.codat.io.evil.test/a.png",
        "https://evil.test/https://static.codat.io/a.png",
        "https://static.codat.io@evil.test/a.png",
        "https://user@static.codat.io/a.png",
        "https://static.codat.io\\@evil.test/a.png",
        "https://evil.test\\.static.codat.io/a.png",
        "https:/static.codat.io/a.png",
        "https://static.codat.io:80/a.png",
        "https://static.codat.io:8443/a.png",
        "https://pictures.test/a.png",
        "http://127.1:8001/a.png",
        "http://localhost:8001/a.png",
        "https://static.codat.io./a.png",
        "https://static.codat.io/a b.png",
        "https://static.codat.io/é.png",
        "https://static.codat.io/a.png\n",
        " https://static.codat.io/a.png",
        "javascript:alert(1)//https://static.codat.io",
        "data:image/png,https://static.codat.io/",
    ],
)
def test_an_address_of_elsewhere_does_not(address: str) -> None:
    assert not lies_at(address, ORIGINS)


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_lies_at_an_origin_is_asked_of_that_host(start: str, rest: str) -> None:
    for address in (f"{start}{rest}", f"https://{start}static.codat.io{rest}"):
        if lies_at(address, ORIGINS):
            assert httpx.URL(address).host in {"static.codat.io", "pictures.test", "127.0.0.1"}
