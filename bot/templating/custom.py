"""The custom kinds of a platform: CustomResourceDefinitions in its `schemas/` folder. Reads nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.catalog.broken import Broken
from bot.catalog.entity import Catalog, Pointer, Position
from bot.catalog.positions import key_position_of
from bot.catalog.text import decode, pieces
from bot.catalog.yaml12 import EMPTY, load
from bot.kubernetes.crd import CrdBroken, CustomKind, custom_kind, other_kind
from bot.kubernetes.schemas import Schema, Schemas, WithCustom
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Entry, EntryKind, Files, Memo
from bot.templating.context import platform_context

MAX_FILES = 200
_LONGEST = 100


@dataclass(frozen=True)
class PlatformSchemas:
    """All schemas that hold for a platform, and what is wrong with its own."""

    schemas: Schemas
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Read:
    kinds: tuple[CustomKind, ...]
    findings: tuple[Finding, ...]


def platform_schemas(files: Files, catalog: Catalog, shipped: Schemas, memo: Memo) -> PlatformSchemas:
    """The shipped schemas, and on top of them those of the platform's folder. `memo`: by content."""
    if not shipped.versions:
        return PlatformSchemas(shipped)
    folder = str(platform_context(catalog)["spec"].get("schemas") or "schemas").strip("/")
    entries = tuple(entry for entry in files.list(folder) if entry.path.endswith((".yaml", ".yml", ".json")))
    if not entries:
        return PlatformSchemas(shipped)
    key = ("schemas", shipped.id, entries)
    if key not in memo:
        memo[key] = _all(files, entries, shipped, memo)
    found: PlatformSchemas = memo[key]
    return found


def _all(files: Files, entries: tuple[Entry, ...], shipped: Schemas, memo: Memo) -> PlatformSchemas:
    read = [_remembered(files, entry, memo) for entry in entries[:MAX_FILES]]
    findings = [finding for one in read for finding in one.findings]
    for entry in entries[MAX_FILES:]:
        facts: dict[str, Fact] = {"case": "many", "limit": MAX_FILES}
        findings.append(_finding(entry.path, facts=facts))
    kinds = tuple(kind for one in read for kind in one.kinds)
    return PlatformSchemas(WithCustom(shipped, kinds) if kinds else shipped, tuple(findings))


def _remembered(files: Files, entry: Entry, memo: Memo) -> _Read:
    key = ("schema", entry)
    if key not in memo:
        memo[key] = _read(files, entry)
    found: _Read = memo[key]
    return found


def _read(files: Files, entry: Entry) -> _Read:
    if entry.kind in (EntryKind.SYMLINK, EntryKind.SUBMODULE):
        return _Read((), (_finding(entry.path, facts={"case": "link"}),))
    source = files.read(entry.path)
    kinds: list[CustomKind] = []
    findings: list[Finding] = []
    try:
        for index, value in _documents(source):
            if kind := other_kind(value):
                place = key_position_of(source, index, ("kind",))
                findings.append(_skipped(entry.path, place, kind))
                continue
            try:
                kinds.append(_usable(value))
            except CrdBroken as broken:
                place = key_position_of(source, index, broken.pointer)
                findings.append(_finding(entry.path, place, {"reason": broken.reason}))
    except Broken as broken:
        finding = Finding(
            broken.rule, Severity.DENY, entry.path, broken.line, broken.column, dict(broken.facts)
        )
        findings.append(finding)
    return _Read(tuple(kinds), tuple(findings))


def _documents(source: bytes) -> Iterator[tuple[int, object]]:
    for index, piece in enumerate(pieces(decode(source))):
        try:
            value = load(piece.text)
        except Broken as broken:
            raise broken.moved(piece.above) from None
        if value is not EMPTY and value is not None:
            yield index, value


def _usable(value: object) -> CustomKind:
    """Raises CrdBroken, also for what no validator takes, such as a pattern that is none."""
    kind = custom_kind(value)
    for name, document in kind.versions.items():
        try:
            any(Schema(document).errors({}))
        except ValueError as problem:
            pointer: Pointer = ("spec", "versions")
            reason = f"has a schema for {name} that cannot be used: {str(problem).splitlines()[0][:200]}"
            raise CrdBroken(reason, pointer) from None
    return kind


def _skipped(path: str, place: Position, kind: str) -> Finding:
    """What kubectl would apply from the same folder: a kustomization, a role."""
    facts: dict[str, Fact] = {"kind": kind[:_LONGEST]}
    return Finding("schema-skipped", Severity.INFO, path, place.line, place.column, facts)


def _finding(path: str, place: Position | None = None, facts: dict[str, Fact] | None = None) -> Finding:
    line, column = place or (0, 0)
    return Finding("schema-broken", Severity.DENY, path, line, column, facts or {})
