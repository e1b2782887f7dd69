"""Chooses the documents that are entities, and says which files should be and could not be read.

In a platform repo place decides; anywhere else looks do, so that nobody's Kubernetes manifest is accused.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from bot.catalog import recognise
from bot.catalog.broken import Broken
from bot.catalog.follow import MAX_DEPTH, Follower, targets_of
from bot.catalog.graph import MOST_PATTERNS
from bot.catalog.layout import Layout, Material, is_below, is_catalog_info, is_template_file, matches
from bot.catalog.reader import MARKERS, Document, Read, Reader, is_yaml, path_rule
from bot.model.plan import Finding, Severity
from bot.model.tree import Entry, EntryKind

_HIGH_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document that is judged. `is_placed`: it must be an entity because of where it is."""

    path: str
    data: bytes = field(repr=False)
    document: Document
    is_placed: bool


@dataclass
class Choice:
    """What is judged, and what is said about files that cannot be."""

    documents: list[Chosen] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ghosts: set[str] = field(default_factory=set)


def choose(reader: Reader, layout: Layout, *, is_platform: bool) -> Choice:
    """`is_platform`: the layout's folders are there, and what is in them must be entities."""
    choice = Choice()
    loose = []
    for path, entry in reader.entries.items():
        if is_platform and _is_placed(entry, layout):
            _take_placed(reader, entry, choice, is_rule=layout.is_rule(path))
        elif is_yaml(path) and ("/" not in path or not is_platform):
            loose.append(entry)
    _take_loose(reader, loose, choice)
    if is_platform:
        _follow(reader, layout, choice)
    return choice


def _follow(reader: Reader, layout: Layout, choice: Choice) -> None:
    """What Locations name counts as placed: Backstage takes every document there for an entity, too."""
    known = {*(one.path for one in choice.documents), *(one.path for one in choice.findings)}
    follower = Follower(reader, layout, known)
    done = 0
    for _ in range(MAX_DEPTH):
        fresh = choice.documents[done:]
        done = len(choice.documents)
        for path in follower.targets((one.path, one.document.value) for one in fresh):
            _take_placed(reader, reader.entries[path], choice, is_rule=False)


def has_placed_entity(reader: Reader, layout: Layout) -> bool:
    """Whether an entity stands below one of the layout's catalog folders. It may have mistakes."""
    for path, entry in reader.entries.items():
        is_there = is_yaml(path) and any(is_below(path, folder) for folder in layout.catalog)
        if is_there and not path_rule(entry) and reader.hinted(path):
            documents = reader.read(path).documents
            if any(one.is_entity_text or _is_entity(one) or _is_mistyped(one) for one in documents):
                return True
    return False


def _is_placed(entry: Entry, layout: Layout) -> bool:
    if layout.must_be_entity(entry.path):
        return True
    if entry.kind not in (EntryKind.SYMLINK, EntryKind.SUBMODULE):
        return False
    # A link may stand for a whole folder of entities, so its name says nothing.
    folders = (*layout.catalog, layout.rules)
    is_template = posixpath.dirname(entry.path) == layout.templates
    return is_template or any(is_below(entry.path, one) or entry.path == one for one in folders)


def _take_placed(reader: Reader, entry: Entry, choice: Choice, *, is_rule: bool) -> None:
    """`is_rule`: what is of someone else's kind there is a policy, and read as such elsewhere."""
    if rule := path_rule(entry):
        choice.findings.append(Finding(rule, Severity.DENY, entry.path))
        return
    read = reader.read(entry.path)
    if read.broken is not None:
        choice.findings.append(_unreadable(entry.path, read.broken))
    for document in read.documents:
        if document.broken is not None:
            choice.ghosts.update(document.ghosts)
            choice.findings.append(_unreadable(entry.path, document.broken))
        elif not is_rule or not recognise.is_foreign(document.value):
            choice.documents.append(Chosen(entry.path, read.data, document, is_placed=True))


def _unreadable(path: str, broken: Broken) -> Finding:
    return Finding(broken.rule, Severity.DENY, path, broken.line, broken.column, broken.facts)


def _unrendered(path: str, document: Document) -> Finding:
    return Finding("entity-unrendered", Severity.INFO, path, document.line, 1)


