"""Kubernetes' list library: isSorted, sum, min, max, indexOf, lastIndexOf, includes; and maps put together.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Lists
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from typing import Any

from bot.policy.cel.host import member
from bot.policy.cel.rewrite import MERGED

_INT64 = 2**63


_KINDS: dict[type, str] = {
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    bytes: "bytes",
    bytearray: "bytes",
    datetime: "timestamp",
    timedelta: "duration",
    type(None): "null",
    dict: "map",
}
"""Values of one kind can be compared. Python takes True for 1 and CEL does not."""


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "list")


def same(one: Any, other: Any) -> bool:
    """CEL's equality: 1 == 1.0, true is not 1, and what has different types differs."""
    if _kind(one) != _kind(other):
        return False
    if isinstance(one, Mapping):
        return len(one) == len(other) and all(key in other and same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _checked(values: Iterable[Any]) -> list[Any]:
    found = list(values)
    if any(_kind(value) in {"null", "list", "map"} for value in found):
        raise ValueError("no such overload: the elements cannot be compared")
    return found


def _is_greater(one: Any, other: Any) -> bool:
    """False for what cannot be compared, as in Kubernetes."""
    return _kind(one) == _kind(other) and bool(one > other)


def _is_sorted(values: list[Any]) -> bool:
    return not any(_is_greater(one, other) for one, other in pairwise(_checked(values)))


def _smallest(values: list[Any]) -> Any:
    if not values:
        raise ValueError("min called on empty list")
    return reduce(lambda one, other: other if _is_greater(one, other) else one, _checked(values))


def _largest(values: list[Any]) -> Any:
    if not values:
        raise ValueError("max called on empty list")
    return reduce(lambda one, other: other if _is_greater(other, one) else one, _checked(values))


def _sum(values: list[Any]) -> Any:
    if not values:
        return 0
    kinds = {type(value) for value in values}
    if len(kinds) > 1 or not kinds <= {int, float, timedelta}:
        raise ValueError("no such overload: sum of what is not all of one kind of number, or durations")
    total = sum(values, start=kinds.pop()())
    if isinstance(total, int) and not -_INT64 <= total < _INT64:
        raise ValueError("integer overflow")
    return total


def _index_of(values: list[Any], wanted: Any) -> int:
    return next((index for index, value in enumerate(values) if same(value, wanted)), -1)


def _last_index_of(values: list[Any], wanted: Any) -> int:
    return next((index for index in reversed(range(len(values))) if same(values[index], wanted)), -1)


def _includes(target: Any, wanted: Any) -> bool:
    return _index_of(target, wanted) >= 0 if isinstance(target, list) else same(target, wanted)


def _merged(maps: list[dict[Any, Any]]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for one in maps:
        for key, value in one.items():
            if key in made:
                raise ValueError(f"insert failed: key {key} already exists")
            made[key] = value
    return made


LISTS = (
    member("isSorted", "list", "bool", _is_sorted),
    member("sum", "list", "dyn", _sum),
    member("min", "list", "dyn", _smallest),
    member("max", "list", "dyn", _largest),
    member("indexOf", "list any", "int", _index_of),
    member("lastIndexOf", "list any", "int", _last_index_of),
    member("includes", "any any", "bool", _includes),
    member(MERGED, "list", "map", _merged),
)
