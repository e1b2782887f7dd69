"""What `catalog.…` finds in expressions: entities by reference, and who depends on whom.

CEL has functions and no closures: the catalog that they look into is set for the time of one call of a
judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from bot.catalog.entity import Catalog, Entity
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.policy.cel.host import Host, plain
from bot.policy.secrets import found


class Lookups:
    """The catalog of one call, by reference; relations are computed when first asked for."""

    def __init__(self, entities: Mapping[str, Any]) -> None:
        self._entities = entities
        self.asked: set[tuple[str, str]] = set()
        """What was looked up, by which function."""
        self._token: Token[Lookups | None] | None = None

    def __enter__(self) -> Self:
        self._token = _CURRENT.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._token is not None:
            _CURRENT.reset(self._token)

    def has(self, ref: str) -> bool:
        """Whether there is such an entity. A reference without a kind is one of a group, as an owner's."""
        return self._asked("has", ref) in self._entities

    def entity(self, ref: str) -> Any:
        """The entity as written. Raises KeyError where there is none."""
        return self._entities[self._asked("entity", ref)]

    def dependents(self, ref: str) -> list[str]:
        """Who depends on it, or consumes what it provides: references, sorted."""
        return self._related(self._asked("dependents", ref), ("dependencyOf", "apiConsumedBy", "hasPart"))

    def dependencies(self, ref: str) -> list[str]:
        """What it depends on and consumes: references, sorted."""
        return self._related(self._asked("dependencies", ref), ("dependsOn", "consumesApi"))

    def owned(self, ref: str) -> list[str]:
        """What a group or user owns: references, sorted."""
        return self._related(self._asked("owned", ref), ("ownerOf",))

    def _related(self, ref: str, relations: tuple[str, ...]) -> list[str]:
        known = _graph(self._entities).relations
        return sorted({one for relation in relations for one in known.targets(ref, relation)})

    def _asked(self, function: str, ref: str) -> str:
        full = _full(ref)
        self.asked.add((function, full))
        return full

    def answer(self, function: str, ref: str) -> Any:
        """What a function says of a full reference; None where there is no such entity."""
        match function:
            case "has":
                return self.has(ref)
            case "entity":
                return self._entities.get(ref)
            case "dependents":
                return self.dependents(ref)
            case "dependencies":
                return self.dependencies(ref)
            case _:
                return self.owned(ref)


_LAST: list[tuple[Mapping[str, Any], Catalog]] = []
"""The graph of the entities that were asked about last: many rules ask about the same."""


def _graph(entities: Mapping[str, Any]) -> Catalog:
    for known, catalog in _LAST:
        if known is entities:
            return catalog
    catalog = Catalog(tuple(_entity(one) for one in entities.values()))
    _LAST[:] = [(entities, catalog)]
    return catalog


_CURRENT: ContextVar[Lookups | None] = ContextVar("lookups", default=None)


def current() -> Lookups:
    """The catalog of the call that is under way; an empty one outside of it."""
    return _CURRENT.get() or Lookups({})


def _full(ref: str) -> str:
    try:
        return parse_ref(ref, "group")
    except ReferenceBroken:
        return ref


def _entity(value: Mapping[str, Any]) -> Entity:
    metadata = value.get("metadata", {})
    return Entity(
        path="",
        api_version=str(value.get("apiVersion", "")),
        kind=str(value.get("kind", "")),
        namespace=str(metadata.get("namespace") or "default"),
        name=str(metadata.get("name", "")),
        metadata=metadata,
        spec=value.get("spec") or {},
    )


FUNCTIONS: tuple[Host, ...] = (
    plain("catalog.has", "string", "bool", lambda ref: current().has(ref)),
    plain("catalog.entity", "string", "map", lambda ref: current().entity(ref)),
    plain("catalog.dependents", "string", "list", lambda ref: current().dependents(ref)),
    plain("catalog.dependencies", "string", "list", lambda ref: current().dependencies(ref)),
    plain("secrets.found", "string", "list", found),
    plain("catalog.owned", "string", "list", lambda ref: current().owned(ref)),
)
"""What expressions of a Rule may ask of the catalog, and of a text: which lines of it hold secrets."""
