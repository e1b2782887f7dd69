"""Backstage's relation pairs, from whichever side they are written: who owns, uses, provides what.

Computed from the specs alone; a `relations` that someone wrote into a file is not looked at.
Source: @backstage/catalog-model 1.10.1, kinds/relations; catalog-backend, BuiltinKindsEntityProcessor.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from bot.catalog import recognise
from bot.catalog.entity import Entity, Pointer
from bot.catalog.reference import FIELDS

_PAIRS = (
    ("ownedBy", "ownerOf"),
    ("partOf", "hasPart"),
    ("dependsOn", "dependencyOf"),
    ("providesApi", "apiProvidedBy"),
    ("consumesApi", "apiConsumedBy"),
    ("childOf", "parentOf"),
    ("memberOf", "hasMember"),
    ("rendersWith", "renders"),
    ("requestFor", "hasRequest"),
)
"""The last two are ours: the template that makes an entity's manifests; what is asked for it."""

INVERSE: Mapping[str, str] = MappingProxyType(
    {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
)

_WIRES = frozenset(name for pair in _PAIRS[2:5] for name in pair)
"""The relations between what runs together."""

_BY_FIELD: Mapping[str, str] = MappingProxyType(
    {
        "owner": "ownedBy",
        "system": "partOf",
        "domain": "partOf",
        "subcomponentOf": "partOf",
        "subdomainOf": "partOf",
        "providesApis": "providesApi",
        "consumesApis": "consumesApi",
        "dependsOn": "dependsOn",
        "dependencyOf": "dependencyOf",
        "skills": "dependsOn",
        "plugins": "dependsOn",
        "parent": "childOf",
        "children": "parentOf",
        "members": "hasMember",
        "memberOf": "memberOf",
        "service": "requestFor",
        "subject": "requestFor",
    }
)


@dataclass(frozen=True, slots=True)
class Saying:
    """An entity says, at `pointer`, that `relation` leads from it to `target`, which need not exist."""

    entity: Entity
    pointer: Pointer
    relation: str
    target: str


def is_linked(entity: Entity) -> bool:
    """Whether its references are known to be references."""
    return entity.kind.lower() in FIELDS and recognise.is_built_in(entity.api_version, entity.kind)


def _sayings(entity: Entity, templates: Mapping[str, str]) -> Iterator[Saying]:
    """What one entity says of others, in the order of Backstage's fields. Broken references say nothing."""
    if not is_linked(entity):
        return
    for mention in entity.mentions:
        if not mention.broken:
            yield Saying(entity, mention.pointer, _BY_FIELD[mention.field.name], mention.ref)
    used = template_name(entity)
    if used is not None:
        name, pointer = used
        yield Saying(entity, pointer, "rendersWith", templates.get(name, f"template:default/{name}".lower()))


def template_name(entity: Entity) -> tuple[str, Pointer] | None:
    """The template that makes the entity's manifests, as it is written and where; None without one."""
    holder: object = entity.spec
    pointer: Pointer = ("spec", "template")
    if entity.kind.lower() != "resource":
        holder, pointer = entity.spec.get("deploy"), ("spec", "deploy", "template")
    name = holder.get("template") if isinstance(holder, Mapping) else None
    return (name, pointer) if isinstance(name, str) and name else None


class Relations:
    """Who is related to whom. References are full ones, in lower case; each index is built once."""

    def __init__(self, entities: Iterable[Entity]) -> None:
        known = tuple(entities)
        # Templates are named by the name alone; the first by path holds it.
        templates = {one.name: one.ref for one in reversed(known) if one.kind.lower() == "template"}
        self.sayings: tuple[Saying, ...] = tuple(one for each in known for one in _sayings(each, templates))

    @cached_property
    def _both(self) -> Mapping[str, Mapping[str, Mapping[str, Saying]]]:
        """By entity, relation and target: who said so. Of both sides the one that stands first."""
        table: dict[str, dict[str, dict[str, Saying]]] = {}
        for one in self.sayings:
            here, there = one.entity.ref, one.target
            table.setdefault(here, {}).setdefault(one.relation, {}).setdefault(there, one)
            table.setdefault(there, {}).setdefault(INVERSE[one.relation], {}).setdefault(here, one)
        return table

    @cached_property
    def _named(self) -> Mapping[str, list[Saying]]:
        table: dict[str, list[Saying]] = {}
        for one in self.sayings:
            table.setdefault(one.target, []).append(one)
        return table

    @cached_property
    def _wired(self) -> Mapping[tuple[str, str], set[str]]:
        """By entity and relation, of `_WIRES` alone: rendering asks this of every entity."""
        table: dict[tuple[str, str], set[str]] = {}
        for one in self.sayings:
            if one.relation in _WIRES:
                here, there = one.entity.ref, one.target
                table.setdefault((here, one.relation), set()).add(there)
                table.setdefault((there, INVERSE[one.relation]), set()).add(here)
        return table

    def wired(self, ref: str, relation: str) -> Collection[str]:
        """As `targets`, for dependencies and APIs, in no order."""
        return self._wired.get((ref, relation), ())

    def of(self, ref: str) -> Mapping[str, tuple[str, ...]]:
        """All relations of an entity: relation to sorted references, in the order of the pairs."""
        held = self._both.get(ref, {})
        return {name: tuple(sorted(held[name])) for name in INVERSE if name in held}

    def targets(self, ref: str, relation: str) -> tuple[str, ...]:
        """Where one relation leads to, sorted; also to what does not exist."""
        return tuple(sorted(self._both.get(ref, {}).get(relation, ())))

    def said(self, ref: str, relation: str, target: str) -> Saying:
        """Who said it first. Raises KeyError when nobody did."""
        return self._both[ref][relation][target]

    def naming(self, ref: str) -> tuple[Saying, ...]:
        """All places that name this reference, in the order of the catalog."""
        return tuple(self._named.get(ref, ()))
