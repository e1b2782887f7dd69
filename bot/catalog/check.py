"""Reads a repo's entities and says what is wrong with them. Reads files; follows and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.accounts_check import account_findings
from bot.catalog.choose import Choice, choose, has_placed_entity
from bot.catalog.commands_check import command_findings
from bot.catalog.entity import Catalog, Checked, Entity
from bot.catalog.graph import Graph, missing_targets
from bot.catalog.judge import Judged, judge
from bot.catalog.layout import Layout, is_below
from bot.catalog.reader import Reader
from bot.catalog.stages import stage_findings
from bot.model.plan import Finding
from bot.model.tree import Files

_RECENT = ("check", "recent")
_KEPT = 3
"""Whole catalogs that a memo keeps: the base's, asked for at every event, and some around it."""


def check(
    files: Files,
    *,
    whole: bool | None = None,
    memo: MutableMapping[Any, Any] | None = None,
    is_root: bool = True,
) -> Checked:
    """The catalog of a repo, and findings sorted by path, line, column and rule.

    `whole`: all entities are here, so that a reference to another one is wrong. None: they are when there
    is a `kind: Platform`, or an entity below `catalog/`: others have folders of that name as well. `memo`
    remembers what was parsed, by path and content id; it makes the same check cheaper and never different.
    `is_root`: the files begin at the root of a repo, so that what lies outside of them is outside of the
    repo.
    """
    key = (getattr(files, "id", ""), whole, is_root)
    if memo is None or not key[0]:
        return _check(files, {} if memo is None else memo, whole=whole, is_root=is_root)
    recent: tuple[tuple[object, Checked], ...] = memo.get(_RECENT, ())
    known = next((checked for one, checked in recent if one == key), None)
    if known is None:
        known = _check(files, memo, whole=whole, is_root=is_root)
    others = [pair for pair in recent if pair[0] != key]
    memo[_RECENT] = ((key, known), *others[: _KEPT - 1])
    return known


def _check(files: Files, memo: MutableMapping[Any, Any], *, whole: bool | None, is_root: bool) -> Checked:
    reader = Reader(files, memo)
    layout = Layout()
    has_places = whole is True or (whole is None and has_placed_entity(reader, layout))
    choice, judged = _read(reader, layout, has_places=has_places, is_root=is_root)
    platform = own.platform_in(one.entity for one in judged if one.entity is not None)
    if platform is not None and whole is not False and (_layout_of(platform) != layout or not has_places):
        layout, has_places = _layout_of(platform), True
        choice, judged = _read(reader, layout, has_places=has_places, is_root=is_root)
    if whole is None:
        whole = platform is not None or has_places
    catalog = Catalog(tuple(one.entity for one in judged if one.entity is not None))
    findings = [*choice.findings, *(finding for one in judged for finding in one.findings)]
    findings += Graph(catalog, is_whole=whole, ghosts=choice.ghosts).findings()
    findings += stage_findings(catalog, is_whole=whole, ghosts=choice.ghosts)
    findings += account_findings(catalog)
    findings += command_findings(catalog, is_whole=whole, ghosts=choice.ghosts)
    for entity in catalog.of_kind("Location"):
        findings += missing_targets(entity, reader.entries.keys(), is_root=is_root)
    return Checked(catalog, in_order(findings))


def _read(reader: Reader, layout: Layout, *, has_places: bool, is_root: bool) -> tuple[Choice, list[Judged]]:
    is_platform = has_places and layout.has_catalog(reader.entries)
    choice = choose(reader, layout, is_platform=is_platform)
    chosen = sorted(choice.documents, key=lambda one: (one.path, one.document.index))
    return choice, [judge(one, reader, is_root=is_root) for one in chosen]


def is_platform_repo(files: Files, catalog: Catalog, *, is_root: bool) -> bool:
    """Whether the bot would render these files: a platform repo's, from its root on.

    A `kind: Platform` in the root of a repo makes them one, and so do entities where a catalog folder and
    `templates/` stand side by side. `is_root` as for `check`.
    """
    platform = own.platform_in(catalog.entities)
    if platform is not None and is_root:
        return True
    layout = _layout_of(platform) if platform is not None else Layout()
    paths = [entry.path for entry in files.list()]
    has_templates = any(is_below(path, layout.templates) for path in paths)
    return bool(catalog.entities) and has_templates and layout.has_catalog(paths)


def layout_of(catalog: Catalog) -> Layout:
    """Where a platform repo with this catalog keeps what."""
    platform = own.platform_in(catalog.entities)
    return _layout_of(platform) if platform is not None else Layout()


def _layout_of(platform: Entity) -> Layout:
    try:
        spec = own.platform_of(platform.spec)
    except ValidationError:
        return Layout()
    folders = tuple(folder.removeprefix("./").rstrip("/") or "." for folder in spec.catalog)
    return Layout(folders, spec.templates.strip("/"), spec.rules.strip("/"))


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """By path, line, column and rule."""
    return tuple(sorted(findings, key=lambda one: (one.path, one.line, one.column, one.rule, str(one.facts))))
