"""`sprintf` as OPA does it: Go's fmt over Rego values. Stands in for an engine's own that differs.

From OPA's topdown/strings.go: whole numbers, floats and texts go to fmt as themselves, all else as its Rego
text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

_VERB = re.compile(r"%([-+# 0]*)(\d+|\*)?(?:\.(\d*))?(.?)", re.DOTALL)
_LONGEST = 100_000
"""Characters that one verb may be padded to."""
_LEAST, _MOST = -4, 6
"""From the one, below the other: exponents that Go's %v does not write."""


def sprintf(template: str, values: Sequence[Any]) -> str:
    """The text, with Go's remarks such as `%!d(string=x)` where a verb and its value do not fit."""
    left = [_value(one) for one in values]
    count = len(left)

    def put(match: re.Match[str]) -> str:
        flags, width, precision, verb = match.groups()
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        if width == "*":
            raise ValueError("sprintf with a width of * is not supported")
        if not left:
            return f"%!{verb}(MISSING)"
        return _padded(_put(verb, flags, precision, left.pop(0)), flags, width, verb)

    said = _VERB.sub(put, template)
    if not left:
        return said
    extra = ", ".join(f"{_type(one)}={_plain(one)}" for one in left)
    return f"{said}%!(EXTRA {extra})" if count else said


def _value(one: Any) -> Any:
    if isinstance(one, bool) or not isinstance(one, int | float | str):
        return rego(one)
    return one


def rego(one: Any) -> str:
    """A value as Rego writes it."""
    if isinstance(one, set | frozenset):
        return "{" + ", ".join(rego(each) for each in sorted(one, key=_order)) + "}" if one else "set()"
    if isinstance(one, list | tuple):
        return "[" + ", ".join(map(rego, one)) + "]"
    if isinstance(one, dict):
        pairs = sorted(one.items(), key=lambda pair: _order(pair[0]))
        return "{" + ", ".join(f"{rego(name)}: {rego(each)}" for name, each in pairs) + "}"
    if isinstance(one, float):
        return _float(one)
    return json.dumps(one, ensure_ascii=False)


def _order(one: Any) -> tuple[int, Any]:
    """Rego's: null, booleans, numbers, texts; composites by their text."""
    if one is None:
        return 0, 0
    if isinstance(one, bool):
        return 1, one
    if isinstance(one, int | float):
        return 2, one
    return (3, one) if isinstance(one, str) else (4, rego(one))


def _type(one: Any) -> str:
    return {int: "int64", float: "float64"}.get(type(one), "string")


def _plain(one: Any) -> str:
    return _float(one) if isinstance(one, float) else str(one)


def _put(verb: str, flags: str, precision: str | None, one: Any) -> str:
    if isinstance(one, str):
        said = _text(verb, precision, one)
    elif isinstance(one, int):
        said = _whole(verb, one)
    else:
        said = _fraction(verb, precision, one)
    if said is None:
        return f"%!{verb}({_type(one)}={_plain(one)})"
    if "+" in flags and not isinstance(one, str) and one >= 0 and verb != "q":
        return f"+{said}"
    return said


def _text(verb: str, precision: str | None, one: str) -> str | None:
    cut = one if precision is None else one[: int(precision or 0)]
    match verb:
        case "s" | "v":
            return cut
        case "q":
            return json.dumps(cut, ensure_ascii=False)
        case "x" | "X":
            said = cut.encode().hex()
            return said.upper() if verb == "X" else said
    return None


def _whole(verb: str, one: int) -> str | None:
    match verb:
        case "d" | "v":
            return str(one)
        case "x" | "X" | "o" | "b":
            return format(one, verb)
        case "c":
            return chr(one)
        case "U":
            return f"U+{one:04X}"
    return None


def _fraction(verb: str, precision: str | None, one: float) -> str | None:
    if verb == "v" and precision is None:
        return _float(one)
    if verb in "feEgGF":
        return format(one, f".{6 if precision is None else int(precision or 0)}{verb}")
    return f"{one:.{int(precision or 0)}g}" if verb == "v" else None


def _float(one: float) -> str:
    """The shortest text that reads back as it, as Go's %v: with an exponent from a million on."""
    exact = Decimal(repr(one)).normalize()
    power = exact.adjusted()
    if one and not _LEAST <= power < _MOST:
        return f"{exact.scaleb(-power):f}e{power:+03d}"
    return f"{exact:f}"


def _padded(said: str, flags: str, width: str | None, verb: str) -> str:
    wide = int(width or 0)
    if wide > _LONGEST:
        raise ValueError("sprintf pads to more than it may")
    if "-" in flags:
        return said.ljust(wide)
    if "0" in flags and verb in "dfxXobeEgGv":
        return said.zfill(wide)
    return said.rjust(wide)
