"""The catalogue that lies ready is the framework's own, and only for whom it was composed."""

import attrs
import httpx
import pytest
from structlog.testing import capture_logs

from domain.errors import CodatUnavailable
from domain.ids import PlatformKey
from domain.model.caller import Grant, MerchantCaller
from domain.model.merchant import Merchant, parse_merchant_identifier
from entrypoints.web.metrics import Metrics
from entrypoints.web.shell import Shell
from tests.entrypoints.web.asking import BACKEND, SHOP, Framework, Headers, Service, problem, serve
from tests.support import PUBLIC_URL


pytestmark = pytest.mark.anyio

LIST = "/v1/integrations"
PEER = ("192.0.2.1", 4711)


@attrs.frozen
class Watched(Service):
    """The service, with its framework watched."""

    framework: Framework

    async def costs(self, answer: httpx.Response, headers: Headers = BACKEND) -> int:
        """
        How often the framework is asked for the same *answer* once more.

        If it is not, the server can have it at once, too, and else it cannot.
        """
        before = self.framework.asked
        raw = httpx.Request("GET", f"{PUBLIC_URL}{LIST}", headers=headers).headers.raw
        lower = [(name.lower(), value) for name, value in raw]
        at_once = self.app.at_once(LIST.encode(), lower, PEER)
        again = await self.get(LIST, headers)
        assert message(answer) == message(again)
        cost = self.framework.asked - before
        assert at_once == (None if cost else wire(answer))
        return cost


def watched(origins: str | None = SHOP) -> Watched:
    service = serve(shop_origins=origins)
    framework = Framework(service.app.app)
    shell = Shell(framework, Metrics(), service.world.clock)
    return Watched(service.world, service.settings, shell, framework)


@pytest.fixture
def service() -> Watched:
    return watched()


def message(answer: httpx.Response) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """All that makes one answer differ from another, in order."""
    return answer.status_code, answer.headers.raw, answer.content


def wire(answer: httpx.Response) -> tuple[int, bytes]:
    """The same as it is on the wire, after the status and the server's own headers."""
    lines = b"".join(name + b": " + value + b"\r\n" for name, value in answer.headers.raw)
    return answer.status_code, lines + b"\r\n" + answer.content


def narrowed(service: Service, bearer: str, *keys: str) -> Headers:
    """The headers of a merchant whose platform shows it only these integrations."""
    merchant = Merchant(identifier=parse_merchant_identifier("m-1"))
    grant = Grant(merchant=merchant, integrations=frozenset(map(PlatformKey, keys)))
    service.world.identity.callers[bearer] = MerchantCaller(grant=grant)
    return {"Authorization": f"Bearer {bearer}"}


@pytest.mark.parametrize("origins", [SHOP, None])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("known", [False, True])
async def test_what_lies_ready_is_what_the_framework_answers_to_the_last_header(
    origins: str | None,
    method: str,
    known: bool,  # noqa: FBT001  # pytest gives it by name
) -> None:
    cold, warm = watched(origins), watched(origins)
    tag = (await warm.get(LIST)).headers["etag"]
    headers = {**BACKEND, "If-None-Match": tag} if known else BACKEND
    await warm.get(LIST, headers)
    asked = warm.framework.asked

    composed = await cold.send(method, LIST, headers)
    ready = await warm.send(method, LIST, headers)

    assert message(composed) == message(ready)
    assert (1, asked) == (cold.framework.asked, warm.framework.asked)
    assert (304 if known else 200) == ready.status_code


async def test_it_is_counted_and_logged_like_every_other_answer(service: Watched) -> None:
    with capture_logs() as lines:
        for _ in range(2):
            await service.get(LIST)
        raw = [(b"host", b"a"), (b"authorization", BACKEND["Authorization"].encode())]
        service.app.at_once(LIST.encode(), raw, PEER)

    composed, *ready = [{**line, "reference": ""} for line in lines]
    counted = service.app.metrics.expose().decode()
    assert [composed, composed] == ready
    assert 3 == len({line["reference"] for line in lines})
    assert 1 == service.framework.asked
    assert f'tillbridge_requests_total{{method="GET",route="{LIST}",status="200"}} 3.0' in counted


async def test_whose_request_it_was_is_told_as_trusted_proxies_tell_it() -> None:
    service = serve(trusted_proxies="192.0.2.0/24")
    forwarded = {**BACKEND, "X-Forwarded-For": "198.51.100.9"}
    await service.get(LIST, forwarded)
    raw = [(name.lower().encode(), value.encode()) for name, value in forwarded.items()]

    with capture_logs() as lines:
        service.app.at_once(LIST.encode(), [(b"host", b"a"), *raw], PEER)
        await service.get(LIST, forwarded)

    # The second was asked by nobody's proxy.
    assert ["198.51.100.9", "127.0.0.1"] == [line["client"] for line in lines]


@pytest.mark.parametrize(
    "odd",
    [
        {"Origin": SHOP},
        {"Origin": "https://evil.test"},
        {"Cookie": "a=b"},
        {"Content-Length": "0"},
        {"If-None-Match": "*"},
        {"If-None-Match": '"other"'},
    ],
)
async def test_a_request_out_of_the_ordinary_goes_the_usual_way(
    service: Watched, odd: dict[str, str]
) -> None:
    await service.get(LIST)
    headers = {**BACKEND, **odd}

    first = await service.get(LIST, headers)

    assert 1 == await service.costs(first, headers)


