"""The documents among the rules: which are policies, and of which kind. Judges and compiles nothing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.entity import Pointer, Position
from bot.catalog.layout import DATA, Layout, is_below
from bot.catalog.positions import position_of
from bot.catalog.reader import Reader, is_yaml, path_rule
from bot.catalog.recognise import is_foreign
from bot.model.tree import Entry
from bot.policy.rego.data import NoJson, data_of


@dataclass(frozen=True)
class Document:
    """A YAML or JSON document of someone else's kind. `data` is its whole file."""

    path: str
    index: int
    line: int
    value: Mapping[str, Any]
    data: bytes

    @property
    def kind(self) -> str:
        return str(self.value.get("kind", ""))

    @property
    def group(self) -> str:
        """Of the API, without its version."""
        return str(self.value["apiVersion"]).rpartition("/")[0]

    @cached_property
    def name(self) -> str:
        """metadata.name; empty without one."""
        metadata = self.value.get("metadata")
        name = metadata.get("name") if isinstance(metadata, Mapping) else None
        return name if isinstance(name, str) else ""

    def where(self, *pointer: str | int) -> Position:
        """The place of the value there, or of what is nearest around it."""
        return position_of(self.data, self.index, pointer)


def documents(reader: Reader, layout: Layout) -> Iterator[Document]:
    """Documents among the rules that are neither entities nor of ours, in the order of their paths.

    What cannot be read, the catalog's check says.
    """
    for path, entry in reader.entries.items():
        if layout.is_rule(path) and _is_document(entry):
            read = reader.read(path)
            for one in read.documents:
                if one.broken is None and is_foreign(one.value):
                    yield Document(path, one.index, one.line, one.value, read.data)


def _is_document(entry: Entry) -> bool:
    return (is_yaml(entry.path) or entry.path.endswith(".json")) and not path_rule(entry)


def rego_files(reader: Reader, layout: Layout) -> Mapping[str, bytes]:
    """Rego modules among the rules, without their tests, by path."""
    return {
        path: reader.files.read(path)
        for path, entry in reader.entries.items()
        if path.endswith(".rego")
        and not path.endswith("_test.rego")
        and layout.is_rule(path)
        and not path_rule(entry)
    }


def data_documents(reader: Reader, layout: Layout) -> Mapping[str, Any]:
    """What Rego sees below `data`: the mappings in the folder `data` of the rules, one over the other.

    They are read as OPA reads them, and not as the catalog is.
    """
    found: dict[str, Any] = {}
    folder = posixpath.join(layout.rules, DATA)
    for path, entry in reader.entries.items():
        if is_below(path, folder) and _is_document(entry):
            value = _data(path, reader.read(path).data)
            found = _laid(found, value) if isinstance(value, Mapping) else found
    return found


def _data(path: str, data: bytes) -> Any:
    """None for what cannot be read: the catalog's check says so."""
    try:
        return data_of(path, data)
    except (Broken, NoJson):
        return None


def _laid(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings are laid over each other, anything else is replaced."""
    both = dict(below)
    for key, value in above.items():
        known = both.get(key)
        is_both = isinstance(known, Mapping) and isinstance(value, Mapping)
        both[key] = _laid(known, value) if is_both else value  # type: ignore[arg-type]
    return both


def annotation(value: Mapping[str, Any], *names: str) -> str:
    """The first of these annotations that is there; empty without."""
    metadata = value.get("metadata")
    said = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    known = said if isinstance(said, Mapping) else {}
    return next((str(known[name]).strip() for name in names if name in known), "")


def at(value: Any, pointer: Pointer) -> Any:
    """What stands there; None where the way there ends."""
    for step in pointer:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
