"""The place in what is judged: as a rule's author writes it, as an expression names it, as a value has it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

Field = tuple[str | int, ...]

_STEP = re.compile(
    r"""\.?(?P<name>[A-Za-z_$][\w$-]*)|\[(?P<number>\d{1,9})\]|\[(?P<quoted>"(?:[^"\\]|\\.)*"|'[^'\\]*')\]"""
)


def field_of(text: str) -> Field | None:
    """`spec.containers[0]["a/b"]` as steps; None where it is no such path. The empty text is the whole."""
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None or (step[0].startswith(".") and not steps):
            return None
        steps.append(_value(step))
        at = step.end()
    return tuple(steps)


def _value(step: re.Match[str]) -> str | int:
    if step["number"] is not None:
        return int(step["number"])
    if step["name"] is not None:
        return step["name"]
    quoted = step["quoted"]
    return str(json.loads(quoted)) if quoted[0] == '"' else quoted[1:-1]


def deepest(value: object, fields: Sequence[Field]) -> Field:
    """The first of the fields that the value has as a whole, else what most of one is there."""
    best: Field = ()
    for field in fields:
        there = _there(value, field)
        if there == field and field:
            return field
        best = max(best, there, key=len)
    return best


def _there(value: object, field: Field) -> Field:
    for number, step in enumerate(field):
        is_item = isinstance(value, list) and isinstance(step, int) and step < len(value)
        if not is_item and not (isinstance(value, Mapping) and step in value):
            return field[:number]
        value = value[step]  # type: ignore[index]
    return field
