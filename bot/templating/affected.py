"""What a change makes render anew: the few that must be looked at, so that cost follows the change.

Compares two catalogs and names references; reads no file and renders nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from bot.catalog.entity import Catalog, Entity
from bot.catalog.layout import is_below
from bot.templating.context import facts_of, platform_context
from bot.templating.deploy import is_deployed, template_of
from bot.templating.environment import Environment, environments
from bot.templating.neighbours import watchers, watching
from bot.templating.render import folder_of, rivals
from bot.templating.template import manifests_folder, shared_folder, templates


def affected(
    before: Catalog, after: Catalog, touched: Collection[str]
) -> Mapping[str, frozenset[str] | None]:
    """By environment, of both sides: the references that may render otherwise than before; None for all.

    `touched`: all paths that differ between the two trees. What is not named renders the same on both sides.
    """
    old, new = ({one.name: one for one in environments(side)} for side in (before, after))
    names = sorted(old.keys() | new.keys())
    if _is_all(before, after, touched) or old.keys() != new.keys():
        return dict.fromkeys(names)
    some = frozenset(_changed(before, after) | _users(before, after, touched))
    return {name: some if _is_same(old[name], new[name]) else None for name in names}


def _is_all(before: Catalog, after: Catalog, touched: Collection[str]) -> bool:
    """What every component sees, or is judged by."""
    platform = platform_context(after)
    schemas = str(platform["spec"].get("schemas", "schemas"))
    stages = ({one.name for one in side.of_kind("Environment")} for side in (before, after))
    return (
        platform_context(before) != platform
        or any(is_below(path, schemas) for path in touched)
        or next(stages) != next(stages)
    )


def _is_same(before: Environment, after: Environment) -> bool:
    return replace(before, path=after.path, order=after.order) == after


def _changed(before: Catalog, after: Catalog) -> set[str]:
    """Entities that differ, those that are told of them, and those that may get or lose their folder."""
    changed = {ref for ref in _refs(before) | _refs(after) if _differs(before.get(ref), after.get(ref))}
    found = set(changed)
    for ref in changed:
        if _seen(before, ref) != _seen(after, ref):
            found |= watchers(before, ref) | watchers(after, ref)
        for side in (before, after):
            entity = side.get(ref)
            if entity is not None:
                found.update(rivals(folder_of(entity)))
    return {ref for ref in found if _asks(before, ref) or _asks(after, ref)}


def _refs(catalog: Catalog) -> set[str]:
    return {entity.ref for entity in catalog.entities}


def _differs(before: Entity | None, after: Entity | None) -> bool:
    # A catalog that remembers has the same object for the same content: most are not compared at all.
    return before is not after and before != after


def _seen(catalog: Catalog, ref: str) -> object:
    """What others are told of an entity, and who they are."""
    entity = catalog.get(ref)
    return entity and (facts_of(entity), watching(catalog, ref))


def _asks(catalog: Catalog, ref: str) -> bool:
    entity = catalog.get(ref)
    return entity is not None and is_deployed(entity)


def _users(before: Catalog, after: Catalog, touched: Collection[str]) -> set[str]:
    """Everything that uses a template which is not what it was, on either side."""
    was, now = templates(before), templates(after)
    names = {name for name in was.keys() | now.keys() if _differs(was.get(name), now.get(name))}
    for side in (was, now):
        names |= {name for name, entity in side.items() if _is_touched(entity, touched)}
    if not names:
        return set()
    return {entity.ref for side in (before, after) for entity in _using(side, names)}


def _is_touched(template: Entity, touched: Collection[str]) -> bool:
    folders = (manifests_folder(template), shared_folder(template))
    return any(path in folders or is_below(path, folder) for path in touched for folder in folders)


def _using(catalog: Catalog, names: Collection[str]) -> Iterator[Entity]:
    for kind in ("Component", "Resource"):
        for entity in catalog.of_kind(kind):
            if is_deployed(entity) and template_of(entity) in names:
                yield entity
