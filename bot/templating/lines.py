"""Which line of a template made a rendered line. Says so only where it is sure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_TELLING = 3
"""Characters that a template's line must have besides its expressions, to be told by them."""
_LONGEST = 2_000

_Test = Callable[[str, str], bool]


def line_in_source(lines: Sequence[str], source: Sequence[str], line: int) -> int:
    """The template's line that made a rendered line (from 1), where that is sure; else 0."""
    if not 0 < line <= len(lines):
        return 0
    if len(lines) == len(source) and all(map(_fits, source, lines)):
        return line
    return _found(lines, source, line, is_own=True)


def spot_in_sources(text: str, sources: Mapping[str, str], file: str, line: int) -> tuple[str, int]:
    """The file and line that made line `line` of `text`, which `file` rendered; what it includes counts too.

    `sources`: all texts that the template may include, by name. Line 0 of `file` where nothing is sure.
    """
    lines = text.split("\n")
    own = line_in_source(lines, sources.get(file, "").split("\n"), line)
    if own or not 0 < line <= len(lines):
        return file, own
    others = [
        (name, found)
        for name, source in sorted(sources.items())
        if name != file and (found := _found(lines, source.split("\n"), line, is_own=False))
    ]
    return others[0] if len(others) == 1 else (file, 0)


def _found(lines: Sequence[str], source: Sequence[str], line: int, *, is_own: bool) -> int:
    for test in (_is_same, _may_make):
        matches = [at for at, text in enumerate(source) if test(text, lines[line - 1])]
        if len(matches) > 1:
            matches = _narrowed(matches, lines, source, line)
        if len(matches) == 1:
            return matches[0] + 1
        if matches and is_own:
            return 0  # a looser test would only guess
    return 0


def _narrowed(matches: list[int], lines: Sequence[str], source: Sequence[str], line: int) -> list[int]:
    """Those whose neighbours fit as well."""
    for offset in (-1, 1, -2, 2):
        other = line - 1 + offset
        if not 0 <= other < len(lines):
            continue
        fitting = [
            at
            for at in matches
            if 0 <= at + offset < len(source)
            and (_is_same(source[at + offset], lines[other]) or _may_make(source[at + offset], lines[other]))
        ]
        if len(fitting) == 1:
            return fitting
        matches = fitting or matches
    return matches


def _is_same(source: str, rendered: str) -> bool:
    return bool(rendered.strip()) and source.strip() == rendered.strip()


def _fits(source: str, rendered: str) -> bool:
    return source.strip() == rendered.strip() or _may_make(source, rendered, telling=0)


def _may_make(source: str, rendered: str, telling: int = _TELLING) -> bool:
    """Whether what stands around the line's expressions stands in the rendered line, in this order."""
    source, rendered = source.strip(), rendered.strip()
    parts = _CODE.split(source[:_LONGEST])
    if len(parts) == 1 or sum(len(part.strip()) for part in parts) < telling:
        return False
    if not rendered.startswith(parts[0]) or not rendered.endswith(parts[-1]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = rendered.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return at <= len(rendered) - len(parts[-1])
