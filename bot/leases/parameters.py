"""Parameters as people type them, `name=value`, to what the kind's contract asks for. It judges no value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.catalog.near import NameIndex
from bot.leases.kind import RequestKind

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
_DEEPEST = 8


@dataclass(frozen=True)
class Misread:
    """A word that is no parameter. `form`: not `name=value`; `twice`: said before; `inside`: of a value."""

    case: str
    word: str
    near: tuple[str, ...] = ()


def read_parameters(words: Iterable[str], kind: RequestKind) -> Mapping[str, Any] | Misread:
    """By name; `quota.cpu=4` is inside of `quota`. What the contract calls a number becomes one.

    A list is written with commas. Names that the contract does not know are kept: its check says so.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        steps = name.split(".")
        if not equals or not all(steps) or len(steps) > _DEEPEST:
            near = NameIndex(names_of(kind)).near(name)
            return Misread("form", word, near)
        node = found
        for step in steps[:-1]:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                return Misread("inside", word)
        if steps[-1] in node:
            return Misread("twice", word)
        node[steps[-1]] = _value(text, _schema(kind, steps))
    return found


def names_of(kind: RequestKind) -> tuple[str, ...]:
    """The names of a kind's parameters, in the order of its contract; without those that it only refuses."""
    pages = (page.get("properties") for page in kind.template.pages)
    return tuple(
        name
        for page in pages
        if isinstance(page, Mapping)
        for name, schema in page.items()
        if not (isinstance(schema, Mapping) and schema.get("not") == {})
    )


def needed_of(kind: RequestKind) -> tuple[str, ...]:
    """Those of them that must be said."""
    pages = (page.get("required") for page in kind.template.pages)
    return tuple(name for page in pages if isinstance(page, list) for name in page)


def _schema(kind: RequestKind, steps: Sequence[str]) -> Mapping[str, Any]:
    """What the contract says of a parameter; nothing where it does not speak of it."""
    for page in kind.template.pages:
        node: Any = page
        for step in steps:
            properties = node.get("properties") if isinstance(node, Mapping) else None
            node = properties.get(step) if isinstance(properties, Mapping) else None
        if isinstance(node, Mapping):
            return node
    return {}


def _value(text: str, schema: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "integer" if _WHOLE.fullmatch(text):
            return int(text)
        case "number" if _NUMBER.fullmatch(text):
            return float(text) if "." in text else int(text)
        case "boolean":
            return _TRUTH.get(text.lower(), text)
        case "array":
            inner = schema.get("items")
            items = [one.strip() for one in text.split(",") if one.strip()]
            return [_value(one, inner if isinstance(inner, Mapping) else {}) for one in items]
    return text
