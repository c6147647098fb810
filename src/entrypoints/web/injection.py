"""What routes are given by the container: concrete objects, taken as they are."""

from typing import TypeAlias, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation


T = TypeVar("T")

Given: TypeAlias = NamedDependency[SkipValidation[T]]
"""A parameter that the container provides; the framework neither parses nor checks it."""
