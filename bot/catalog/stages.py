"""What Environments say together, and of templates; and what asks to be rendered where nothing looks for it.

Looks at the catalog alone: what is made of it is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from bot.catalog import own, recognise
from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.schema import clip
from bot.model.plan import Fact, Finding, Severity

_NEVER_RENDERED = ("API", "Domain", "System")
"""Backstage's kinds of software that people may want to deploy, and that no template renders."""


def stage_findings(catalog: Catalog, *, is_whole: bool, ghosts: Collection[str]) -> Iterator[Finding]:
    """All of them, in no order. `ghosts`: `kind/name` of documents that could not be read."""
    stages = [
        one
        for one in catalog.of_kind("Environment")
        if one.api_version == own.API_VERSION and catalog.get(one.ref) is one
    ]
    yield from _branches(stages)
    yield from _orders(stages)
    if is_whole:
        yield from _defaults(stages, {one.name for one in catalog.of_kind("Template")}, ghosts)
        for entity in catalog.entities:
            if recognise.is_backstage(entity.api_version):
                yield from _misplaced(entity)


def _branches(stages: list[Entity]) -> Iterator[Finding]:
    """Two environments on one branch would write over each other."""
    holders: dict[str, Entity] = {}
    for entity in stages:
        branch = entity.spec.get("branch", f"env/{entity.name}")
        holder = holders.setdefault(str(branch), entity)
        if holder is not entity:
            facts: dict[str, Fact] = {"branch": clip(branch), "holder": clip(holder.name)}
            yield _finding(entity, "environment-branch", ("spec", "branch"), facts)


def _orders(stages: list[Entity]) -> Iterator[Finding]:
    """Of two with one number the name decides, which nobody who renames one thinks of."""
    holders: dict[int, Entity] = {}
    for entity in sorted(stages, key=lambda one: one.name):
        order = entity.spec.get("order")
        if isinstance(order, int) and (holder := holders.setdefault(order, entity)) is not entity:
            facts: dict[str, Fact] = {
                "order": order,
                "environment": clip(entity.name),
                "holder": clip(holder.name),
            }
            yield _finding(entity, "environment-order", ("spec", "order"), facts, Severity.WARN)


def _defaults(stages: list[Entity], known: Collection[str], ghosts: Collection[str]) -> Iterator[Finding]:
    """Defaults of a template that is not there would never apply."""
    for entity in stages:
        defaults = entity.spec.get("defaults")
        for name in defaults if isinstance(defaults, Mapping) else ():
            if name not in known and f"template/{name}".lower() not in ghosts:
                near = tuple(get_close_matches(name[:100], sorted(known), n=3, cutoff=0.6))
                facts: dict[str, Fact] = {"template": clip(name), "near": near, "case": "defaults"}
                place = entity.where_key("spec", "defaults", name)
                yield Finding("template-unknown", Severity.DENY, entity.path, place.line, place.column, facts)


def _misplaced(entity: Entity) -> Iterator[Finding]:
    """Looks as if it should be rendered, and is not: the key belongs to another kind or another place."""
    is_component = entity.kind == "Component"
    key = "template" if is_component else "deploy"
    if key not in entity.spec or (is_component and "deploy" in entity.spec):
        return
    if is_component or entity.kind in _NEVER_RENDERED:
        facts: dict[str, Fact] = {"field": f"spec.{key}", "ref": clip(entity.ref), "kind": entity.kind}
        place = entity.where_key("spec", key)
        facts |= {"case": "template"} if is_component else {}
        yield Finding("deploy-misplaced", Severity.WARN, entity.path, place.line, place.column, facts)


def _finding(
    entity: Entity,
    rule: str,
    pointer: Pointer,
    facts: Mapping[str, Fact],
    severity: Severity = Severity.DENY,
) -> Finding:
    place = entity.where(*pointer)
    return Finding(rule, severity, entity.path, place.line, place.column, facts)
