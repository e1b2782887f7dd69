"""The entities that a template is told of beside its own: those that run with it, whichever side says so.

One step away and no further, so that a change is seen by few.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.catalog.entity import Catalog, Entity

_ONE_STEP = {
    "dependsOn": "dependsOn",
    "dependencyOf": "dependencyOf",
    "providesApis": "providesApi",
    "consumesApis": "consumesApi",
}
_WATCHED_BY = ("dependsOn", "dependencyOf", "apiProvidedBy", "apiConsumedBy")


def neighbours(catalog: Catalog, ref: str) -> Mapping[str, tuple[Entity, ...]]:
    """By the words of `templates/README.md`, each in the order of references.

    What is not in the catalog is left out: its check has said so. `consumers` are those that use an API that
    the entity provides, `providers` those who provide an API that it uses.
    """
    relations = catalog.relations
    found = {word: relations.wired(ref, relation) for word, relation in _ONE_STEP.items()}
    users = {user for api in found["providesApis"] for user in relations.wired(api, "apiConsumedBy")}
    found["consumers"] = users - {ref}
    givers = {giver for api in found["consumesApis"] for giver in relations.wired(api, "apiProvidedBy")}
    found["providers"] = givers - {ref}
    return {word: tuple(_known(catalog, sorted(refs))) for word, refs in found.items()}


def watchers(catalog: Catalog, ref: str) -> frozenset[str]:
    """References of all whose templates are told of this entity."""
    return frozenset().union(*watching(catalog, ref).values())


def watching(catalog: Catalog, ref: str) -> Mapping[str, frozenset[str]]:
    """The same by what they know it as: who stays and knows it as something else is told something else."""
    relations = catalog.relations
    near = {relation: frozenset(relations.wired(ref, relation)) for relation in _WATCHED_BY}
    used, given = relations.wired(ref, "consumesApi"), relations.wired(ref, "providesApi")
    givers = frozenset(one for api in used for one in relations.wired(api, "apiProvidedBy"))
    users = frozenset(one for api in given for one in relations.wired(api, "apiConsumedBy"))
    return {**near, "consumer": givers, "provider": users}


def _known(catalog: Catalog, refs: list[str]) -> Iterator[Entity]:
    for ref in refs:
        entity = catalog.get(ref)
        if entity is not None:
            yield entity
