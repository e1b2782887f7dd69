"""Read-only views of files: a folder on disk, or one git tree. Paths are relative, with `/`, never `..`."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, Self, TypeVar

T = TypeVar("T")

Memo = MutableMapping[Any, Any]
"""Results by content id. It may make an answer faster, never different."""


class EntryKind(StrEnum):
    """What stands at a path."""

    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One path of a tree. `oid` is the git blob id; equal ids are equal bytes."""

    path: str
    oid: str
    kind: EntryKind = EntryKind.FILE


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs between two trees; `before` or `after` is None where it does not exist."""

    path: str
    before: Entry | None
    after: Entry | None


class Files(Protocol):
    """What can be listed and read."""

    def list(self, prefix: str = "") -> Sequence[Entry]:
        """All entries at or below the folder `prefix`, sorted by path."""
        ...

    def entry(self, path: str) -> Entry | None:
        """The entry at exactly this path; None where there is none, or a folder."""
        ...

    def size(self, path: str) -> int:
        """Bytes of the file. Raises KeyError where there is no file."""
        ...

    def read(self, path: str) -> bytes:
        """The file's bytes (of a symlink: its target). Raises KeyError where there is no file."""
        ...


@dataclass(frozen=True, slots=True)
class Merged(Generic[T]):
    """The result of a three-way merge: a tree, or the paths in conflict, or those that git takes nowhere."""

    tree: T | None
    conflicts: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    """With `.`, `..` or `.git` in them: no work tree can hold them, so nothing that has them is merged."""


class Tree(Files, Protocol):
    """One git tree. Values: no method changes it, and no method moves a ref."""

    @property
    def id(self) -> str:
        """The git tree id, 40 hexadecimal digits: equal ids are equal contents."""
        ...

    def folder_id(self, path: str) -> str:
        """The git tree id of the folder at this path; empty where there is none."""
        ...

    def diff(self, other: Self) -> Sequence[Change]:
        """Paths that differ, from this tree (before) to `other` (after), sorted."""
        ...

    def with_files(self, files: Mapping[str, bytes | None]) -> Self:
        """This tree with these files written, or removed where the value is None."""
        ...

    def merge(self, *, base: Self, theirs: Self) -> Merged[Self]:
        """Git's three-way merge of `theirs` into this tree, from their common `base`."""
        ...
