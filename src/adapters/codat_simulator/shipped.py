"""The scenarios that ship: files in `scripts`, known by their names."""

from importlib import resources
from pathlib import Path
from typing import Final

from adapters.codat_simulator.script import Titled
from adapters.codat_simulator.script_reading import ScriptInvalid, read_file, read_toml


__all__ = ["ScenarioUnknown", "ScriptInvalid", "called", "names", "shipped"]

_FOLDER: Final = resources.files("adapters.codat_simulator") / "scripts"
_ENDING: Final = ".toml"


class ScenarioUnknown(KeyError):
    """No scenario of that name ships."""

    def __str__(self) -> str:
        return f"No scenario is called {self.args[0]!r}."


def names() -> list[str]:
    """What the shipped scenarios are called."""
    files = (each.name for each in _FOLDER.iterdir())
    return sorted(name.removesuffix(_ENDING) for name in files if name.endswith(_ENDING))


def shipped(name: str) -> Titled:
    """
    The shipped scenario of this *name*.

    Raises:
        ScenarioUnknown: there is none.
    """
    if name not in names():
        raise ScenarioUnknown(name)
    content = (_FOLDER / f"{name}{_ENDING}").read_bytes()
    return Titled(name=name, script=read_toml(content, name))


def called(name_or_file: str) -> Titled:
    """
    The shipped scenario of that name, else the one in that file.

    Raises:
        ScriptInvalid: it is neither, or there is something wrong with the file.
    """
    try:
        return shipped(name_or_file)
    except ScenarioUnknown:
        return read_file(Path(name_or_file))
