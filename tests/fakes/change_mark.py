"""A mark of what fakes hold."""

from collections.abc import Callable

import attrs


@attrs.define
class FakeChangeMark:
    """Keeps the ChangeMark port by comparing all there is; *blind*, it says nothing."""

    all_there_is: Callable[[], object]
    blind: bool = False

    async def read(self) -> object | None:
        return None if self.blind else self.all_there_is()
