"""What a manifest template sees: a promise to template authors, which `templates/README.md` describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.templating.deploy import RESOURCE_KEYS
from bot.templating.environment import Environment
from bot.templating.neighbours import neighbours
from bot.templating.template import Template

_PLACEHOLDER = re.compile(r"\{(component|system|team|environment)\}")


def context(
    entity: Entity, environment: Environment, template: Template, platform: Any, catalog: Catalog
) -> dict[str, Any]:
    """Everything but `parameters`. Plain JSON values; equal catalogs give equal contexts."""
    component = _component(entity)
    named = {
        word: [_neighbour(one, environment) for one in found]
        for word, found in neighbours(catalog, entity.ref).items()
    }
    return {
        "component": {**component, **named},
        "environment": {
            "name": environment.name,
            "branch": environment.branch,
            "cluster": environment.cluster,
            "domain": environment.domain,
            "kubernetes": environment.kubernetes,
            "namespace": _namespace(environment, component),
            "rules": environment.rules.export,
        },
        "platform": platform,
        "template": {"name": template.name, "version": template.version},
    }


def platform_context(catalog: Catalog) -> dict[str, Any]:
    """The platform's name and settings; of several Platform entities the first by path."""
    for entity in catalog.of_kind("Platform"):
        organization = _text(entity.spec, "organization")
        metadata, spec = dict(entity.metadata), dict(entity.spec)
        return {"name": entity.name, "organization": organization, "metadata": metadata, "spec": spec}
    return {"name": "", "organization": "", "metadata": {}, "spec": {}}


def facts_of(entity: Entity) -> dict[str, str]:
    """What an entity's neighbours are told of it."""
    return {
        "ref": entity.ref,
        "kind": entity.kind,
        "name": entity.name,
        "type": _text(entity.spec, "type"),
        "team": name_in(_text(entity.spec, "owner")),
        "system": name_in(_text(entity.spec, "system")),
    }


def _neighbour(entity: Entity, environment: Environment) -> dict[str, str]:
    facts = facts_of(entity)
    return {**facts, "namespace": _namespace(environment, facts)}


def _component(entity: Entity) -> dict[str, Any]:
    # What it says of its rendering comes as parameters: another environment's would be of no use here.
    if entity.kind.lower() == "resource":
        spec = {key: value for key, value in entity.spec.items() if key in RESOURCE_KEYS}
    else:
        spec = {key: value for key, value in entity.spec.items() if key != "deploy"}
    metadata = entity.metadata
    return {
        "ref": entity.ref,
        "name": entity.name,
        "title": _text(metadata, "title") or entity.name,
        "description": _text(metadata, "description"),
        "kind": entity.kind,
        "type": _text(spec, "type"),
        "lifecycle": _text(spec, "lifecycle"),
        "owner": _text(spec, "owner"),
        "team": name_in(_text(spec, "owner")),
        "system": name_in(_text(spec, "system")),
        "labels": _mapping(metadata, "labels"),
        "annotations": _mapping(metadata, "annotations"),
        "metadata": dict(metadata),
        "spec": spec,
    }


def name_in(reference: str) -> str:
    """The name that ends `[kind:][namespace/]name`."""
    return reference.rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def namespace_of(entity: Entity, environment: Environment) -> str:
    """The namespace that the environment gives to an entity's objects."""
    return _namespace(environment, facts_of(entity))


def _namespace(environment: Environment, component: Mapping[str, Any]) -> str:
    """The pattern with its names filled in: a component without a system stands in for one."""
    names = {
        "component": component["name"],
        "system": component["system"] or component["name"],
        "team": component["team"],
        "environment": environment.name,
    }
    return _PLACEHOLDER.sub(lambda found: str(names[found[1]]), environment.namespace).lower()


def _text(mapping: Mapping[str, Any], key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def _mapping(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = mapping.get(key)
    return dict(value) if isinstance(value, Mapping) else {}
