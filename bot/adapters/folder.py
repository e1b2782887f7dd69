"""A plain folder on disk as `Files`. Follows no link, reads nothing outside, and stops at a bound."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha1
from pathlib import Path

from bot.errors import UserError
from bot.model.tree import Entry, EntryKind

SKIPPED = frozenset({".git", "node_modules", ".venv"})
MAX_ENTRIES = 200_000
MAX_DEPTH = 64
_MAX_HASHED = 1024 * 1024
"""Bytes. A larger file is told apart by its size and times instead of by its content."""


class Folder:
    """The files below a folder, as they were when they were first listed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, prefix: str = "") -> Sequence[Entry]:
        """All entries at or below `prefix`, sorted. Raises UserError when there are too many."""
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        return [one for path, one in self._entries.items() if path == prefix or path.startswith(folder)]

    def entry(self, path: str) -> Entry | None:
        return self._entries.get(path)

    def size(self, path: str) -> int:
        return os.lstat(self._known(path)).st_size

    def read(self, path: str) -> bytes:
        known = self._known(path)
        if self._entries[path].kind is EntryKind.SYMLINK:
            return os.fsencode(known.readlink())
        return _content(known)

    def _known(self, path: str) -> Path:
        if path not in self._entries:
            raise KeyError(path)
        return self._root / path

    @cached_property
    def _entries(self) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for entry in _walk(self._root, "", 0):
            entries[entry.path] = entry
            if len(entries) > MAX_ENTRIES:
                raise UserError(
                    f"There are more than {MAX_ENTRIES:,} files in this folder.",
                    path=str(self._root),
                    fix="Name the folder that holds the entities.",
                )
        return dict(sorted(entries.items()))


def _walk(root: Path, below: str, depth: int) -> Iterator[Entry]:
    with os.scandir(root / below) as found:
        ordered = sorted(found, key=lambda one: one.name)
    for one in ordered:
        path = f"{below}/{one.name}" if below else one.name
        if one.is_symlink():
            yield Entry(path, _stat_id(one.stat(follow_symlinks=False)), EntryKind.SYMLINK)
        elif one.is_dir(follow_symlinks=False):
            if one.name not in SKIPPED and depth < MAX_DEPTH:
                yield from _walk(root, path, depth + 1)
        elif one.is_file(follow_symlinks=False):
            yield _file(root, path, one.stat(follow_symlinks=False))


def _file(root: Path, path: str, facts: os.stat_result) -> Entry:
    kind = EntryKind.EXECUTABLE if facts.st_mode & stat.S_IXUSR else EntryKind.FILE
    if facts.st_size > _MAX_HASHED:
        return Entry(path, _stat_id(facts), kind)
    try:
        data = _content(root / path)
    except OSError:
        return Entry(path, _stat_id(facts), kind)  # nobody may want to read it
    header = f"blob {len(data)}\0".encode()
    return Entry(path, sha1(header + data, usedforsecurity=False).hexdigest(), kind)


def _content(path: Path) -> bytes:
    # Between listing and reading someone may have put a link or a pipe here.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _stat_id(facts: os.stat_result) -> str:
    return f"stat:{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}"
