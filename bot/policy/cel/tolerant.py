"""Selections that Kubernetes tolerates and the engine does not: of a field of null, or of a number.

In Kubernetes `has(oldObject.spec)` is false when `oldObject` is null, and `oldObject.?spec` is nothing; the
engine ends in an error. An expression that did is evaluated again in the words made here, where a host
function walks: `object.?spec.?x` becomes `walked__(object, ["spec", "x"])[?0]`. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.cel.host import plain
from bot.policy.cel.scan import Token, closing, tokens

_OPENING = {"(", "[", "[?", "{"}
_COMPLAINTS = ("Applying SELECT to non-message type", "_[?_]", "_?._(", "_[_]", ": orValue")


def concerns(said: str) -> bool:
    """Whether the engine's error may come of such a selection."""
    return any(one in said for one in _COMPLAINTS)


def tolerant(text: str) -> str:
    """The text with optional selections walked. It has no places in common with the author's."""
    found = tokens(text)
    return _sequence(found, 0, len(found))


def _sequence(found: Sequence[Token], start: int, end: int) -> str:
    pieces = []
    at = start
    while at < end:
        if found[at].kind == "sign" and found[at].text not in _OPENING:
            pieces.append(found[at].text)
            at += 1
        else:
            (made, steps), at = _chain(found, at, end)
            pieces.append(_walked(made, steps))
    return " ".join(pieces)


def _walked(made: str, steps: Sequence[str]) -> str:
    return f"walked__({made}, [{', '.join(steps)}])[?0]" if steps else made


def _chain(found: Sequence[Token], at: int, end: int) -> tuple[tuple[str, list[str]], int]:
    """A value with what is selected from it and called on it, and the steps from its first optional one."""
    made, at = _first(found, at, end)
    steps: list[str] = []
    while at + 1 < end and found[at].text in {".", ".?", "[", "[?"}:
        sign = found[at].text
        if found[at + 1].kind == "name" and found[at + 2 : at + 3] and found[at + 2].text == "(":
            arguments, after = _group(found, at + 2, end)
            is_plain = found[at + 1].text == "orValue" and not steps
            made = _walked(made, steps)
            called = made + sign + found[at + 1].text + arguments
            made, steps = _or_itself(made, called) if is_plain else called, []
        else:
            key, written, after = _selected(found, at, end)
            if steps or "?" in sign:
                steps.append(key)
            else:
                made += written
        at = after
    return (made, steps), at


def _or_itself(value: str, called: str) -> str:
    """What is no optional value is its own `orValue`, as in cel-go before 0.28. Real policies rely on it."""
    return f"(type({value}) == optional_type ? dyn({called}) : dyn({value}))"


def _selected(found: Sequence[Token], at: int, end: int) -> tuple[str, str, int]:
    """The key that is selected, the selection's text, and where it ends."""
    sign, name = found[at].text, found[at + 1].text
    if sign.startswith("."):
        return f'"{name.strip("`")}"', sign + name, at + 2
    close = closing(found, at)
    stop = end if close is None else close
    key = _sequence(found, at + 1, stop)
    return key, f"{sign}{key}]", stop + 1


def _first(found: Sequence[Token], at: int, end: int) -> tuple[str, int]:
    token = found[at]
    if token.kind == "sign":
        return _group(found, at, end)
    close = closing(found, at + 1) if [one.text for one in found[at + 1 : at + 2]] == ["("] else None
    if token.kind != "name" or close is None:
        return token.text, at + 1
    if token.text == "has":
        (made, steps), after = _chain(found, at + 2, close - 2)
        if after == close - 2 and found[after].text == ".":
            field = f'"{found[close - 1].text.strip("`")}"'
            return f"present__({made}, [{', '.join([*steps, field])}])", close + 1
    arguments, after = _group(found, at + 1, end)
    return token.text + arguments, after


def _group(found: Sequence[Token], at: int, end: int) -> tuple[str, int]:
    close = closing(found, at)
    if close is None or close >= end:
        return found[at].text, at + 1
    return found[at].text + _sequence(found, at + 1, close) + found[close].text, close + 1


def _walk(value: Any, steps: list[Any]) -> list[Any]:
    """What is found at the end of the steps; empty where the way ends before. Raises TypeError."""
    for step in steps:
        if isinstance(value, Mapping):
            if step not in value:
                return []
            value = value[step]
        elif isinstance(value, list):
            if not isinstance(step, int):
                raise TypeError(f"unsupported index type in list: {step!r}")
            if not 0 <= step < len(value):
                return []
            value = value[step]
        else:
            return []
    return [value]


WALKING = (
    plain("walked__", "any list", "list", _walk),
    plain("present__", "any list", "bool", lambda value, steps: bool(_walk(value, steps))),
)
