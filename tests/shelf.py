"""Files in memory, for tests of what reads `Files`. A git tree in tests is always a real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha1
from textwrap import dedent

from bot.model.tree import Entry, EntryKind


class Shelf:
    """Paths to texts or bytes. `kinds` tells which of them are links."""

    def __init__(
        self, files: Mapping[str, str | bytes], kinds: Mapping[str, EntryKind] | None = None
    ) -> None:
        self.files = {
            path: dedent(content).encode() if isinstance(content, str) else content
            for path, content in files.items()
        }
        self._kinds = kinds or {}
        self.reads: list[str] = []

    def list(self, prefix: str = "") -> Sequence[Entry]:
        folder = f"{prefix.rstrip('/')}/" if prefix else ""
        return [self._entry(path) for path in sorted(self.files) if path == prefix or path.startswith(folder)]

    def entry(self, path: str) -> Entry | None:
        return self._entry(path) if path in self.files else None

    def size(self, path: str) -> int:
        return len(self.files[path])

    def read(self, path: str) -> bytes:
        self.reads.append(path)
        return self.files[path]

    def _entry(self, path: str) -> Entry:
        data = self.files[path]
        oid = sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        return Entry(path, oid, self._kinds.get(path, EntryKind.FILE))
