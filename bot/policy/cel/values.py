"""Values on their way into the engine and out of it. Never changes what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from cel_expr_python import cel

from bot.policy.cel.faults import Beyond, fault
from bot.policy.cel.rewrite import DURATION, TIMESTAMP

_BROKEN = (TypeError, ValueError, OverflowError, SystemError, RuntimeError)
STRANGE = "Non-CEL value type"
"""How the engine says that a value is of a type of Python that it does not take."""


class Elsewhere:
    """The value of what is not here. The engine takes no value of this type: reading it is an error."""

    def __init__(self, reason: str) -> None:
        """`reason`: why it cannot be had."""
        self.reason = reason


ELSEWHERE = Elsewhere("it is not here")
_NAMED = re.compile(rf"'(?P<name>\w+)': {Elsewhere.__name__}\.")


def elsewhere(said: str) -> str:
    """The name of what was read and is not here, by the engine's error; empty when it was something else."""
    found = _NAMED.search(said)
    return found["name"] if found else ""


_SCALARS: tuple[type, ...] = (str, int, float, bytes)


def plain(value: Any) -> Any:
    """The same with plain dicts, lists and scalars: the engine takes no subclass and no tuple."""
    if value is None or isinstance(value, bool | datetime | timedelta):
        return value
    for scalar in _SCALARS:
        if isinstance(value, scalar):
            return scalar(value)
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def entering(value: Any) -> tuple[Any, str]:
    """The value as the engine takes it, and its kind where it must be made from a text again."""
    if isinstance(value, datetime):
        known = value if value.tzinfo else value.replace(tzinfo=UTC)
        return known.astimezone(UTC).isoformat().replace("+00:00", "Z"), TIMESTAMP
    if isinstance(value, timedelta):
        whole = value // timedelta(microseconds=1)
        sign = "-" if whole < 0 else ""
        return f"{sign}{abs(whole) // 10**6}.{abs(whole) % 10**6:06d}s", DURATION
    return value, ""


_OPTIONAL = "an optional value cannot be a result; say orValue(...), hasValue() or value()"


def error(value: cel.Value) -> str:
    """What the engine says of an evaluation that failed; empty for one that did not."""
    if value.type() != cel.Type.ERROR:
        return ""
    try:
        return str(value.value())
    except _BROKEN:
        # The type of an opaque value, such as an optional one, is said to be that of errors.
        return _OPTIONAL


def is_optional(value: cel.Value) -> bool:
    """Whether it is an optional value, which only the engine can hold."""
    return error(value) == _OPTIONAL


def result(value: cel.Value) -> Any:
    """What an evaluation gave, in plain Python. Raises CelFault; Beyond for what Python cannot hold.

    The engine's own conversion of a null gives away a reference to None that it does not own: after enough of
    them Python 3.11 aborts. So it is never asked to convert one, nor a list or map that may hold one.
    """
    kind = value.type()
    if kind == cel.Type.NULL:
        return None
    if kind == cel.Type.ERROR:
        said = error(value)
        raise Beyond(said) if said == _OPTIONAL else fault(said)
    try:
        found = value.value()
    except _BROKEN as broken:
        raise Beyond(f"a result of type {kind.name()} cannot be used") from broken
    if isinstance(found, list):
        return [result(each) for each in found]
    if isinstance(found, dict):
        return {key: result(each) for key, each in found.items()}
    if kind == cel.Type.TYPE:
        return str(found)
    return bytes(found) if isinstance(found, bytearray) else found
