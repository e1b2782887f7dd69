"""What a manifest template sees: a promise to template authors, which `templates/README.md` describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.templating.environment import Environment
from bot.templating.template import Template

_PLACEHOLDER = re.compile(r"\{(component|system|team|environment)\}")


def context(entity: Entity, environment: Environment, template: Template, platform: Any) -> dict[str, Any]:
    """Everything but `parameters`. Plain JSON values; equal catalogs give equal contexts."""
    component = _component(entity)
    return {
        "component": component,
        "environment": {
            "name": environment.name,
            "branch": environment.branch,
            "cluster": environment.cluster,
            "domain": environment.domain,
            "namespace": _namespace(environment, component),
        },
        "platform": platform,
        "template": {"name": template.name, "version": template.version},
    }


def platform_context(catalog: Catalog) -> dict[str, Any]:
    """The platform's name and settings; of several Platform entities the first by path."""
    for entity in catalog.of_kind("Platform"):
        return {"name": entity.name, "metadata": dict(entity.metadata), "spec": dict(entity.spec)}
    return {"name": "", "metadata": {}, "spec": {}}


def _component(entity: Entity) -> dict[str, Any]:
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
