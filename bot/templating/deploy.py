"""`spec.deploy` of an entity: which template, and the layers of its parameters, each with its place.

deploy:
  template: web-service
  port: 8080                  # the component's own parameters
  environments:
    prod: {replicas: {min: 6}}  # stronger, in one environment
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bot.catalog.entity import Entity, Pointer, Position
from bot.catalog.positions import key_position_of
from bot.model.plan import Fact, Finding, Severity
from bot.templating.environment import Environment

_OWN_KEYS = frozenset(("template", "environments"))
_NEAR = 3
_LONGEST = 100


@dataclass(frozen=True)
class Layer:
    """Parameters that stand together in one place of one file."""

    entity: Entity
    pointer: Pointer
    values: Mapping[str, Any] = field(repr=False)

    def holds(self, pointer: Pointer) -> bool:
        """Whether this layer says something at `pointer`."""
        node: Any = self.values
        for step in pointer:
            is_there = step in node if isinstance(node, Mapping) else _is_index(node, step)
            if not is_there:
                return False
            node = node[step]
        return True


@dataclass(frozen=True)
class Deploy:
    """What a component asks for in one environment."""

    entity: Entity
    template: Entity
    sources: tuple[Layer, ...]
    """Weakest first: the environment's defaults, the component's own, the component's for the environment."""

    @property
    def layers(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(layer.values for layer in self.sources)

    def place(self, pointer: Pointer, *, of_key: bool = False) -> tuple[str, Position]:
        """Where the value at `pointer` was written, or what is nearest around it: path and position."""
        for end in range(len(pointer), 0, -1):
            for layer in reversed(self.sources):
                if layer.holds(pointer[:end]):
                    return layer.entity.path, _position(layer, pointer[:end], of_key=of_key)
        own = self.sources[1]
        return own.entity.path, _position(own, (), of_key=True)


def read_deploy(
    entity: Entity, environment: Environment, templates: Mapping[str, Entity], stages: Collection[str]
) -> Deploy | tuple[Finding, ...]:
    """The entity's `spec.deploy` for an environment, or what is wrong with it.

    `templates` by name; `stages`: the names of all environments.
    """
    deploy = entity.spec["deploy"]
    if not isinstance(deploy, Mapping):
        return (_finding(entity, "deploy-invalid", ("deploy",), {"field": "spec.deploy"}),)
    findings = [*_template_findings(entity, deploy, templates), *_override_findings(entity, deploy, stages)]
    if findings:
        return tuple(findings)
    own = {key: value for key, value in deploy.items() if key not in _OWN_KEYS}
    overrides = (deploy.get("environments") or {}).get(environment.name) or {}
    template = templates[deploy["template"]]
    sources = (
        Layer(
            environment.entity,
            ("spec", "defaults", template.name),
            environment.defaults.get(template.name, {}),
        ),
        Layer(entity, ("spec", "deploy"), own),
        Layer(entity, ("spec", "deploy", "environments", environment.name), overrides),
    )
    return Deploy(entity, template, sources)


def near(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Names that someone who wrote `name` may have meant; all of them when there are few."""
    close = get_close_matches(name[:_LONGEST], sorted(known), n=_NEAR, cutoff=0.6)
    return tuple(close) or (tuple(sorted(known)) if len(known) <= _NEAR else ())


def _template_findings(
    entity: Entity, deploy: Mapping[str, Any], templates: Mapping[str, Entity]
) -> list[Finding]:
    name = deploy.get("template")
    if not isinstance(name, str) or not name:
        facts: dict[str, Fact] = {"field": "spec.deploy.template"}
        return [_finding(entity, "deploy-invalid", ("deploy", "template"), facts)]
    if name not in templates:
        facts = {"template": name, "near": near(name, templates)}
        return [_finding(entity, "template-unknown", ("deploy", "template"), facts)]
    return []


def _override_findings(entity: Entity, deploy: Mapping[str, Any], stages: Collection[str]) -> list[Finding]:
    overrides = deploy.get("environments")
    if overrides is None:
        return []
    if not isinstance(overrides, Mapping):
        facts: dict[str, Fact] = {"field": "spec.deploy.environments"}
        return [_finding(entity, "deploy-invalid", ("deploy", "environments"), facts)]
    findings: list[Finding] = []
    for name, values in overrides.items():
        pointer = ("deploy", "environments", name)
        if name not in stages:
            facts = {"environment": name, "near": near(name, stages)}
            findings.append(_finding(entity, "environment-unknown", pointer, facts))
        elif values is not None and not isinstance(values, Mapping):
            facts = {"field": f"spec.deploy.environments.{name}"}
            findings.append(_finding(entity, "deploy-invalid", pointer, facts))
    return findings


def _finding(entity: Entity, rule: str, pointer: Pointer, facts: Mapping[str, Fact]) -> Finding:
    if rule == "template-unknown":
        place = entity.where("spec", *pointer)
    else:
        place = key_position_of(entity.source, entity.index, ("spec", *pointer))
    return Finding(
        rule, Severity.DENY, entity.path, place.line, place.column, {"component": entity.ref, **facts}
    )


def _position(layer: Layer, pointer: Pointer, *, of_key: bool) -> Position:
    full = (*layer.pointer, *pointer)
    if of_key:
        return key_position_of(layer.entity.source, layer.entity.index, full)
    return layer.entity.where(*full)


def _is_index(node: object, step: str | int) -> bool:
    return (
        isinstance(node, Sequence)
        and not isinstance(node, str)
        and isinstance(step, int)
        and step < len(node)
    )
