"""One YAML document of the catalog, and the catalog as a whole. Values only: parsing is in `parse.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.model.plan import Finding

if TYPE_CHECKING:
    from bot.catalog.reference import Mention
    from bot.catalog.relations import Relations

Pointer = tuple[str | int, ...]
"""The way from a document's root to a node: keys and list indices."""


class Position(NamedTuple):
    """A place in a file, counted from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class Entity:
    """A document with apiVersion, kind and metadata.name. `namespace` has Backstage's default filled in."""

    path: str
    api_version: str
    kind: str
    namespace: str
    name: str
    metadata: Mapping[str, Any] = field(repr=False)
    spec: Mapping[str, Any] = field(repr=False)
    source: bytes = field(repr=False, default=b"")
    """The whole file; positions are found in it only when someone asks."""
    index: int = 0
    """Which document of the file, counted from 0."""

    @cached_property
    def ref(self) -> str:
        """`kind:namespace/name`, lower case: Backstage's stringifyEntityRef."""
        return f"{self.kind}:{self.namespace}/{self.name}".lower()

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """The references to other entities that it holds, in the order of Backstage's fields."""
        from bot.catalog.reference import mentions

        return tuple(mentions(self))

    def where(self, *pointer: str | int) -> Position:
        """The line and column of the value at `pointer`, or of its nearest ancestor that exists."""
        from bot.catalog.positions import position_of

        return position_of(self.source, self.index, pointer)

    def where_key(self, *pointer: str | int) -> Position:
        """The line and column of the key that `pointer` ends with, or of its nearest ancestor's key."""
        from bot.catalog.positions import key_position_of

        return key_position_of(self.source, self.index, pointer)


@dataclass(frozen=True)
class Catalog:
    """All entities of a repo. When two claim one reference, the first (by path) holds it."""

    entities: tuple[Entity, ...]

    @cached_property
    def _by_ref(self) -> Mapping[str, Entity]:
        table: dict[str, Entity] = {}
        for entity in self.entities:
            table.setdefault(entity.ref, entity)
        return table

    def get(self, ref: str) -> Entity | None:
        """The entity with this full reference (`kind:namespace/name`, any case)."""
        return self._by_ref.get(ref.lower())

    @cached_property
    def relations(self) -> Relations:
        """Who is related to whom. Of two entities that claim one reference, the second says nothing."""
        from bot.catalog.relations import Relations

        return Relations(entity for entity in self.entities if self.get(entity.ref) is entity)

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Entity]]:
        table: dict[str, list[Entity]] = {}
        for entity in self.entities:
            table.setdefault(entity.kind.lower(), []).append(entity)
        return table

    def of_kind(self, kind: str) -> Iterable[Entity]:
        """Entities of a kind (any case), in the order of their paths."""
        return iter(self._by_kind.get(kind.lower(), ()))


@dataclass(frozen=True)
class Checked:
    """A catalog and what is wrong with it; findings are sorted by path, line, column, rule."""

    catalog: Catalog
    findings: tuple[Finding, ...]
