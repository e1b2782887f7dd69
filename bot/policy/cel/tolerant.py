"""Selections that Kubernetes tolerates and the engine does not: of a field of null, or of a number.

In Kubernetes `has(oldObject.spec)` is false when `oldObject` is null, and `oldObject.?spec` is nothing; the
engine ends in an error. An expression that did is evaluated again in the words made here. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.policy.cel.scan import Token, closing, tokens

_NAME = "t__"
_OPENING = {"(": ")", "[": "]", "[?": "]", "{": "}"}
_HOLDS = f"type({_NAME}) == map || type({_NAME}) == list"
_CHOICE = (
    "cel.bind({name}, dyn({of}), {holds} ? {then} : type({name}) == optional_type ? "
    "(!{name}.hasValue() || type({name}.value()) == map || type({name}.value()) == list ? {then} : {none}) "
    ": {none})"
)
_COMPLAINTS = ("Applying SELECT to non-message type", "_[?_]", "_?._(", "_[_]")


def concerns(said: str) -> bool:
    """Whether the engine's error may come of such a selection."""
    return any(one in said for one in _COMPLAINTS)


def tolerant(text: str) -> str:
    """The text with each optional selection guarded. It has no places in common with the author's."""
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
            piece, at = _chain(found, at, end)
            pieces.append(piece)
    return " ".join(pieces)


def _chain(found: Sequence[Token], at: int, end: int) -> tuple[str, int]:
    """A value with all that is selected from it and called on it."""
    made, at = _first(found, at, end)
    is_optional = False
    while at < end and found[at].text in {".", ".?", "[", "[?"}:
        sign = found[at].text
        is_optional = is_optional or "?" in sign
        suffix, at, is_call = _suffix(found, at, end)
        if is_call:
            is_optional = False
        made = _guarded(made, suffix, "optional.none()") if is_optional else made + suffix
    return made, at


def _first(found: Sequence[Token], at: int, end: int) -> tuple[str, int]:
    token = found[at]
    if token.kind == "sign":
        return _group(found, at, end)
    is_call = token.kind == "name" and at + 1 < end and found[at + 1].text == "("
    if is_call and token.text == "has":
        close = closing(found, at + 1)
        if close is not None and close >= at + 5:
            return _presence(found, at + 2, close), close + 1
    return token.text, at + 1


def _group(found: Sequence[Token], at: int, end: int) -> tuple[str, int]:
    close = closing(found, at)
    if close is None or close >= end:
        return found[at].text, at + 1
    return found[at].text + _sequence(found, at + 1, close) + found[close].text, close + 1


def _suffix(found: Sequence[Token], at: int, end: int) -> tuple[str, int, bool]:
    """The text of a selection, an index or a call, where it ends, and whether it is a call."""
    sign = found[at].text
    if sign in _OPENING or at + 1 >= end:
        return (*_group(found, at, end), False)
    text = sign + found[at + 1].text
    if at + 2 < end and found[at + 2].text == "(":
        arguments, after = _group(found, at + 2, end)
        return text + arguments, after, True
    return text, at + 2, False


def _presence(found: Sequence[Token], start: int, end: int) -> str:
    """`has(of.field)`."""
    of = _sequence(found, start, end - 2)
    field = found[end - 2].text + found[end - 1].text
    return _CHOICE.format(name=_NAME, of=of, holds=_HOLDS, then=f"has({_NAME}{field})", none="false")


def _guarded(of: str, suffix: str, none: str) -> str:
    return _CHOICE.format(name=_NAME, of=of, holds=_HOLDS, then=_NAME + suffix, none=none)