@pytest.mark.parametrize("base", ["", "/pay"])
async def test_at_once_there_is_the_list_below_the_base_path_or_not_and_nothing_else(
    base: str,
) -> None:
    service = serve(public_url=f"{PUBLIC_URL}{base}")
    await service.get(LIST)
    raw = [(b"host", b"a"), (b"authorization", BACKEND["Authorization"].encode())]

    targets = ("/v1/integrations", "/pay/v1/integrations", "/v1/integrations?a=b", "/healthz")
    found = [target for target in targets if service.app.at_once(target.encode(), raw, PEER)]

    assert sorted({LIST, f"{base}{LIST}"}) == sorted(found)


async def test_so_do_other_addresses_methods_and_credentials(service: Watched) -> None:
    await service.get(LIST)
    ours = BACKEND["Authorization"]

    answers = [
        await service.get(f"{LIST}?a=b"),
        await service.get(f"{LIST}/"),
        await service.send("DELETE", LIST, BACKEND),
        await service.get(LIST, {"Authorization": ours.replace("B", "b", 1)}),
        await service.get(LIST, {"Authorization": f"{ours} "}),
        await service.get(LIST, {"Authorization": "Bearer "}),
        await service.get(LIST, {"Authorization": f"{ours}x"}),
        await service.get(LIST, {}),
        await service.send("GET", LIST, [*BACKEND.items(), *BACKEND.items()]),
        await service.send("GET", LIST, [*BACKEND.items(), ("Accept", "a"), ("Accept", "b")]),
    ]

    assert 1 + len(answers) == service.framework.asked
    statuses = [answer.status_code for answer in answers]
    assert [200, 200, 405, 200, 200, 401, 401, 401, 401, 200] == statuses


async def test_what_a_merchant_is_shown_is_ready_for_nobody(service: Watched) -> None:
    merchant = narrowed(service, "jwt", "gbol")

    first = await service.get(LIST, merchant)
    assert 1 == await service.costs(first, merchant)
    whole = await service.get(LIST)

    assert ["gbol"] == [i["key"] for i in first.json()["integrations"]]
    assert len(whole.json()["integrations"]) > 1
    assert 0 == await service.costs(whole)


async def test_what_the_backend_is_shown_is_ready_for_no_merchant(service: Watched) -> None:
    merchant = narrowed(service, "jwt", "gbol")
    whole = await service.get(LIST)

    for headers in (merchant, {**merchant, "If-None-Match": whole.headers["etag"]}):
        answer = await service.get(LIST, headers)

        assert ["gbol"] == [i["key"] for i in answer.json()["integrations"]]
        assert 1 == await service.costs(answer, headers)
    assert 0 == await service.costs(whole)


async def test_a_merchant_who_may_see_all_of_it_is_let_in_by_the_doorkeeper(
    service: Watched,
) -> None:
    whole = await service.get(LIST)
    merchant = service.merchant()

    assert 1 == await service.costs(whole, merchant)
    service.world.identity.callers.clear()
    assert (401, "credentials-refused") == problem(await service.get(LIST, merchant))


async def test_another_key_of_the_backend_is_known_after_the_first_time(service: Watched) -> None:
    service.world.identity.know_backend("second")
    second = {"Authorization": "Bearer second"}
    whole = await service.get(LIST)

    assert [1, 0, 0] == [
        await service.costs(whole, second),
        await service.costs(whole, second),
        await service.costs(whole),
    ]


async def test_after_a_quarter_of_an_hour_everything_is_looked_at_again(service: Watched) -> None:
    whole = await service.get(LIST)

    service.world.clock.advance(899)
    assert 0 == await service.costs(whole)
    service.world.clock.advance(1)
    assert 1 == await service.costs(whole)
    await service.world.cache.settle()
    assert 1 == await service.costs(whole)
    assert 0 == await service.costs(whole)
    service.world.identity.callers.clear()
    service.world.clock.advance(900)
    assert (401, "credentials-refused") == problem(await service.get(LIST))


async def test_a_clock_that_is_set_back_makes_nothing_last_longer(service: Watched) -> None:
    whole = await service.get(LIST)

    service.world.clock.set_back(1)

    assert 1 == await service.costs(whole)


async def test_what_was_known_before_a_change_is_not_taken_for_current(service: Watched) -> None:
    old = {**BACKEND, "If-None-Match": (await service.get(LIST)).headers["etag"]}
    assert 304 == (await service.get(LIST, old)).status_code
    reported = service.world.codat.integrations_reported
    service.world.codat.integrations_reported = [i for i in reported if i.key != "gbol"]
    service.world.clock.advance(900)
    await service.get(LIST)
    await service.world.cache.settle()

    changed = await service.get(LIST, old)

    assert 200 == changed.status_code
    assert "gbol" not in [i["key"] for i in changed.json()["integrations"]]
    assert 0 == await service.costs(changed)
    assert 1 == await service.costs(changed, old)


async def test_the_last_known_list_never_lies_ready(service: Watched) -> None:
    await service.get(LIST)
    service.world.codat.fail_always("integrations", CodatUnavailable())
    service.world.clock.advance(3600)
    await service.get(LIST)
    await service.world.cache.settle()

    answer = await service.get(LIST)

    assert "lastKnown" in answer.json()
    assert 1 == await service.costs(answer)


async def test_a_list_without_all_branding_lies_ready_for_a_moment_only(service: Watched) -> None:
    service.world.codat.fail_next("branding", CodatUnavailable())
    known = {**BACKEND, "If-None-Match": (await service.get(LIST)).headers["etag"]}
    await service.get(LIST, known)
    whole = await service.get(LIST)

    assert 0 == await service.costs(whole)
    service.world.clock.advance(4)
    assert 0 == await service.costs(whole)
    assert 304 == (await service.get(LIST, known)).status_code
    service.world.clock.advance(1)
    assert 1 == await service.costs(whole)
