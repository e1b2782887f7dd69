"""What a pull request takes away while others still name it: one finding where it stood.

It is said instead of the many findings at those who name it in files that nobody touched. Part of `review`:
judges the merge result and reads no tree.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import SequenceMatcher

from bot.catalog.entity import Catalog, Checked, Entity, Pointer
from bot.catalog.schema import clip
from bot.model.plan import Fact, Finding, Severity

_LISTED = 8
"""Dependents that a finding names; it counts all of them."""
_ALIKE = 0.8
_ALIKE_IN_FILE = 0.4
"""How much of the text two entities share when one is probably the other under a new name."""
_COMPARED = 50
_LONGEST = 20_000
_UNREAD = ("yaml-", "path-", "entity-unrendered")
"""Rules about files that cannot be read: what stands in them is not gone."""

_FOLDED = {"reference-unknown": "ref", "template-unknown": "template", "environment-unknown": "environment"}
"""Rules about names that lead nowhere, and the fact that holds the name."""


def removals(before: Checked, after: Checked, touched: Collection[str]) -> tuple[Finding, ...]:
    """What was removed although files that the pull request does not touch still name it."""
    old, new = before.catalog, after.catalog
    unread = {one.path for one in after.findings if one.rule.startswith(_UNREAD)}
    gone = [
        one
        for one in old.entities
        if new.get(one.ref) is None and old.get(one.ref) is one and one.path not in unread
    ]
    found: list[Finding] = []
    for entity in gone:
        found += _environment(entity, new)
        naming = [one for one in _naming(entity, new) if one[0].path not in touched]
        if naming:
            found.append(_finding(entity, naming, _successor(entity, old, new), new))
    return tuple(found)


def folded(
    findings: Iterable[Finding], removed: Collection[Finding], touched: Collection[str]
) -> tuple[Finding, ...]:
    """The findings without those in untouched files that a denying removal says already."""
    said: set[tuple[str, Fact]] = set()
    for one in removed:
        if one.rule == "entity-removed" and one.severity is Severity.DENY:
            said.add(("ref", one.facts["ref"]))
            said.add((str(one.facts["kind"]), one.facts["name"]))
    return tuple(
        one
        for one in findings
        if one.path in touched
        or one.rule not in _FOLDED
        or (_FOLDED[one.rule], one.facts.get(_FOLDED[one.rule], "")) not in said
    )


def _naming(gone: Entity, new: Catalog) -> list[tuple[Entity, Pointer]]:
    """Who names it, each once, and where."""
    if gone.kind.lower() == "environment":
        return list(_overriding(gone.name, new))
    first: dict[str, tuple[Entity, Pointer]] = {}
    for one in new.relations.naming(gone.ref):
        first.setdefault(one.entity.ref, (one.entity, one.pointer))
    return list(first.values())


def _overriding(environment: str, catalog: Catalog) -> Iterator[tuple[Entity, Pointer]]:
    """Entities with parameters of their own for an environment."""
    for entity in catalog.entities:
        deploy = entity.spec.get("deploy")
        for holder, way in ((deploy, ("spec", "deploy")), (entity.spec, ("spec",))):
            overrides = holder.get("environments") if isinstance(holder, Mapping) else None
            if isinstance(overrides, Mapping) and environment in overrides:
                yield entity, (*way, "environments", environment)
                break


def _finding(
    gone: Entity, naming: list[tuple[Entity, Pointer]], successor: Entity | None, new: Catalog
) -> Finding:
    shown = tuple(
        f"{clip(entity.ref)} ({entity.path}:{entity.where_key(*pointer).line})"
        for entity, pointer in naming[:_LISTED]
    )
    facts: dict[str, Fact] = {
        "ref": clip(gone.ref),
        "kind": gone.kind.lower(),
        "name": gone.name,
        "count": len(naming),
        "dependents": shown,
        "near": (clip(successor.ref),) if successor else (),
    }
    if len(naming) == 1:
        facts["case"] = "one"
    elif len(naming) > _LISTED:
        facts["case"] = "many"
    return Finding("entity-removed", Severity.DENY, gone.path, *_place(gone, successor, new), facts)


def _place(gone: Entity, successor: Entity | None, new: Catalog) -> tuple[int, int]:
    """The new name in the old file, else the line where it stood, as long as the file has it; else 0."""
    if successor is not None and successor.path == gone.path:
        return successor.where("metadata", "name")
    left = next((one for one in new.entities if one.path == gone.path), None)
    if left is None:
        return 0, 0
    return min(gone.where("metadata", "name").line, len(left.source.splitlines())), 0


def _successor(gone: Entity, old: Catalog, new: Catalog) -> Entity | None:
    """A new entity of the same kind that is probably this one under another name."""
    fresh = [one for one in new.of_kind(gone.kind) if old.get(one.ref) is None]
    fresh.sort(key=lambda one: (one.path != gone.path, one.ref))
    best, best_score = None, 0.0
    text = _text(gone)
    for one in fresh[:_COMPARED]:
        score = SequenceMatcher(None, text, _text(one), autojunk=False).ratio()
        enough = _ALIKE_IN_FILE if one.path == gone.path else _ALIKE
        if score >= enough and score > best_score:
            best, best_score = one, score
    return best


def _text(entity: Entity) -> list[str]:
    """All but its name, a line a value."""
    rest = {key: value for key, value in entity.metadata.items() if key not in ("name", "namespace")}
    text = json.dumps([rest, entity.spec], indent=0, sort_keys=True, default=str)
    return text[:_LONGEST].splitlines()


def _environment(gone: Entity, new: Catalog) -> Iterator[Finding]:
    """An environment's branch outlives it, unless another environment takes it over."""
    if gone.kind.lower() != "environment" or _branch(gone) in map(_branch, new.of_kind("Environment")):
        return
    facts: dict[str, Fact] = {"environment": gone.name, "branch": _branch(gone)}
    yield Finding("environment-removed", Severity.WARN, gone.path, *_place(gone, None, new), facts)


def _branch(environment: Entity) -> str:
    return str(environment.spec.get("branch") or f"env/{environment.name}")
