"""A form-js schema as a tree of what it asks for: fields, groups and repeated rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.values import is_tagged

TEXT = frozenset({"textfield", "textarea"})
ONE_OF = frozenset({"radio", "select"})
SOME_OF = frozenset({"checklist", "taglist"})
FIELDS = TEXT | ONE_OF | SOME_OF | {"number", "datetime", "checkbox", "filepicker", "expression"}
HOLDERS = frozenset({"group", "dynamiclist"})
SHOWN = frozenset({"table", "text", "html", "image", "separator", "spacer", "button", "default"})
KNOWN = FIELDS | HOLDERS | SHOWN

_TYPES = {
    "textfield": "string",
    "textarea": "string",
    "checkbox": "boolean",
    "checklist": "list",
    "taglist": "list",
    "dynamiclist": "list",
}
_SUBTYPES = {"date": "date", "time": "time", "datetime": "date-time"}

Schema = Mapping[str, Any]
#: Keys and row numbers from the top of the data: ("rows", 0, "name").
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Element:
    """A component that has data, or holds such components.

    ``path`` are the keys from its scope: the form, or the row that it lies in.
    """

    raw: Schema
    kind: str
    path: tuple[str, ...]
    children: tuple["Element", ...] = ()

    @property
    def repeated(self) -> bool:
        """Tell whether the children are asked for once a row."""
        return self.kind == "dynamiclist"

    @property
    def hide(self) -> str:
        """Return the condition under which the component is hidden; empty for never."""
        conditional = self.raw.get("conditional")
        text = conditional.get("hide") if isinstance(conditional, Mapping) else None
        # As in the browser: what does not start with "=" is no condition.
        return text if isinstance(text, str) and text.startswith("=") else ""

    @property
    def validation(self) -> Mapping[str, Any]:
        """Return the component's rules."""
        rules = self.raw.get("validate")
        return rules if isinstance(rules, Mapping) else {}

    @property
    def type(self) -> str:
        """Return the FEEL type of the value that the field leaves in the case."""
        if self.kind == "number":
            return "string" if self.raw.get("serializeToString") else "number"
        if self.kind == "datetime":
            return _SUBTYPES.get(str(self.raw.get("subtype")), "any")
        if self.kind in ONE_OF:
            return self._type_of_options()
        return _TYPES.get(self.kind, "any")

    def _type_of_options(self) -> str:
        values = [option.get("value") for option in dictionaries(self.raw.get("values"))]
        if values and all(isinstance(value, str) for value in values):
            return "string"
        if values and all(type(value) in {int, float} for value in values):
            return "number"
        return "any"

    @property
    def grade(self) -> str:
        """Return the protection grade in the component's properties (``L3`` is personal)."""
        properties = self.raw.get("properties")
        return str(properties.get("grade") or "") if isinstance(properties, Mapping) else ""


def dictionaries(value: object) -> list[Schema]:
    """Return the JSON objects of a list; nothing for anything else."""
    return [entry for entry in value if isinstance(entry, Mapping)] if _is_list(value) else []  # type: ignore[attr-defined]


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple)


def read(schema: Schema) -> tuple[Element, ...]:
    """Return the form's elements; components without data (texts, buttons) are left out."""
    return tuple(_elements(schema.get("components"), ()))


def _elements(components: object, above: tuple[str, ...]) -> Iterator[Element]:
    for raw in dictionaries(components):
        kind = str(raw.get("type"))
        if kind == "group":
            inside = tuple(_elements(raw.get("components"), (*above, *keys(raw.get("path")))))
            yield Element(raw, kind, above, inside)
        elif kind == "dynamiclist":
            inside = tuple(_elements(raw.get("components"), ()))
            yield Element(raw, kind, (*above, *keys(raw.get("path"))), inside)
        elif kind in FIELDS and keys(raw.get("key")):
            yield Element(raw, kind, (*above, *keys(raw.get("key"))))


def keys(text: object) -> tuple[str, ...]:
    """Split a key or path at its dots."""
    return tuple(part for part in str(text or "").split(".") if part)


def write(path: Path) -> str:
    """Write a path as ``rows[0].name``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


def lookup(holder: object, path: Path) -> Any:  # noqa: ANN401 - JSON
    """Return the value at a path, None where there is none."""
    for part in path:
        if isinstance(part, int):
            if not isinstance(holder, list) or not 0 <= part < len(holder):
                return None
            holder = holder[part]
        elif isinstance(holder, Mapping) and not is_tagged(holder):
            holder = holder.get(part)
        else:
            return None
    return holder


def has(holder: object, path: Path) -> bool:
    """Tell whether there is a value at a path, be it null."""
    inner = lookup(holder, path[:-1])
    last = path[-1]
    if isinstance(last, int):
        return isinstance(inner, list) and 0 <= last < len(inner)
    return isinstance(inner, Mapping) and not is_tagged(inner) and last in inner


def place(holder: dict[str, Any], path: Path, value: Any) -> None:  # noqa: ANN401 - JSON
    """Put a value at a path of keys and existing rows, making the contexts in between."""
    inner: Any = holder
    for part in path[:-1]:
        if isinstance(part, int):
            inner = inner[part]
            continue
        if not isinstance(inner.get(part), dict | list) or is_tagged(inner.get(part)):
            inner[part] = {}
        inner = inner[part]
    inner[path[-1]] = value


def drop(holder: dict[str, Any], path: Path) -> None:
    """Take the value at a path away, if there is one."""
    inner = lookup(holder, path[:-1])
    if isinstance(inner, dict):
        inner.pop(path[-1], None)
