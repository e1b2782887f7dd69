"""Kubernetes' quantities in CEL, as exact numbers. And what quantities and versions share: comparing.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Quantity
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from bot.kubernetes.quantity import quantity
from bot.policy.cel.functions import versions
from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_KIND = "quantity"
_INT64 = 2**63


def _made(number: Fraction) -> Tagged:
    return tagged(_KIND, str(number))


def _quantity(text: str) -> Tagged:
    return _made(quantity(text))


def _is_quantity(text: str) -> bool:
    try:
        quantity(text)
    except ValueError:
        return False
    return True


def _number(value: Mapping[str, Any] | int) -> Fraction:
    return Fraction(value) if isinstance(value, int) else Fraction(untagged(_KIND, value))


def _is_integer(value: Mapping[str, Any]) -> bool:
    number = _number(value)
    return number.denominator == 1 and -_INT64 <= number < _INT64


def _as_integer(value: Mapping[str, Any]) -> int:
    if not _is_integer(value):
        raise ValueError("cannot convert value to integer")
    return int(_number(value))


def _compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    if versions.KIND in next(iter(one), ""):
        return versions.compare(one, other)
    left, right = _number(one), _number(other)
    return (left > right) - (left < right)


QUANTITIES = (
    plain("quantity", "string", "map", _quantity),
    plain("isQuantity", "string", "bool", _is_quantity),
    member("sign", "map", "int", lambda one: (_number(one) > 0) - (_number(one) < 0)),
    member("isInteger", "map", "bool", _is_integer),
    member("asInteger", "map", "int", _as_integer),
    member("asApproximateFloat", "map", "double", lambda one: float(_number(one))),
    member("add", "map map", "map", lambda one, other: _made(_number(one) + _number(other))),
    member("add", "map int", "map", lambda one, other: _made(_number(one) + _number(other))),
    member("sub", "map map", "map", lambda one, other: _made(_number(one) - _number(other))),
    member("sub", "map int", "map", lambda one, other: _made(_number(one) - _number(other))),
    member("compareTo", "map map", "int", _compare),
    member("isLessThan", "map map", "bool", lambda one, other: _compare(one, other) < 0),
    member("isGreaterThan", "map map", "bool", lambda one, other: _compare(one, other) > 0),
)