def _take_loose(reader: Reader, entries: Iterable[Entry], choice: Choice) -> None:
    reads = []
    for entry in entries:
        if rule := path_rule(entry):
            if is_catalog_info(entry.path):
                choice.findings.append(Finding(rule, Severity.WARN, entry.path))
        elif is_catalog_info(entry.path) or reader.hinted(entry.path):
            reads.append(reader.read(entry.path))
    kept = _without_material(reads)
    homes = {posixpath.dirname(read.path) for read in kept if any(map(_is_entity, read.documents))}
    for read in kept:
        _take_read(read, choice, is_home=posixpath.dirname(read.path) in homes)


def _is_entity(document: Document) -> bool:
    return recognise.looks_like_entity(document.value)


def _is_mistyped(document: Document) -> bool:
    return recognise.looks_mistyped(document.value)


def _take_read(read: Read, choice: Choice, *, is_home: bool) -> None:
    """`is_home`: an entity lives in the same folder, so that a near miss is probably one as well."""
    is_certain = is_catalog_info(read.path)
    if read.broken is not None:
        choice.findings.append(_unreadable(read.path, read.broken))
    for document in read.documents:
        if document.broken is not None:
            if is_certain or document.is_entity_text:
                choice.ghosts.update(document.ghosts)
                _take_broken(read.path, document, document.broken, choice)
        elif is_certain or _is_entity(document) or (is_home and _is_mistyped(document)):
            if document.has_markers and is_unrendered(document.value):
                choice.findings.append(_unrendered(read.path, document))
            else:
                choice.documents.append(Chosen(read.path, read.data, document, is_placed=False))


def _take_broken(path: str, document: Document, broken: Broken, choice: Choice) -> None:
    said = _unrendered(path, document) if document.has_markers else _unreadable(path, broken)
    choice.findings.append(said)


def is_unrendered(value: Any) -> bool:
    """Whether a template engine has still to fill in what identifies or links the entity."""
    if not isinstance(value, dict):
        return True
    metadata = value.get("metadata")
    head = [value.get("apiVersion"), value.get("kind")]
    if isinstance(metadata, dict):
        head += [metadata.get(name) for name in ("name", "namespace")]
    if value.get("kind") != "Template":
        body = {key: one for key, one in value.items() if key != "metadata"}
        body["metadata"] = metadata if isinstance(metadata, dict) else {}
        head += _high_strings(body, 0)
    return any(isinstance(one, str) and MARKERS.search(one) for one in head)


def _high_strings(value: Any, depth: int) -> Iterator[str]:
    """Keys and short values near the root: a `{{` deep in a definition says nothing."""
    if isinstance(value, dict) and depth < _HIGH_DEPTH:
        for key, one in value.items():
            yield key
            if key not in ("definition", "description"):
                yield from _high_strings(one, depth + 1)
    elif isinstance(value, list) and depth < _HIGH_DEPTH + 1:
        for one in value:
            yield from _high_strings(one, depth + 1)
    elif isinstance(value, str) and "\n" not in value:
        yield value


def _without_material(reads: list[Read]) -> list[Read]:
    """Without the files that templates copy from, unless a Location outside of them points there."""
    material = Material()
    templates = [read for read in reads if _is_template(read)]
    for read in sorted(templates, key=lambda one: (one.path.count("/"), one.path)):
        folder = posixpath.dirname(read.path)
        siblings = [one.path for one in templates if posixpath.dirname(one.path) == folder]
        if not material.holds(read.path):
            for document in read.documents or (None,):
                material.add(read.path, document and document.value, siblings)
    outside = [read for read in reads if not material.holds(read.path)]
    targets = {path for read in outside for path in _targets(read)}
    patterns = sorted(path for path in targets if "*" in path)[:MOST_PATTERNS]

    def is_meant(path: str) -> bool:
        return path in targets or any(matches(path, pattern) for pattern in patterns)

    return [read for read in reads if not material.holds(read.path) or is_meant(read.path)]


def _is_template(read: Read) -> bool:
    for document in read.documents:
        value = document.value
        if isinstance(value, dict) and value.get("kind") == "Template" and _is_entity(document):
            return True
        if document.broken is not None and is_template_file(read.path) and document.is_entity_text:
            return True
    return False


def _targets(read: Read) -> Iterator[str]:
    for document in read.documents:
        yield from targets_of(read.path, document.value)
