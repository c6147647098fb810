"""Gateways on a scripted network."""

from adapters.codat.http_gateway import HttpCodatGateway
from domain.ids import MerchantIdentifier, PlatformKey
from domain.model.connector import SyncRoute
from domain.ports.codat_gateway import SecondTry
from tests.adapters.codat.scripted import ScriptedTransport, Step
from tests.fakes.clock import FakeClock


KEY = "canary-api-key"
HOST = "sync-flow.codat.io"
ROUTE = SyncRoute(commerce_key=PlatformKey("lqai"), accounting_key=PlatformKey("gbol"))
MERCHANT = MerchantIdentifier("m-1")
FLOW = f"https://{HOST}/7/lqai/gbol/start?otp=422149"
RETURN_TO = "https://shop.example/connect/return/ss_1"


def scripted(*script: Step) -> ScriptedTransport:
    """A network that plays *script*."""
    return ScriptedTransport(list(script))


def gateway_over(
    transport: ScriptedTransport,
    base_url: str = "https://api.codat.io",
    clock: FakeClock | None = None,
    *,
    second_try: SecondTry = SecondTry.ANY,
    breaker: bool = True,
    quota_share: int = 10,
    jitter: float = 0.0,
    hosts: tuple[str, ...] = (HOST, "127.0.0.1"),
) -> HttpCodatGateway:
    """A gateway that asks *transport*; pauses pass on *clock* alone."""
    clock = clock or FakeClock()

    async def sleep(seconds: float) -> None:
        clock.advance(seconds)

    return HttpCodatGateway(
        base_url=base_url,
        api_key=KEY,
        sync_flow_hosts=hosts,
        clock=clock,
        transport=transport,
        second_try=second_try,
        breaker=breaker,
        quota_share=quota_share,
        jitter=lambda: jitter,
        sleep=sleep,
    )


async def start(gateway: HttpCodatGateway) -> str:
    """Ask for a URL and take it."""
    url = await gateway.start_sync_flow(ROUTE, MERCHANT, RETURN_TO)
    return url.take(url.fetched_at)
