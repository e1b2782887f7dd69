"""Typographic quotes and dashes, as keyboards make them. What stands in quotes stays as it is."""

from __future__ import annotations

import re

_OPENING = "\u201c\u201d\u201e\u201f"
_CLOSING = "\u201c\u201d\u201f"
_DASH = re.compile(r"[\u2013\u2014](?=[A-Za-z])")
"""What `--` before a word becomes."""


def straightened(text: str) -> str:
    """The text with the quotes and flags that a shell knows. Single quotes stay: most are apostrophes."""
    made: list[str] = []
    closing, is_escaped, is_start = "", False, True
    for at, letter in enumerate(text):
        shown = letter
        if is_escaped:
            is_escaped = False
        elif letter == "\\" and closing != "'":
            is_escaped = True
        elif closing == _CLOSING:
            shown = '"' if letter in closing else '\\"' if letter == '"' else letter
            closing = "" if letter in closing else closing
        elif closing:
            closing = "" if letter == closing else closing
        elif letter in "\"'":
            closing = letter
        elif letter in _OPENING:
            shown, closing = '"', _CLOSING
        elif is_start and _DASH.match(text, at):
            shown = "--"
        is_start = letter in " \t" and not closing
        made.append(shown)
    return "".join(made)
