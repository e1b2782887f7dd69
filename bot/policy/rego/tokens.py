"""Rego text as tokens, with their places. Knows no grammar, and refuses no text.

From OPA's scanner: comments run from `#` to the line's end, strings are JSON's, raw strings stand in
backticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\f\v]+)
    | (?P<newline>\n)
    | (?P<comment>\#[^\n]*)
    | (?P<string>\$?"(?:[^"\\\n]|\\[^\n])*"?)
    | (?P<raw>\$?`[^`]*`?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<number>[0-9][0-9A-Za-z_.]*)
    | (?P<sign>:=|==|!=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """`kind`: name, string, raw, number or sign. `is_first`: no other token stands before it in its line."""

    kind: str
    text: str
    line: int
    column: int
    is_first: bool
    start: int
    """Characters before it."""

    @property
    def end(self) -> int:
        """Characters before what follows it."""
        return self.start + len(self.text)


def tokens(text: str) -> Iterator[Token]:
    """All but spaces and comments. Lines and columns count from 1."""
    line, start, is_first = 1, 0, True
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind == "newline":
            line, start, is_first = line + 1, match.end(), True
        elif kind not in {"space", "comment"}:
            yield Token(kind, match.group(), line, match.start() - start + 1, is_first, match.start())
            is_first = False
            if kind == "raw" and "\n" in match.group():
                line += match.group().count("\n")
                start = match.start() + match.group().rindex("\n") + 1
