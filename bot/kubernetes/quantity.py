"""Kubernetes quantities (`500m`, `1.5Gi`, `2e3`) as exact numbers. Rounds only where Kubernetes does: up.

Source: the grammar at https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

_QUANTITY = re.compile(
    r"(?P<number>[+-]?([0-9]+\.?[0-9]*|\.[0-9]+))"
    r"(?P<suffix>[KMGTPE]i|[eE](?P<exponent>[+-]?[0-9]+)|[numkMGTPE]|)"
)
_LONGEST = 64
_LARGEST = 2**63 - 1
_LARGEST_EXPONENT = 30
"""Beyond it every number but 0 is too large, or rounds up to a billionth."""
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def quantity(value: object) -> Fraction:
    """The number that a quantity stands for, in cores, bytes or pieces: the field says which.

    Takes the texts that Kubernetes takes, and YAML's plain numbers. Raises ValueError on everything else, and
    on what is larger than Kubernetes can hold (2**63 - 1).
    """
    is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    text = str(value) if is_plain else f"({type(value).__name__})"
    found = _QUANTITY.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        raise ValueError(f"not a quantity: {text!r:.80}")
    number = Fraction(found["number"]) * _scale(found["suffix"], found["exponent"])
    if abs(number) > _LARGEST:
        raise ValueError(f"larger than Kubernetes can hold: {text!r}")
    return number


def _scale(suffix: str, exponent: str | None) -> Fraction:
    if exponent is not None:
        power = int(exponent)
        if abs(power) > _LARGEST_EXPONENT:
            raise ValueError(f"not a quantity that Kubernetes can hold: exponent {power}")
        return Fraction(10) ** power
    if suffix in _BINARY:
        return Fraction(2 ** _BINARY[suffix])
    return Fraction(10) ** _DECIMAL[suffix]


def thousandths(value: object) -> int:
    """The quantity in thousandths, rounded up as Kubernetes' `MilliValue`. Raises ValueError."""
    return math.ceil(quantity(value) * 1000)


def whole(value: object) -> int:
    """The quantity in whole units, rounded up as Kubernetes' `Value`. Raises ValueError."""
    return math.ceil(quantity(value))
