"""Environments: the stages that a change passes, as the catalog's `Environment` entities describe them.

When one of them cannot be understood there are none: to guess which stage is first would be to deploy to the
wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_dns_subdomain
from bot.catalog.own import (
    ExportSpec,
    is_branch,
    is_count,
    is_kubernetes_version,
    is_namespace_pattern,
    is_quantity,
)
from bot.kubernetes.quantity import thousandths, whole
from bot.model.plan import Finding, Severity

BRANCH_PREFIX = "env/"
"""Rendered manifests go to such branches only, so that no setting can point at the default branch."""

RULES_FOLDER = "roadcrew-rules"
"""The folder on an environment's branch with which its cluster judges by the rules too: no component's."""
_TEXTS = ("branch", "cluster", "namespace", "domain")
_ADD_HERE = "catalog/environments/dev.yaml"


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one component may ask for, in all its replicas together; None where there is no limit.

    cpu in thousandths of a core, memory and storage in bytes.
    """

    cpu: int | None = None
    memory: int | None = None
    storage: int | None = None
    replicas: int | None = None


@dataclass(frozen=True)
class Environment:
    """A stage. In `namespace`, `{component}`, `{system}`, `{team}` and `{environment}` stand for names."""

    name: str
    order: int
    branch: str
    cluster: str
    namespace: str
    domain: str
    defaults: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """By template name: parameters that this environment gives to every component, weaker than its own."""
    kubernetes: str
    """The minor version whose schemas hold here, such as `1.34`; empty for the newest that there is."""
    limits: Limits
    rules: ExportSpec
    """Whether its cluster gets the rules as well."""
    path: str
    entity: Entity = field(repr=False, compare=False)


def environments(catalog: Catalog) -> tuple[Environment, ...]:
    """All environments, in the order in which a change passes them; none while one of them is broken."""
    entities = _entities(catalog)
    branches = {_branch(entity) for entity in entities}
    if len(branches) < len(entities) or not all(map(_is_sound, entities)):
        return ()
    return tuple(sorted(map(_environment, entities), key=lambda one: (one.order, one.name)))


def facts_of(one: Environment, stages: Sequence[Environment]) -> dict[str, Any]:
    """An environment as expressions of rules see it. `stages`: all, in their order."""
    return {
        "name": one.name,
        "order": one.order,
        "branch": one.branch,
        "cluster": one.cluster,
        "domain": one.domain,
        "kubernetes": one.kubernetes,
        "isFirst": bool(stages) and stages[0].name == one.name,
        "isLast": bool(stages) and stages[-1].name == one.name,
    }


def environment_findings(catalog: Catalog) -> tuple[Finding, ...]:
    """Why nothing is rendered: there is no environment, or one whose name makes no branch.

    What is wrong with its fields, the catalog's check says.
    """
    entities = _entities(catalog)
    if not entities:
        return (Finding("environment-missing", Severity.WARN, _ADD_HERE),)
    return tuple(
        _unnamed(one) for one in entities if not one.spec.get("branch") and not is_branch(_branch(one))
    )


def _unnamed(entity: Entity) -> Finding:
    facts = {"case": "branch", "field": "metadata.name", "got": _branch(entity)}
    return Finding("field-format", Severity.DENY, entity.path, *entity.where("metadata", "name"), facts)


def _entities(catalog: Catalog) -> list[Entity]:
    """One entity a reference, as everywhere: the first by path holds it."""
    return [entity for entity in catalog.of_kind("Environment") if catalog.get(entity.ref) is entity]


def _is_sound(entity: Entity) -> bool:
    """Whether the fields have their types; where they have not, the catalog's check has said so."""
    spec = entity.spec
    order, defaults = spec.get("order"), spec.get("defaults", {})
    return (
        isinstance(order, int)
        and all(isinstance(spec.get(name, ""), str) for name in _TEXTS)
        and is_branch(_branch(entity))
        and is_namespace_pattern(spec.get("namespace") or "x")
        and is_dns_subdomain(spec.get("domain") or "x")
        and isinstance(defaults, Mapping)
        and all(isinstance(one, Mapping) for one in defaults.values())
        and _is_version(spec.get("kubernetes", ""))
        and _are_limits(spec.get("limits", {}))
        and _is_export(spec.get("rules", {}))
    )


def _is_version(value: object) -> bool:
    return isinstance(value, str) and (not value or is_kubernetes_version(value))


def _are_limits(value: object) -> bool:
    if not isinstance(value, Mapping) or not is_count(value.get("replicas", 0)):
        return False
    return all(is_quantity(value.get(name, 0)) for name in ("cpu", "memory", "storage"))


def _is_export(value: object) -> bool:
    try:
        ExportSpec.model_validate(dict(value) if isinstance(value, Mapping) else value)
    except ValidationError:
        return False
    return True


def _limits(spec: Mapping[str, Any]) -> Limits:
    return Limits(
        cpu=thousandths(spec["cpu"]) if "cpu" in spec else None,
        memory=whole(spec["memory"]) if "memory" in spec else None,
        storage=whole(spec["storage"]) if "storage" in spec else None,
        replicas=spec.get("replicas"),
    )


def _environment(entity: Entity) -> Environment:
    spec = entity.spec
    return Environment(
        name=entity.name,
        order=spec["order"],
        branch=_branch(entity),
        cluster=spec.get("cluster", ""),
        namespace=spec.get("namespace") or "{component}",
        domain=spec.get("domain", ""),
        defaults=spec.get("defaults", {}),
        kubernetes=spec.get("kubernetes", ""),
        limits=_limits(spec.get("limits", {})),
        rules=ExportSpec.model_validate(dict(spec.get("rules", {}))),
        path=entity.path,
        entity=entity,
    )


def _branch(entity: Entity) -> str:
    return str(entity.spec.get("branch") or f"{BRANCH_PREFIX}{entity.name}")
