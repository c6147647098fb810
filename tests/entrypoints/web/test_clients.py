"""Whose request it is, as trusted proxies tell."""

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.web.clients import Clients


PROXIES = Clients(tuple(map(ip_network, ("10.0.0.0/8", "127.0.0.1", "fd00::/8"))))
NOBODY = Clients(())


def request(peer: str | None, *said: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", text.encode("latin-1")) for text in said]
    return {"client": None if peer is None else (peer, 4711), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["198.51.100.1", "10.9.9.9"], "198.51.100.1"),
        ("10.1.2.3", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["10.9.9.9"], "10.9.9.9"),
        ("10.1.2.3", ["198.51.100.1, "], "10.1.2.3"),
        ("::ffff:10.1.2.3", ["2001:db8::1"], "2001:db8::1"),
        ("fd00::1", ["::ffff:198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["\xfc\r{}"], None),
        ("10.1.2.3", ["198.51.100.1:443"], None),
        ("a socket", ["198.51.100.1"], None),
        (None, ["198.51.100.1"], None),
    ],
)
def test_only_what_trusted_proxies_added_counts(
    peer: str | None, said: list[str], client: str | None
) -> None:
    assert client == PROXIES.of(request(peer, *said))


@given(st.text(st.characters(max_codepoint=255)))
def test_without_trusted_proxies_nothing_is_told(said: str) -> None:
    assert NOBODY.of(request("203.0.113.9", said)) is None


@given(st.lists(st.text(st.characters(max_codepoint=255)), max_size=5))
def test_strangers_cannot_speak_for_others(said: list[str]) -> None:
    assert "203.0.113.9" == PROXIES.of(request("203.0.113.9", *said))
