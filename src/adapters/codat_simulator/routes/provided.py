"""What the application hands to its route handlers."""

from typing import TypeAlias

from litestar.di import NamedDependency

from adapters.codat_simulator.state import Simulator


Codat: TypeAlias = NamedDependency[Simulator]
