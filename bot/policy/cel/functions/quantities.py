"""Kubernetes' quantities in CEL, as exact numbers. And what quantities and versions share: comparing.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#Quantity
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from bot.policy.cel.faults import too_much
from bot.policy.cel.functions import versions
from bot.policy.cel.host import member, plain, tagged, untagged

_KIND = "quantity"
_WHOLE = "@whole"
_BINARY_DIGITS, _DECIMAL_DIGITS = 15, 18
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


def _made(number: Fraction, *, is_whole: bool) -> dict[str, Any]:
    """An opaque value with a note that CEL cannot see: 1 and 1.0 are equal there, and so are the values.

    `is_whole`: Kubernetes keeps it as an int64 and gives it as one. Not all whole numbers are: 1.5Ki is not.
    """
    return {**tagged(_KIND, str(number)), _WHOLE: 1 if is_whole else 1.0}


def _parsed(text: str) -> Fraction:
    """The number; rounded away from zero to a billionth, binary ones no larger than 2**63 - 1, as there.

    Decimal ones have no bound there, so that `bot.kubernetes.quantity`, which has one, is not used here.
    """
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    exponent = int(found["exponent"] or 0) if found else 0
    if len(text) > _LONGEST or abs(exponent) > _LARGEST_EXPONENT:
        raise too_much(f"a quantity of more digits than are read here: {text!r:.80}")
    if found is None:
        raise ValueError(f"not a quantity: {text!r:.80}")
    number = abs(Fraction(found["number"]))
    if found["suffix"] in _BINARY:
        number = min(number * 2 ** _BINARY[found["suffix"]], Fraction(_INT64 - 1))
    else:
        number *= Fraction(10) ** (_DECIMAL.get(found["suffix"], 0) + exponent)
    number = Fraction(math.ceil(number * _BILLION), _BILLION)
    return -number if text.startswith("-") else number


def _quantity(text: str) -> dict[str, Any]:
    number = _parsed(text)
    return _made(number, is_whole=_is_int64(number) and _is_kept_whole(text))


def _is_kept_whole(text: str) -> bool:
    """Whether ParseQuantity takes its way for integers: few digits, none behind a point that counts."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        return False
    before, _, behind = found["number"].lstrip("+-").partition(".")
    digits = len(before.lstrip("0") or "0")
    suffix = found["suffix"]
    if suffix in _BINARY:
        return not behind and digits + _BINARY[suffix] * 3 // 10 + 1 <= _BINARY_DIGITS
    scale = _DECIMAL.get(suffix, 0) + int(found["exponent"] or 0) - len(behind)
    return scale >= 0 and digits + len(behind) <= _DECIMAL_DIGITS


def _is_int64(number: Fraction) -> bool:
    return number.denominator == 1 and -_INT64 <= number < _INT64


def _is_quantity(text: str) -> bool:
    try:
        _parsed(text)
    except ValueError:
        return False
    return True


def _number(value: Mapping[str, Any] | int) -> Fraction:
    if isinstance(value, int):
        return Fraction(value)
    return Fraction(untagged(_KIND, {key: one for key, one in value.items() if key != _WHOLE}))


def _is_integer(value: Mapping[str, Any] | int) -> bool:
    if isinstance(value, int):
        return True
    _number(value)
    return isinstance(value.get(_WHOLE), int)


def _summed(sign: int) -> Callable[[Mapping[str, Any], Mapping[str, Any] | int], dict[str, Any]]:
    def summed(one: Mapping[str, Any], other: Mapping[str, Any] | int) -> dict[str, Any]:
        number = _number(one) + sign * _number(other)
        return _made(number, is_whole=_is_integer(one) and _is_integer(other) and _is_int64(number))

    return summed


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
    member("add", "map map", "map", _summed(1)),
    member("add", "map int", "map", _summed(1)),
    member("sub", "map map", "map", _summed(-1)),
    member("sub", "map int", "map", _summed(-1)),
    member("compareTo", "map map", "int", _compare),
    member("isLessThan", "map map", "bool", lambda one, other: _compare(one, other) < 0),
    member("isGreaterThan", "map map", "bool", lambda one, other: _compare(one, other) > 0),
)
