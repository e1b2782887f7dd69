"""Finds entities by what a person types: a reference in any spelling, a bare name, or words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.catalog.entity import Catalog, Entity
from bot.catalog.near import NameIndex
from bot.catalog.reference import ReferenceBroken, parse_ref

_NEAR = 3
_PARTS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class NotOne:
    """Why a name leads to no single entity. References are full ones."""

    text: str
    candidates: tuple[str, ...] = ()
    """Entities that all have this name."""
    near: tuple[str, ...] = ()
    """What may have been meant, when there is none of this name."""


def find(catalog: Catalog, text: str, *, only: Collection[str] | None = None) -> Entity | NotOne:
    """The entity that `text` names: `[<kind>:][<namespace>/]<name>` in any case.

    Without a kind or namespace any will do, as long as one entity only has that name. `only`: references
    among which to look.
    """
    known = [
        one for one in catalog.entities if catalog.get(one.ref) is one and (only is None or one.ref in only)
    ]
    written = text.strip().lower()
    kind, namespace, name = _parts(written)
    found = [
        one
        for one in known
        if one.name.lower() == name
        and kind in ("", one.kind.lower())
        and namespace in ("", one.namespace.lower())
    ]
    # With a kind it is a reference as entities write it, and those mean the default namespace.
    exact = [one for one in found if kind and not namespace and one.namespace == "default"]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        return NotOne(text, candidates=tuple(sorted(one.ref for one in found)))
    return NotOne(text, near=_near(known, kind, name))


def _parts(written: str) -> tuple[str, str, str]:
    """Kind, namespace and name; empty where they are not said."""
    try:
        ref = parse_ref(written, "?", "?")
    except ReferenceBroken:
        return "", "", written.strip(":/")
    kind, _, rest = ref.partition(":")
    namespace, _, name = rest.partition("/")
    return kind.strip("?"), namespace.strip("?"), name


def _near(known: Iterable[Entity], kind: str, name: str) -> tuple[str, ...]:
    by_name: dict[str, list[Entity]] = {}
    for one in known:
        by_name.setdefault(one.name.lower(), []).append(one)
    similar = [name] if name in by_name else NameIndex(by_name).near(name, limit=_NEAR)
    close = [one for each in similar for one in by_name[each]]
    close.sort(key=lambda one: one.kind.lower() != kind)  # stable: the most similar name stays first
    return tuple(one.ref for one in close)[:_NEAR]


@dataclass(frozen=True, slots=True)
class Hit:
    """An entity that has all the words; `score` says how prominently."""

    entity: Entity
    score: int


def search(catalog: Catalog, words: Sequence[str]) -> tuple[Hit, ...]:
    """Entities in which every word stands somewhere, best first; case does not matter."""
    wanted = [word.lower() for text in words for word in text.split()]
    hits = []
    for entity in catalog.entities:
        if not wanted or catalog.get(entity.ref) is not entity:
            continue
        texts = _texts(entity)
        scores = [_score(texts, word) for word in wanted]
        if all(scores):
            hits.append(Hit(entity, sum(scores)))
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.entity.ref)))


_WEIGHTS: Mapping[str, tuple[int, int, int]] = {
    "name": (100, 60, 40),
    "title": (50, 30, 20),
    "tag": (30, 12, 8),
    "type": (25, 10, 6),
    "kind": (25, 10, 0),
    "description": (10, 6, 4),
}
"""For the whole text, for the beginning of one of its words, for anything in it."""


def _texts(entity: Entity) -> list[tuple[str, str]]:
    metadata = entity.metadata
    tags = metadata.get("tags")
    pairs = [
        ("name", entity.name),
        ("title", metadata.get("title")),
        ("type", entity.spec.get("type")),
        ("kind", entity.kind),
        ("description", metadata.get("description")),
        *(("tag", one) for one in (tags if isinstance(tags, list) else ())),
    ]
    return [(field, text.lower()) for field, text in pairs if isinstance(text, str)]


def _score(texts: Iterable[tuple[str, str]], word: str) -> int:
    return max(_scores(texts, word), default=0)


def _scores(texts: Iterable[tuple[str, str]], word: str) -> Iterator[int]:
    for field, text in texts:
        if word not in text:
            continue
        whole, beginning, within = _WEIGHTS[field]
        if text == word:
            yield whole
        elif text.startswith(word) or any(part.startswith(word) for part in _PARTS.split(text)):
            yield beginning
        else:
            yield within
