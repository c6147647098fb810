import json
from collections.abc import AsyncGenerator

import pytest

from tests.entrypoints.web.asking import BACKEND, Headers, Service, problem


pytestmark = pytest.mark.anyio

JSON: Headers = {**BACKEND, "Content-Type": "application/json"}
TAKING_JSON = ["/v1/sync-sessions", "/v1/connect-tokens"]
MALFORMED = (400, "request-malformed")
INVALID = (400, "input-invalid")
LARGEST = 16 * 1024

BODIES: list[tuple[bytes, tuple[int, str]]] = [
    (b"", INVALID),
    (b"null", INVALID),
    (b"[]", INVALID),
    (b'"gbol"', INVALID),
    (b"5", INVALID),
    (b"{}", INVALID),
    (b"{", MALFORMED),
    (b"{} {}", MALFORMED),
    (b"\xef\xbb\xbf{}", MALFORMED),
    (b"\x00", MALFORMED),
    (b"NaN", MALFORMED),
    (b"1e999", MALFORMED),
    (b'{"merchantIdentifier":"\xff"}', MALFORMED),
    (b'{"merchantIdentifier":"\\ud800"}', MALFORMED),
    (b'{"merchantIdentifier":"\xed\xa0\x80"}', MALFORMED),
    ('{"merchantIdentifier":"m-1"}'.encode("utf-16"), MALFORMED),
    (b"[" * 8000, MALFORMED),
    (b"[" * 7000 + b"]" * 7000, MALFORMED),
    (b'{"merchantIdentifier":' * 700, MALFORMED),
    (b'{"a":' * 100 + b"1" + b"}" * 100, INVALID),
    (b"merchantIdentifier=m-1&platformKey=gbol", MALFORMED),
]


@pytest.mark.parametrize("path", TAKING_JSON)
async def test_a_body_that_is_no_such_object_is_refused(service: Service, path: str) -> None:
    for body, refusal in BODIES:
        answer = await service.post(path, JSON, content=body)

        assert refusal == problem(answer), body[:40]
        assert b"RecursionError" not in answer.content


async def test_a_missing_body_is_called_missing(service: Service) -> None:
    answer = await service.post("/v1/sync-sessions", JSON)

    assert [{"field": "body", "detail": "is missing"}] == answer.json()["errors"]


async def test_a_body_that_is_no_object_is_called_the_body(service: Service) -> None:
    answer = await service.post("/v1/sync-sessions", JSON, content=b"[]")

    assert [{"field": "body", "detail": "Expected `object`, got `array`"}] == answer.json()[
        "errors"
    ]


@pytest.mark.parametrize("value", [None, True, 5, 1.5, [], {}, ["gbol"], {"a": 1}])
async def test_a_value_of_another_type_is_refused_and_not_made_to_fit(
    service: Service, value: object
) -> None:
    wanted = {"merchantIdentifier": "m-1", "platformKey": value}

    answer = await service.post("/v1/sync-sessions", json=wanted)

    assert INVALID == problem(answer)
    assert ["platformKey"] == [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    "field", ["x", "platform_key", "__proto__", "x-<y>", "\u202e", "a`b", "$.platformKey"]
)
async def test_an_unknown_field_is_refused(service: Service, field: str) -> None:
    wanted = {"merchantIdentifier": "m-1", "platformKey": "gbol", field: 1}

    answer = await service.post("/v1/sync-sessions", json=wanted)

    assert INVALID == problem(answer)
    assert 1 == len(answer.json()["errors"])


async def test_a_refusal_does_not_repeat_everything_that_was_sent(service: Service) -> None:
    wanted = {"merchantIdentifier": "m-1", "platformKey": "gbol", "x" * 10_000: 1}

    answer = await service.post("/v1/sync-sessions", json=wanted)

    assert INVALID == problem(answer)
    assert len(answer.content) < 1000


@pytest.mark.parametrize("keys", [("gbol", "lqai"), ("lqai", "gbol"), ("lqai", "lqai")])
async def test_a_key_that_is_said_twice_gets_nobody_the_connector(
    service: Service, keys: tuple[str, str]
) -> None:
    body = '{{"merchantIdentifier":"m-1","platformKey":"{}","platformKey":"{}"}}'.format(*keys)

    answer = await service.post("/v1/sync-sessions", JSON, content=body.encode())

    assert answer.status_code in {201, 404}
    assert {"gbol"} >= {session.platform_key for session in service.world.sessions.history}


@pytest.mark.parametrize(
    ("media_type", "taken"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/json ;x=y", True),
        ("", False),
        ("text/plain", False),
        ("text/plain; x=application/json", False),
        ("application/problem+json", False),
        ("application/jsonx", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/x-msgpack", False),
    ],
)
async def test_only_what_calls_itself_json_is_read(
    service: Service, *, media_type: str, taken: bool
) -> None:
    body = json.dumps({"merchantIdentifier": "m-1", "platformKey": "gbol"}).encode()
    headers = {**BACKEND, "Content-Type": media_type} if media_type else BACKEND

    answer = await service.post("/v1/sync-sessions", headers, content=body)

    assert (201 if taken else 415) == answer.status_code
    assert taken or (415, "media-type-unsupported") == problem(answer)


@pytest.mark.parametrize("path", [*TAKING_JSON, "/connect/session"])
async def test_a_body_of_16_kb_is_read_and_one_more_byte_is_too_large(
    service: Service, path: str
) -> None:
    form = path == "/connect/session"
    headers = {**JSON, "Content-Type": "application/x-www-form-urlencoded"} if form else JSON

    for body in (b" " * LARGEST, in_pieces(LARGEST)):
        answer = await service.post(path, headers, content=body)
        assert (410 if form else 400) == answer.status_code
    for body in (b" " * (LARGEST + 1), in_pieces(LARGEST + 1)):
        answer = await service.post(path, headers, content=body)
        assert 413 == answer.status_code


async def test_a_length_that_promises_too_much_is_refused_before_anything_is_read(
    service: Service,
) -> None:
    answer = await service.post(
        "/v1/sync-sessions", {**JSON, "Content-Length": "999999999"}, content=in_pieces(1)
    )

    assert (413, "body-too-large") == problem(answer)


async def in_pieces(size: int) -> AsyncGenerator[bytes, None]:
    for _ in range(size // 1000):
        yield b" " * 1000
    yield b" " * (size % 1000)
