"""A template: its contract, its version and the texts that it renders from, read within bounds.

Reads its `manifests/` and the folder that it shares with the templates beside it; runs nothing.
"""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.catalog.broken import Broken
from bot.catalog.entity import Catalog, Entity
from bot.catalog.layout import SHARED
from bot.catalog.text import decode
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Entry, EntryKind, Files, Memo
from bot.templating.contract import contract_pages
from bot.templating.deploy import RESERVED
from bot.templating.jinja import is_partial, is_shared
from bot.templating.jobs import Data, Recipe
from bot.templating.support import (
    Support,
    changelog_findings,
    changelog_path,
    support_findings,
    support_of,
)
from bot.templating.support import template_finding as _finding
from bot.templating.version import is_version

MAX_FILES = 200
MAX_BYTES = 1_000_000
"""Of all files that a template may use together: in `manifests/`, and those that are shared."""

_RESERVED = frozenset(RESERVED)


@dataclass(frozen=True)
class Template:
    """A golden path, ready to render."""

    entity: Entity
    version: str
    support: Support
    pages: tuple[Data, ...] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)
    """Texts by path relative to `manifests/`; those that all templates share are below `shared/`."""
    digest: str
    """Of all that decides what it renders."""
    warnings: tuple[Finding, ...] = ()
    """What is wrong with it and keeps nobody from using it."""

    @property
    def name(self) -> str:
        return self.entity.name

    @cached_property
    def recipe(self) -> Recipe:
        """What its jobs need of it."""
        return Recipe(self.files, self.pages)

    def path(self, file: str) -> str:
        """Where a file of `files` stands in the repo."""
        home = posixpath.dirname(shared_folder(self.entity))
        return posixpath.join(home if is_shared(file) else manifests_folder(self.entity), file)


@dataclass(frozen=True)
class Unusable:
    """Why a template cannot render."""

    findings: tuple[Finding, ...]


def manifests_folder(entity: Entity) -> str:
    """Beside `template.yaml`."""
    return posixpath.join(posixpath.dirname(entity.path), "manifests")


def shared_folder(entity: Entity) -> str:
    """Beside the template's folder: what is in it, every template there may include and import."""
    return posixpath.join(posixpath.dirname(posixpath.dirname(entity.path)), SHARED)


def sources(files: Files, entity: Entity) -> tuple[Entry, ...]:
    """All that a template may render from, wherever it stands: its own files, then the shared ones."""
    return (*files.list(manifests_folder(entity)), *files.list(shared_folder(entity)))


def templates(catalog: Catalog) -> Mapping[str, Entity]:
    """Templates by the name that `spec.deploy.template` uses; the first by path holds a name."""
    found: dict[str, Entity] = {}
    for entity in catalog.of_kind("Template"):
        found.setdefault(entity.name, entity)
    return found


def load_template(files: Files, entity: Entity) -> Template | Unusable:
    """The template that an entity describes. Reads its `manifests/`, the shared files and its changelog."""
    findings = [*_version_findings(entity), *_contract_findings(entity), *support_findings(entity)]
    texts: dict[str, str] = {}
    folder = manifests_folder(entity)
    entries = sources(files, entity)
    total = sum(files.size(entry.path) for entry in entries if entry.kind is not EntryKind.SUBMODULE)
    if len(entries) > MAX_FILES or total > MAX_BYTES:
        facts: dict[str, Fact] = {"files": len(entries), "bytes": total, "limit": MAX_BYTES}
        return Unusable((*findings, _finding(entity, "template-large", facts)))
    for entry in entries:
        read = _text(files, entry)
        name = _name(entity, entry)
        if isinstance(read, Finding):
            findings.append(read)
        elif is_shared(name) and entry.path.startswith(f"{folder}/"):
            findings.append(Finding("template-file", Severity.DENY, entry.path, facts={"case": SHARED}))
        else:
            texts[name] = read
    if all(is_partial(name) for name in texts) and not findings:
        findings.append(_finding(entity, "template-empty", {"folder": folder}))
    if findings:
        return Unusable(tuple(findings))
    return Template(
        entity,
        version=entity.spec["version"],
        support=support_of(entity),
        pages=contract_pages(entity.spec.get("parameters", {})),
        files=texts,
        digest=_digest(entity, texts),
        warnings=changelog_findings(files, entity),
    )


def remembered_template(files: Files, entity: Entity, memo: Memo) -> Template | Unusable:
    """As `load_template`, once for the same content."""
    changelog = files.entry(changelog_path(entity))
    key = ("template", entity.path, entity.index, entity.source, sources(files, entity), changelog)
    if key not in memo:
        memo[key] = load_template(files, entity)
    found: Template | Unusable = memo[key]
    return found


def _name(entity: Entity, entry: Entry) -> str:
    """What the template calls a file."""
    own, shared = manifests_folder(entity), shared_folder(entity)
    if entry.path.startswith(f"{own}/"):
        return entry.path.removeprefix(f"{own}/")
    return SHARED + entry.path.removeprefix(shared)


def _digest(entity: Entity, texts: Mapping[str, str]) -> str:
    parts = (entity.path.encode(), entity.source, *(part.encode() for pair in texts.items() for part in pair))
    return hashlib.sha256(b"".join(b"%d:%b" % (len(part), part) for part in parts)).hexdigest()


def _text(files: Files, entry: Entry) -> str | Finding:
    if entry.kind in (EntryKind.SYMLINK, EntryKind.SUBMODULE):
        return Finding("template-file", Severity.DENY, entry.path, facts={"case": entry.kind.value})
    try:
        return decode(files.read(entry.path))
    except Broken as broken:
        facts = {**broken.facts, "case": broken.rule}
        return Finding("template-file", Severity.DENY, entry.path, broken.line, broken.column, facts)


def _version_findings(entity: Entity) -> list[Finding]:
    version = entity.spec.get("version")
    if isinstance(version, str) and is_version(version):
        return []
    facts: dict[str, Fact] = {"case": "missing"} if version is None else {"version": str(version)[:60]}
    return [_finding(entity, "template-version", facts, "version")]


def _contract_findings(entity: Entity) -> list[Finding]:
    parameters = entity.spec.get("parameters", {})
    pages = parameters if isinstance(parameters, list) else [parameters]
    if not all(isinstance(page, Mapping) for page in pages):
        facts: dict[str, Fact] = {"reason": "a page of parameters is not a mapping"}
        return [_finding(entity, "template-contract", facts, "parameters")]
    known = (page.get("properties") for page in contract_pages(parameters))
    taken = {name for names in known if isinstance(names, Mapping) for name in names if name in _RESERVED}
    if not taken:
        return []
    facts = {"case": "reserved", "names": tuple(sorted(taken))}
    return [_finding(entity, "template-contract", facts, "parameters")]
