"""Files to documents, once per content: what was read is remembered by path and git blob id.

Nothing is followed: not a symlink, not a path out of the repo.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.catalog import recognise, yaml12
from bot.catalog.broken import Broken
from bot.catalog.text import MAX_BYTES, decode, pieces
from bot.model.tree import Entry, EntryKind, Files

MARKERS = re.compile(r"\$\{\{|\{\{|\{%")
"""How an unrendered template shows itself."""

_NAMED = re.compile(
    r"^[ \t]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?(\w+)|^[ \t]+[\"']?name[\"']?[ \t]*:[ \t]*[\"']?([\w.-]+)",
    re.MULTILINE,
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]|[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file: its value, or why there is none."""

    index: int
    line: int
    """Where it starts, from 1."""
    value: Any = None
    broken: Broken | None = None
    is_entity_text: bool = False
    """Of a broken one: whether it was meant to be an entity."""
    has_markers: bool = False
    ghosts: tuple[str, ...] = ()
    """Of a broken one: names that it seems to define, so that references to them are not doubted."""


@dataclass(frozen=True, slots=True)
class Read:
    """A file that was read. `broken`: nothing in it could be."""

    path: str
    data: bytes = field(repr=False, default=b"")
    documents: tuple[Document, ...] = ()
    broken: Broken | None = None


@dataclass(frozen=True)
class Reader:
    """Reads a repo's YAML files. `memo` outlives it and can never change an answer."""

    files: Files
    memo: MutableMapping[Any, Any] = field(repr=False)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Everything in the repo, by path."""
        return {entry.path: entry for entry in self.files.list()}

    @cached_property
    def by_folder(self) -> dict[str, list[str]]:
        """Paths by the folder that they are directly in."""
        table: dict[str, list[str]] = {}
        for path in self.entries:
            table.setdefault(posixpath.dirname(path), []).append(path)
        return table

    @cached_property
    def texts(self) -> dict[str, str]:
        """Texts that were put into entities, so that many entities can share one."""
        return {}

    def oid(self, path: str) -> str:
        """The content id of a file; empty where there is none."""
        entry = self.entries.get(path)
        return entry.oid if entry is not None else ""

    def read(self, path: str) -> Read:
        """The documents of a file, whatever it is."""
        entry = self.entries[path]
        key = ("catalog.read", path, entry.oid)
        if key not in self.memo:
            self.memo[key] = self._read(path)
        found: Read = self.memo[key]
        return found

    def hinted(self, path: str) -> bool:
        """Whether the file may hold an entity at all. Cheap, and never wrong in saying no."""
        entry = self.entries[path]
        key = ("catalog.hinted", path, entry.oid)
        if key not in self.memo:
            is_small = self.files.size(path) <= MAX_BYTES
            self.memo[key] = is_small and recognise.HINT.search(self.files.read(path)) is not None
        return bool(self.memo[key])

    def _read(self, path: str) -> Read:
        size = self.files.size(path)
        if size > MAX_BYTES:
            return Read(path, broken=Broken("yaml-size", facts={"size": size, "limit": MAX_BYTES}))
        data = self.files.read(path)
        try:
            text = decode(data)
        except Broken as broken:
            return Read(path, data, broken=broken)
        return Read(path, data, tuple(_documents(text)))


def _documents(text: str) -> Iterator[Document]:
    for index, piece in enumerate(pieces(text)):
        has_markers = MARKERS.search(piece.text) is not None
        try:
            value = yaml12.load(piece.text)
        except Broken as broken:
            yield Document(
                index,
                piece.above + 1,
                broken=broken.moved(piece.above),
                is_entity_text=recognise.ENTITY_TEXT.search(piece.text) is not None,
                has_markers=has_markers,
                ghosts=_ghosts(piece.text),
            )
            continue
        if value is not yaml12.EMPTY and value is not None:
            yield Document(index, piece.above + 1, value, has_markers=has_markers)


def _ghosts(text: str) -> tuple[str, ...]:
    found = list(_NAMED.finditer(text))
    kinds = [one.group(1) for one in found if one.group(1)]
    names = [one.group(2) for one in found if one.group(2)]
    return (f"{kinds[0]}/{names[0]}".lower(),) if kinds and names else ()


def is_yaml(path: str) -> bool:
    """By the file's name."""
    return path.lower().endswith((".yaml", ".yml"))


def path_rule(entry: Entry) -> str:
    """The rule that forbids to read this entry; empty where nothing does."""
    parts = entry.path.split("/")
    if (
        _UNSAFE.search(entry.path)
        or entry.path.startswith("/")
        or any(part in ("", ".", "..") for part in parts)
    ):
        return "path-unsafe"
    if entry.kind is EntryKind.SYMLINK:
        return "path-symlink"
    return "path-submodule" if entry.kind is EntryKind.SUBMODULE else ""
