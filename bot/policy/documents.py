"""YAML and JSON files to documents that know their places. Reads no files and judges nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.entity import Pointer
from bot.catalog.text import MAX_BYTES, decode, pieces
from bot.catalog.yaml11 import load, places
from bot.catalog.yaml12 import EMPTY

LARGEST = 64 * 1024 * 1024
"""Bytes of a file of data: much more than a catalog's file may have, since clusters are dumped to one."""
_LONGEST_LISTS = 2
"""Lists in lists that are unpacked."""


@dataclass(frozen=True, slots=True)
class Document:
    """One value of a file. `pointer`: where in its text it stands, for an item of a list."""

    path: str
    value: Any = field(repr=False)
    text: str = field(repr=False, default="")
    above: int = 0
    """Lines of the file above the text."""
    pointer: Pointer = ()

    def place(self, *steps: str | int) -> tuple[int, int]:
        """Line and column of what stands there, or of its nearest ancestor that exists."""
        try:
            table = places(self.text)
        except Broken:
            return self.above + 1, 1  # JSON that is deeper or odder than YAML may be
        pointer = (*self.pointer, *steps)
        while pointer and pointer not in table:
            pointer = pointer[:-1]
        key, value = table.get(pointer, (None, (0, 0)))
        line, column = value if not isinstance((pointer or (0,))[-1], str) else key or value
        return line + self.above + 1, column + 1


def documents_of(path: str, data: bytes, *, takes_last: bool = False) -> list[Document]:
    """The documents of a file, as Kubernetes' own tools read it; what is empty is null. Raises Broken.

    `takes_last`: a key that is there twice is no error, and the last one counts.
    """
    if len(data) > LARGEST:
        raise Broken("yaml-size", facts={"size": len(data), "limit": LARGEST})
    if path.lower().endswith(".json") and (found := _json(path, data)) is not None:
        return [found]
    documents = []
    for piece in pieces(_text(data)):
        try:
            value = load(piece.text, takes_last=takes_last)
        except Broken as broken:
            raise broken.moved(piece.above) from None
        documents.append(Document(path, None if value is EMPTY else value, piece.text, piece.above))
    return documents or [Document(path, None)]


def _json(path: str, data: bytes) -> Document | None:
    """None for what is no JSON: the YAML reader knows how to say what is wrong with it."""
    try:
        text = data.decode("utf-8-sig")
        return Document(path, json.loads(text), text)
    except (ValueError, RecursionError):
        return None


def _text(data: bytes) -> str:
    if len(data) <= MAX_BYTES:
        return decode(data)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Broken("yaml-encoding", line=line, column=1, facts={"case": "binary", "code": ""}) from None


def objects_of(document: Document, depth: int = 0) -> Iterator[Document]:
    """The document, or what a `kind: List` or a plain list holds: mappings only."""
    value = document.value
    if isinstance(value, list) and not depth:
        for number, item in enumerate(value):
            yield from objects_of(replace(document, value=item, pointer=(*document.pointer, number)), 1)
        return
    if not isinstance(value, Mapping):
        return
    items = value.get("items")
    kind = str(value.get("kind", ""))
    if kind.endswith("List") and isinstance(items, list) and depth < _LONGEST_LISTS:
        for number, item in enumerate(items):
            inner = replace(document, value=item, pointer=(*document.pointer, "items", number))
            yield from objects_of(inner, depth + 1)
        return
    yield document
