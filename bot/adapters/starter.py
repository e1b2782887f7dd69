"""The files that a new platform repo starts from: package data of a wheel, or folders of a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.errors import UserError

ROOMS = ("catalog", "templates", "rules")
_SKIPPED = frozenset({"__pycache__", ".DS_Store"})


def starter_files() -> Mapping[str, bytes]:
    """Paths of the new repo and their bytes, sorted. Raises UserError where they were not installed."""
    home = _home()
    files = {
        path.relative_to(home).as_posix(): path.read_bytes()
        for room in ROOMS
        for path in (home / room).rglob("*")
        if path.is_file() and not path.is_symlink() and not _SKIPPED & set(path.parts)
    }
    return dict(sorted(files.items()))


def _home() -> Path:
    package = Path(__file__).parents[1]
    for home in (package / "starter", package.parent):
        if all((home / room).is_dir() for room in ROOMS):
            return home
    raise UserError(
        "The catalog, templates and rules to start from are not part of this installation.",
        fix="Install Roadcrew from its wheel, or run this in a clone of it.",
    )
