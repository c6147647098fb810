"""What a simulator is told before it starts."""

import re

import attrs
from attrs import validators

from adapters.codat_simulator.script import Titled


HIGHEST_PORT = 65_535


@attrs.frozen(kw_only=True)
class SimulatorSettings:
    """
    Where the simulator listens, and for whom.

    Attributes:
        api_key: the one key that its API accepts.
        host: the address that both servers listen on.
        port: of the API; 0 takes any free one.
        sync_flow_port: of the sync flow UI; 0 takes any free one.
        connector_key: platform key of the connector that Codat would deploy for you.
        connector_side: `commerce` or `accounting`.
        other_companies: linked companies that the client has besides those made here; each is
            worth 1000 requests a day, so that nobody's tests run into the quota by accident.
        seed: makes ids, codes and fault rates repeatable; goes before that of a scenario file.
        scenario: what is played from the start, and again after a reset.
    """

    api_key: str = attrs.field(
        default="simulator-key", repr=False, validator=validators.min_len(1)
    )
    host: str = "127.0.0.1"
    port: int = attrs.field(
        default=8001, validator=[validators.ge(0), validators.le(HIGHEST_PORT)]
    )
    sync_flow_port: int = attrs.field(
        default=8002, validator=[validators.ge(0), validators.le(HIGHEST_PORT)]
    )
    connector_key: str = attrs.field(
        default="lqai", validator=validators.matches_re(r"[a-z]{4}", func=re.fullmatch)
    )
    connector_side: str = attrs.field(
        default="commerce", validator=validators.in_(("commerce", "accounting"))
    )
    other_companies: int = attrs.field(default=100, validator=validators.ge(0))
    seed: int | None = None
    scenario: Titled | None = None
