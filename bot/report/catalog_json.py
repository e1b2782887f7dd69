"""Answers of `roadcrew catalog` as plain values for scripts. References are full ones, in lower case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.catalog.relations_owner import Ownership
from bot.catalog.relations_tree import Step
from bot.catalog.search import Hit, NotOne
from bot.report.catalog import entity_links

Document = Mapping[str, Any]


def place_document(entity: Entity | None) -> Document:
    """`path` and `line` of an entity's name; nulls for one that does not exist."""
    if entity is None:
        return {"path": None, "line": None}
    return {"path": entity.path, "line": entity.where("metadata", "name").line}


def not_one_document(found: NotOne) -> Document:
    """`{"name", "candidates", "near"}`."""
    return {"name": found.text, "candidates": list(found.candidates), "near": list(found.near)}


def owner_document(entity: Entity, found: Ownership) -> Document:
    """`owner` is null where nobody is named; `via` is the way to the entity that names it."""
    return {
        "entity": entity.ref,
        "owner": found.owner or None,
        "via": list(found.via),
        "path": found.said_by.path if found.said_by else None,
        "line": found.said_by.where(*found.pointer).line if found.said_by else None,
        "members": [{"ref": one.ref, "group": one.group, "lead": one.is_lead} for one in found.members],
        "contacts": [
            {"way": one.way, "value": one.value, "label": one.label, "of": one.said_by}
            for one in found.contacts
        ],
    }


def tree_document(catalog: Catalog, entity: Entity, steps: Sequence[Step], *, up: bool) -> Document:
    """The tree's lines in order; `parent` is the line's own parent, `through` the API between the two."""
    return {
        "entity": entity.ref,
        "dependents" if up else "dependencies": [
            {
                "ref": step.ref,
                "parent": step.parent,
                "depth": step.depth,
                "circle": step.is_circle,
                "because": [
                    {"relation": reason.relation, "through": reason.through or None}
                    for reason in step.reasons
                ],
                **place_document(catalog.get(step.ref)),
            }
            for step in steps
        ],
    }


def show_document(catalog: Catalog, entity: Entity, found: Ownership) -> Document:
    """The entity with its owner and its relations."""
    return {
        "ref": entity.ref,
        **place_document(entity),
        "owner": found.owner or None,
        "apiVersion": entity.api_version,
        "kind": entity.kind,
        "metadata": entity.metadata,
        "spec": entity.spec,
        "relations": {name: list(refs) for name, refs in catalog.relations.of(entity.ref).items()},
        "links": [{"title": title, "url": url} for title, url in entity_links(entity)],
    }


def search_document(hits: Sequence[Hit], limit: int) -> Document:
    """`total` counts all hits, `hits` has the best of them."""
    return {
        "total": len(hits),
        "hits": [
            {"ref": hit.entity.ref, "score": hit.score, **place_document(hit.entity)} for hit in hits[:limit]
        ],
    }
