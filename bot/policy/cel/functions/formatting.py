"""CEL's `format`: `%s %d %f %e %b %o %x %X %%` with Kubernetes' reading of each.

Source: pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

_CLAUSE = re.compile(r"%(?P<precision>\.[0-9]{1,3})?(?P<verb>.?)", re.DOTALL)
_DEFAULT = 6
_SMALL = 4
_ESCAPED = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def formatted(text: str, values: list[Any]) -> str:
    """The text with each clause filled by the next value; more values are passed over. Raises ValueError."""
    rest = iter(values)
    return _CLAUSE.sub(lambda found: _filled(found, rest), text)


_NOTHING = object()


def _filled(found: re.Match[str], rest: Any) -> str:
    verb = found["verb"]
    if verb == "%" and not found["precision"]:
        return "%"
    if verb not in _VERBS:
        raise ValueError(f"could not parse formatting clause: unrecognized formatting clause {verb!r}")
    value = next(rest, _NOTHING)
    if value is _NOTHING:
        raise ValueError("index out of range: not enough arguments for string.format")
    precision = int(found["precision"][1:]) if found["precision"] else _DEFAULT
    return _VERBS[verb](value, precision)


def _string(value: Any, _: int) -> str:
    return value if isinstance(value, str) else said(value)


def said(value: Any) -> str:
    """A value as `%s` says it, and as it stands in lists and maps."""
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, float):
        return _double(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode("utf-8", "replace")
    return _time(value) if isinstance(value, datetime | timedelta) else _gathered(value)


def _time(value: datetime | timedelta) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f"{value.total_seconds():.6f}".rstrip("0").rstrip(".") + "s"


def _gathered(value: Any) -> str:
    if isinstance(value, Mapping):
        if any(str(key).startswith("@") for key in value):
            raise ValueError("string clause cannot be used on this type")
        pairs = sorted((_inside(key), _inside(each)) for key, each in value.items())
        return "{" + ", ".join(f"{key}:{each}" for key, each in pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inside, value)) + "]"
    return str(value)


def _inside(value: Any) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:.6f}" if isinstance(value, float) else said(value)


def _double(value: float) -> str:
    """As Go's `%g`: the fewest digits, and an exponent from a million on."""
    if not math.isfinite(value):
        return str(value).replace("inf", "Infinity").replace("nan", "NaN")
    digits = Decimal(repr(value)).normalize()
    if -_SMALL <= digits.adjusted() < _DEFAULT or not value:
        return f"{digits:f}"
    sign, figures, _ = digits.as_tuple()
    rest = "".join(map(str, figures[1:]))
    power = digits.adjusted()
    return f"{'-' if sign else ''}{figures[0]}{'.' + rest if rest else ''}e{power:+03d}"


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("this clause can only be used on integers")
    return value


def _decimal(value: Any, _: int) -> str:
    return str(_whole(value))


def _fixed(value: Any, precision: int) -> str:
    if not isinstance(value, float):
        raise TypeError("fixed-point clause can only be used on doubles")
    return f"{value:.{precision}f}"


def _scientific(value: Any, precision: int) -> str:
    if not isinstance(value, float):
        raise TypeError("scientific clause can only be used on doubles")
    return f"{value:.{precision}e}"


def _binary(value: Any, _: int) -> str:
    return f"{int(value):b}" if isinstance(value, bool) else f"{_whole(value):b}"


def _octal(value: Any, _: int) -> str:
    return f"{_whole(value):o}"


def _hex(value: Any, _: int) -> str:
    if isinstance(value, str):
        return value.encode().hex()
    return bytes(value).hex() if isinstance(value, bytes | bytearray) else f"{_whole(value):x}"


_VERBS: dict[str, Callable[[Any, int], str]] = {
    "s": _string,
    "d": _decimal,
    "f": _fixed,
    "e": _scientific,
    "b": _binary,
    "o": _octal,
    "x": _hex,
    "X": lambda value, precision: _hex(value, precision).upper(),
}


def quoted(text: str) -> str:
    """The text between double quotes, with control characters escaped."""
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(_ESCAPED.get(each, each) for each in inside) + '"'
