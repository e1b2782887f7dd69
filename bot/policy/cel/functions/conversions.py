"""Texts to numbers and truth, and times to texts, as Go does it and not as the engine does.

They go by other names, since the engine lets nobody replace what it has: see `rewrite`.

Source: pkg.go.dev/strconv (ParseBool, ParseInt, ...), pkg.go.dev/github.com/google/cel-go/common/types
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.policy.cel.functions.formatting import said
from bot.policy.cel.host import plain
from bot.policy.cel.rewrite import MICROS, TIMELESS, renamed

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}", re.ASCII)
_DECIMAL = re.compile(
    r"[+-]?([0-9](_?[0-9])*\.?([0-9](_?[0-9])*)?|\.[0-9](_?[0-9])*)([eE][+-]?[0-9](_?[0-9])*)?", re.ASCII
)
_SPECIAL = re.compile(r"[+-]?(inf|infinity)|nan", re.ASCII | re.IGNORECASE)
_HEXADECIMAL = re.compile(r"[+-]?0[xX]([0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+", re.ASCII)
_INT64, _UINT64 = 2**63, 2**64
_EPOCH, _SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)
_TIMES = ("timestamp", "duration")
_OTHERS = ("bool", "int", "uint", "double", "string", "bytes", "null", "list", "map")


def _bool(text: str) -> bool:
    if text not in _TRUE | _FALSE:
        raise ValueError("type conversion error from 'string' to 'bool'")
    return text in _TRUE


def _int(text: str) -> int:
    number = int(text) if _WHOLE.fullmatch(text) else _INT64
    if not -_INT64 <= number < _INT64:
        raise ValueError("type conversion error from 'string' to 'int'")
    return number


def _uint(text: str) -> int:
    number = int(text) if _WHOLE.fullmatch(text) and text[0] not in "+-" else _UINT64
    if number >= _UINT64:
        raise ValueError("type conversion error from 'string' to 'uint'")
    return number


def _double(text: str) -> float:
    if _HEXADECIMAL.fullmatch(text):
        return float.fromhex(text)
    found = float(text) if _DECIMAL.fullmatch(text) or _SPECIAL.fullmatch(text) else None
    if found is None or (found in {float("inf"), -float("inf")} and not _SPECIAL.fullmatch(text)):
        raise ValueError("type conversion error from 'string' to 'double'")
    return found


def _to_int(value: float | datetime | timedelta) -> int:
    if isinstance(value, datetime):
        return (value - _EPOCH) // _SECOND
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1) * 1_000  # nanoseconds
    if not -_INT64 < value < _INT64:  # cel-go refuses the smallest double, too
        raise ValueError("integer overflow")
    return int(value)


def _to_uint(value: float) -> int:
    if not 0 <= value < _UINT64:
        raise ValueError("unsigned integer overflow")
    return int(value)


def _micros(text: str) -> str:
    return text.replace("\u00b5s", "us").replace("\u03bcs", "us")


def _itself(value: Any) -> Any:
    return value


CONVERSIONS = (
    plain(renamed("bool"), "string", "bool", _bool),
    plain(renamed("bool"), "bool", "bool", bool),
    plain(renamed("int"), "string", "int", _int),
    plain(renamed("int"), "int", "int", int),
    *(plain(renamed("int"), kind, "int", _to_int) for kind in ("uint", "double", "timestamp", "duration")),
    plain(renamed("uint"), "string", "uint", _uint),
    *(plain(renamed("uint"), kind, "uint", _to_uint) for kind in ("int", "uint", "double")),
    plain(renamed("double"), "string", "double", _double),
    *(plain(renamed("double"), kind, "double", float) for kind in ("int", "uint", "double")),
    plain(MICROS, "string", "string", _micros),
    plain(MICROS, "duration", "duration", _itself),
    *(plain(TIMELESS, kind, "string", said) for kind in _TIMES),
    *(plain(TIMELESS, kind, "dyn", _itself) for kind in _OTHERS),
)
