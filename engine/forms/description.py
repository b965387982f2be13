"""What a form asks for, and what it is shown with."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.forms import components
from engine.forms.browser import as_browser, as_field
from engine.forms.components import Element, Path, Schema, has, lookup, place
from engine.forms.scopes import flat


@dataclass(frozen=True)
class Field:
    """A field: ``key`` is its path (``rows[].name`` inside repeated rows), ``kind`` the component.

    ``type`` is the FEEL type of its value; ``grade`` the protection grade, ``L3`` is personal.
    """

    key: str
    kind: str
    label: str
    type: str
    grade: str


def fields(schema: Schema) -> list[Field]:
    """Return everything that a submission may set, in the order of the form."""
    return list(_fields(components.read(schema), ""))


def _fields(elements: tuple[Element, ...], above: str) -> Iterator[Field]:
    for element in flat(elements):
        if element.kind == "group":
            continue
        key = above + components.write(element.path)
        label = str(element.raw.get("label") or "")
        yield Field(key, element.kind, label, element.type, element.grade)
        if element.repeated:
            yield from _fields(element.children, f"{key}[].")


def initial(schema: Schema, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data to show a form with: its fields, and what its texts and expressions read.

    Temporals become the strings that form-js works with. Variables that the form does not mention
    are left out: whoever sees a task need not see the whole case.
    """
    elements = components.read(schema)
    mentioned = json.dumps(schema, ensure_ascii=False)
    shown = {name: value for name, value in variables.items() if name and name in mentioned}
    data: dict[str, Any] = as_browser(shown)
    _fill(elements, (), data, variables)
    return data


def _fill(
    elements: tuple[Element, ...], above: Path, data: dict[str, Any], variables: Mapping[str, Any]
) -> None:
    for element in flat(elements):
        path = (*above, *element.path)
        if element.repeated:
            rows = lookup(data, path)
            for number in range(len(rows) if isinstance(rows, list) else 0):
                if isinstance(rows[number], dict):
                    _fill(element.children, (*path, number), data, variables)
        elif has(variables, path):
            place(data, path, as_field(element, lookup(variables, path)))
        elif element.raw.get("defaultValue") is not None and not above:
            place(data, path, element.raw["defaultValue"])
