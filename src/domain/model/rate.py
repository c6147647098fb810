"""How many of something there may be in a while."""

import datetime as dt

import attrs


@attrs.frozen
class Rate:
    """At most *most* within any *period*, wherever one lays it."""

    most: int
    period: dt.timedelta
