"""JSON Schemas without repetition: equal parts stand once, in `$defs`. Equal verdicts, fewer bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

_WORTH = 60
"""Characters from which on a reference is shorter."""


def packed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An equivalent schema. Takes what `custom_kind` makes: references only into its own `$defs`."""
    counts: Counter[str] = Counter()

    def count(node: Any) -> Any:
        counts[_spelled(node)] += 1
        return _mapped(node, count)

    count(schema)
    names: dict[str, str] = {}
    parts: dict[str, Any] = {}

    def pack(node: Any) -> Any:
        said = _spelled(node)
        if len(said) < _WORTH or counts[said] == 1 or not isinstance(node, Mapping):
            return _mapped(node, pack)
        if said not in names:
            names[said] = f"p{len(names)}"
            parts[names[said]] = _mapped(node, pack)
        return {"$ref": f"#/$defs/{names[said]}"}

    whole = _mapped({key: value for key, value in schema.items() if key != "$defs"}, pack)
    return {**whole, "$defs": {**schema.get("$defs", {}), **parts}}


def _spelled(node: Any) -> str:
    return json.dumps(node, sort_keys=True, separators=(",", ":"))


def _mapped(node: Any, change: Callable[[Any], Any]) -> Any:
    """The node with its sub-schemas changed."""
    if not isinstance(node, Mapping):
        return node
    return {key: _part(key, value, change) for key, value in node.items()}


def _part(key: str, value: Any, change: Callable[[Any], Any]) -> Any:
    match key:
        case "properties":
            return {name: change(one) for name, one in value.items()}
        case "allOf" | "anyOf" | "oneOf":
            return [change(one) for one in value]
        case "items" | "additionalProperties" | "not" | "if" | "else":
            return change(value)
        case _:
            return value
