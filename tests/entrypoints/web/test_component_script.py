"""The script of `<tillbridge-picker>` is joined of modules."""

import re
from importlib.resources import files

from entrypoints.web.component_script import NO_TEXTS, PARTS, component_script


FOLDER = files("entrypoints.web") / "element"
SOURCES = {name: (FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in PARTS}


def test_every_module_is_in_it_and_short_enough_to_read() -> None:
    assert {f"{name}.js" for name in PARTS} == {file.name for file in FOLDER.iterdir()}
    assert [] == [name for name, text in SOURCES.items() if len(text.splitlines()) > 350]


def test_each_module_stands_after_those_that_it_imports() -> None:
    for place, name in enumerate(PARTS):
        imported = re.findall(r'from "\./(\w+)\.js";', SOURCES[name])
        assert set(imported) <= set(PARTS[:place])


def test_no_name_means_two_things_once_they_are_joined() -> None:
    names = [
        name
        for text in SOURCES.values()
        for name in re.findall(
            r"^(?:export )?(?:async )?(?:const|let|class|function) (\w+)", text, re.MULTILINE
        )
    ]

    assert len(names) == len(set(names)) > len(PARTS)


def test_it_imports_nothing_and_exports_the_element_alone() -> None:
    script = component_script({"fr-FR": {"retry": "Réessayer"}}).decode()

    assert not re.search(r"^\s*import\b|\bfrom \"", script, re.MULTILINE)
    assert ["class TillbridgePicker"] == re.findall(r"^export (\w+ \w+)", script, re.MULTILINE)
    assert 'const TEXTS = {"fr-FR":{"retry":"Réessayer"}};' in script
    assert NO_TEXTS not in script


def test_all_code_is_in_it_and_nothing_but_remarks_is_missing() -> None:
    script = re.sub(r"/\*.*?\*/", "", component_script({}).decode(), flags=re.DOTALL)

    for text in SOURCES.values():
        unsaid = r"/\*.*?\*/|//[^\n]*|^import[^;]*;|\bexport "
        code = re.sub(unsaid, "", text, flags=re.DOTALL | re.MULTILINE)
        assert set(code.split()) <= set(script.split())
