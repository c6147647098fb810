"""How the text of a setting becomes the address of a PostgreSQL database."""

import re
from typing import Final


PREFIXES: Final = ("postgresql://", "postgres://")
EXAMPLE: Final = (
    "postgresql://role:password@host/database, with %40 for @ in the password, %2F for / and so on"
)
PARAMETERS: Final = frozenset(
    {
        *(
            "application_name",
            "channel_binding",
            "connect_timeout",
            "gssencmode",
            "host",
            "hostaddr",
        ),
        *(
            "keepalives",
            "keepalives_count",
            "keepalives_idle",
            "keepalives_interval",
            "krbsrvname",
        ),
        *(
            "load_balance_hosts",
            "options",
            "passfile",
            "port",
            "require_auth",
            "sslcert",
            "sslcrl",
        ),
        *("ssl_min_protocol_version", "sslkey", "sslmode", "sslnegotiation", "sslrootcert"),
        *("target_session_attrs", "tcp_user_timeout"),
    }
)
"""Of libpq's (postgresql.org/docs/current/libpq-connect.html), those that cannot be a secret."""

_WORD: Final = r"(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
_HOST: Final = r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]|(?:%2[Ff][\w.-]+)+)(?::[1-9]\d{0,4})?"
_HOSTS: Final = rf"{_HOST}(?:,{_HOST})*"
_URL: Final = re.compile(
    rf"(?:{'|'.join(PREFIXES)})(?:{_WORD}(?::{_WORD})?@)?(?:{_HOSTS})?/{_WORD}"
    r"(?:\?(?P<query>[!-~]+))?",
    re.ASCII,
)
_PARAMETER: Final = re.compile(r"(\w+)=([^&=#]+)", re.ASCII)


def is_postgres_url(given: str) -> bool:
    """Whether it is meant to be one."""
    return given.startswith(PREFIXES)


def postgres_url(given: str) -> str:
    """
    An address of a database as libpq reads it (RFC 3986, with several hosts if need be).

    Held to its grammar here, for libpq would tell of a password that was not encoded, by taking
    a part of it for a host.
    """
    match = _URL.fullmatch(given)
    if match is None or "%00" in given:
        raise ValueError(EXAMPLE)
    query = match["query"]
    for part in query.split("&") if query else ():
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None or parameter[1] not in PARAMETERS:
            raise ValueError(
                "postgresql://… with no parameters but those of libpq that hold no secret, such "
                "as sslmode or target_session_attrs; the password comes after the role"
            )
    return given
