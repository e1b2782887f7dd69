"""Versions of templates, and the guard that a component may write: `1.2.0`, `1.2`, or `1`.

Chooses nothing: there is one version of a template, the one that stands in the repo.
"""

from __future__ import annotations

import re

from bot.catalog.entity import Entity, Pointer

_PART = r"(?:0|[1-9]\d*)"
_SEMVER = re.compile(
    rf"{_PART}\.{_PART}\.{_PART}"
    r"(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?",
    re.ASCII,
)
"""https://semver.org/#is-there-a-suggested-regular-expression-regex-to-check-a-semver-string"""
_GUARD = re.compile(rf"{_PART}(?:\.{_PART})?", re.ASCII)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?![0-9A-Za-z_.+-])", re.ASCII)


def is_version(text: str) -> bool:
    """Whether it is a semantic version, whole."""
    return _SEMVER.fullmatch(text) is not None


def meets(version: str, guard: str) -> bool:
    """Whether a template of this version is what `guard` asks for.

    A part of a version means every release that begins with it; a pre-release is meant only when it is
    written in full.
    """
    if version == guard:
        return True
    is_release = "-" not in version.partition("+")[0]
    return _GUARD.fullmatch(guard) is not None and is_release and version.startswith(f"{guard}.")


def written_guard(entity: Entity, pointer: Pointer, value: object) -> str | None:
    """The guard as it was written; None where it is no version.

    Without quotes `1.10` is the number 1.1, so that what it says stands in the file alone.
    """
    if isinstance(value, str):
        return value if is_version(value) or _GUARD.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    line, column = entity.where(*pointer)
    lines = entity.source.decode("utf-8", "replace").split("\n")
    found = _NUMBER.match(lines[line - 1], column - 1) if line <= len(lines) else None
    return found[0] if found and float(found[0]) == value and _GUARD.fullmatch(found[0]) else None
