"""CEL's tokens, enough to find selections and calls in a text. Knows no types and judges no grammar.

Source of the lexis: github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*)
    |(?P<string>[bB]?[rR]?(?:\"{3}|'{3})|[rR]?[bB]?(?:\"{3}|'{3})|(?:[rR][bB]?|[bB][rR]?)?["'])
    |(?P<number>0x[0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<quoted>`[^`\n]*`)
    |(?P<sign>&&|\|\||[<>=!]=|\.\?|\[\?|.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = ("(", "[", "[?", "{")
_CLOSING = (")", "]", "}")

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text that says something. `start` and `end` count characters from 0."""

    kind: str
    text: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All but spaces and comments, in order. Takes any text."""
    found = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:  # cannot be: the last alternative takes any character
            break
        kind = match.lastgroup or "sign"
        end = _end_of_string(text, match.group(), match.end()) if kind == "string" else match.end()
        if kind != "space":
            found.append(Token(kind, text[at:end], at, end))
        at = end
    return found


def _end_of_string(text: str, opening: str, at: int) -> int:
    prefix = opening.rstrip("\"'").lower()
    quote = opening[len(prefix) :]
    while at < len(text):
        if text[at] == "\\" and "r" not in prefix:
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    return len(text)


def closing(found: Sequence[Token], opening: int) -> int | None:
    """The index of the token that closes the one at `opening`; None where nothing does."""
    depth = 0
    for index in range(opening, len(found)):
        if found[index].kind != "sign":
            continue
        if found[index].text in _OPENING:
            depth += 1
        elif found[index].text in _CLOSING:
            depth -= 1
            if depth == 0:
                return index
    return None


def opening(found: Sequence[Token], closing_at: int) -> int:
    """The index of the token that opens what the one at `closing_at` closes; 0 where nothing does."""
    depth = 0
    for index in range(closing_at, -1, -1):
        if found[index].kind == "sign":
            depth += (found[index].text in _CLOSING) - (found[index].text in _OPENING)
        if depth == 0:
            return index
    return 0


def paths(text: str, names: Collection[str]) -> tuple[Path, ...]:
    """The selections from one of the names, longest first: `object.spec.ports[0]` is a path of four."""
    found = tokens(text)
    everywhere = {path for path in _selections(found) if path[0] in names}
    return tuple(sorted(everywhere, key=lambda path: (-len(path), [str(step) for step in path])))


def _selections(found: Sequence[Token]) -> Iterator[Path]:
    for index, token in enumerate(found):
        is_member = index > 0 and found[index - 1].text in {".", ".?"}
        if token.kind == "name" and not is_member:
            yield _selection(found, index)


def _selection(found: Sequence[Token], index: int) -> Path:
    path: list[str | int] = [found[index].text]
    while True:
        rest = found[index + 1 : index + 5]
        signs = [token.text for token in rest]
        if len(rest) > 1 and signs[0] in {".", ".?"} and rest[1].kind in {"name", "quoted"}:
            if signs[2:3] == ["("]:
                return tuple(path)
            path.append(signs[1].strip("`"))
            index += 2
        elif signs[2:3] == ["]"] and signs[0] in {"[", "[?"}:
            key = _literal(rest[1])
            if key is None:
                return tuple(path)
            path.append(key)
            index += 3
        else:
            return tuple(path)


def _literal(token: Token) -> str | int | None:
    if token.kind == "number" and token.text.isdecimal():
        return int(token.text[:18])
    if token.kind == "string":
        try:
            value = ast.literal_eval(token.text)
        except (ValueError, SyntaxError):
            return None
        return value if isinstance(value, str) else None
    return None
