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

from cel_expr_python import cel

_CLAUSE = re.compile(r"%(?P<precision>\.[0-9]{1,3})?(?P<verb>.?)", re.DOTALL)
_DEFAULT = 6
_SMALL = 4
_TYPES = {
    "NULL": "null_type",
    "TIMESTAMP": "google.protobuf.Timestamp",
    "DURATION": "google.protobuf.Duration",
}
"""What CEL calls the engine's types."""
_RAISED = str.maketrans("-0123456789", "\u207b\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079")
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
    if isinstance(value, cel.Type):
        name = str(value.name())
        return _TYPES.get(name, name if "." in name else name.partition("<")[0].lower())
    return _time(value) if isinstance(value, datetime | timedelta) else _gathered(value)


def _time(value: datetime | timedelta) -> str:
    if isinstance(value, datetime):
        seconds, point, digits = value.astimezone(UTC).isoformat().removesuffix("+00:00").partition(".")
        return seconds + point + digits.rstrip("0") + "Z"
    whole = value // timedelta(microseconds=1)
    amount = f"{abs(whole) // 10**6}.{abs(whole) % 10**6:06d}".rstrip("0").rstrip(".")
    return f"{'-' if whole < 0 else ''}{amount}s"


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
    return f"{value:,.{precision}f}" if math.isfinite(value) else _endless(value)


def _scientific(value: Any, _: int) -> str:
    """With six digits whatever the clause says, as in Kubernetes."""
    if not isinstance(value, float):
        raise TypeError("scientific clause can only be used on doubles")
    if not math.isfinite(value):
        return _endless(value)
    mantissa, power = f"{value:.{_DEFAULT}e}".split("e")
    return f"{mantissa}\u00d710{power.removeprefix('+').translate(_RAISED)}"


def _endless(value: float) -> str:
    """As in American English, which Kubernetes speaks in these clauses, with commas in `%f`."""
    return "NaN" if math.isnan(value) else "\u221e" if value > 0 else "-\u221e"


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
