"""Kubernetes' quantities in CEL, as exact numbers. And what quantities and versions share: comparing.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Quantity
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from bot.policy.cel.functions import versions
from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

_KIND = "quantity"
_INT64 = 2**63
_BILLION = 10**9
_LONGEST = 1_000
_LARGEST_EXPONENT = 400
"""Kubernetes has none; a number of more digits says nothing about a resource and costs memory."""
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?P<suffix>[KMGTPE]i|[eE](?P<exponent>[+-]?[0-9]{1,9})|[numkMGTPE]|)"
)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def _made(number: Fraction) -> Tagged:
    return tagged(_KIND, str(number))


def _parsed(text: str) -> Fraction:
    """The number; rounded away from zero to a billionth, binary ones no larger than 2**63 - 1, as there.

    Decimal ones have no bound there, so that `bot.kubernetes.quantity`, which has one, is not used here.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    exponent = int(found["exponent"] or 0) if found else 0
    if found is None or abs(exponent) > _LARGEST_EXPONENT:
        raise ValueError(f"not a quantity: {text!r:.80}")
    number = abs(Fraction(found["number"]))
    if found["suffix"] in _BINARY:
        number = min(number * 2 ** _BINARY[found["suffix"]], Fraction(_INT64 - 1))
    else:
        number *= Fraction(10) ** (_DECIMAL.get(found["suffix"], 0) + exponent)
    number = Fraction(math.ceil(number * _BILLION), _BILLION)
    return -number if text.startswith("-") else number


def _quantity(text: str) -> Tagged:
    return _made(_parsed(text))


def _is_quantity(text: str) -> bool:
    try:
        _parsed(text)
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
    plain("sign", "map", "int", lambda one: (_number(one) > 0) - (_number(one) < 0)),
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
