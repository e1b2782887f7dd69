"""What an entity asks for: which template, and the layers of its parameters, each with its place.

deploy:                         # of a Component; a Resource says the same in its spec itself
  template: web-service
  version: "1.2"                # optional: what the template's version must be
  port: 8080                    # the component's own parameters
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
from bot.templating.version import meets, written_guard

RESERVED = ("template", "version", "environments")
"""Words beside the parameters, which are therefore no parameters."""
RESOURCE_KEYS = ("type", "owner", "system", "dependsOn", "dependencyOf")
"""Backstage's own fields of a Resource's spec, which are no parameters either."""
REQUEST = "request"
"""The type of templates that requests are made from, and no component."""

_HOMES: Mapping[str, Pointer] = {
    "component": ("spec", "deploy"),
    "resource": ("spec",),
    "request": ("spec", "parameters"),
}
"""By kind: where template and parameters stand; of a request, its template stands in `spec.type`."""
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
        return self.entity.path, start_of(self.entity)

    @property
    def home(self) -> str:
        """Where the entity's parameters stand, as a person would say it: `spec.deploy`, or `spec`."""
        return ".".join(map(str, home_of(self.entity)))


def is_deployed(entity: Entity) -> bool:
    """Whether the entity asks to be rendered."""
    match entity.kind.lower():
        case "component":
            return "deploy" in entity.spec
        case "resource":
            return "template" in entity.spec or "deploy" in entity.spec
        case _:
            return False


def home_of(entity: Entity) -> Pointer:
    """Where the template and the parameters of a deployed entity stand."""
    return _HOMES[entity.kind.lower()]


def start_of(entity: Entity) -> Position:
    """The line at which a deployed entity begins to say what it wants."""
    home = home_of(entity)
    return entity.where_key(*(home if len(home) > 1 else (*home, "template")))


def template_of(entity: Entity) -> str:
    """The name of the template that the entity asks for; empty where it names none."""
    name = _asked(entity).get("template")
    return name if isinstance(name, str) else ""


def read_deploy(
    entity: Entity, environment: Environment, templates: Mapping[str, Entity], stages: Collection[str]
) -> Deploy | tuple[Finding, ...]:
    """What a deployed entity asks for in an environment, or what is wrong with it.

    `templates` by name; `stages`: the names of all environments.
    """
    home = home_of(entity)
    if misplaced := _misplaced(entity):
        return (misplaced,)
    asked = _asked(entity)
    findings = [
        *_template_findings(entity, asked, templates),
        *_override_findings(entity, asked, stages),
    ]
    if findings:
        return tuple(findings)
    own = {key: value for key, value in asked.items() if key not in RESERVED}
    overrides = (asked.get("environments") or {}).get(environment.name) or {}
    template = templates[asked["template"]]
    sources = (
        Layer(
            environment.entity,
            ("spec", "defaults", template.name),
            environment.defaults.get(template.name, {}),
        ),
        Layer(entity, home, own),
        Layer(entity, (*home, "environments", environment.name), overrides),
    )
    return Deploy(entity, template, sources)


def _asked(entity: Entity) -> Mapping[str, Any]:
    """All that an entity says of its rendering; nothing where that is no mapping."""
    if entity.kind.lower() == "resource":
        return {key: value for key, value in entity.spec.items() if key not in RESOURCE_KEYS}
    deploy = entity.spec.get("deploy")
    return deploy if isinstance(deploy, Mapping) else {}


def _misplaced(entity: Entity) -> Finding | None:
    if entity.kind.lower() == "resource":
        if "deploy" not in entity.spec:
            return None
        return _finding(entity, "deploy-invalid", ("spec", "deploy"), {"case": "resource"})
    if isinstance(entity.spec["deploy"], Mapping):
        return None
    return _finding(entity, "deploy-invalid", ("spec", "deploy"))


def near(name: str, known: Collection[str]) -> tuple[str, ...]:
    """Names that someone who wrote `name` may have meant; all of them when there are few."""
    close = get_close_matches(name[:_LONGEST], sorted(known), n=_NEAR, cutoff=0.6)
    return tuple(close) or (tuple(sorted(known)) if len(known) <= _NEAR else ())


def _template_findings(
    entity: Entity, asked: Mapping[str, Any], templates: Mapping[str, Entity]
) -> list[Finding]:
    home = home_of(entity)
    name = asked.get("template")
    if not isinstance(name, str) or not name:
        return [_finding(entity, "deploy-invalid", (*home, "template"))]
    if name not in templates:
        facts: dict[str, Fact] = {"template": name, "near": near(name, templates)}
        return [_finding(entity, "template-unknown", (*home, "template"), facts)]
    if templates[name].spec.get("type") == REQUEST:
        facts = {"template": name, "near": (), "case": "request"}
        return [_finding(entity, "template-unknown", (*home, "template"), facts)]
    return _version_findings(entity, asked, templates[name])


def _version_findings(entity: Entity, asked: Mapping[str, Any], template: Entity) -> list[Finding]:
    version = template.spec.get("version")
    if "version" not in asked or not isinstance(version, str):
        return []  # that the template has none is said of the template
    pointer = (*home_of(entity), "version")
    guard = written_guard(entity, pointer, asked["version"])
    if guard is not None and meets(version, guard):
        return []
    said = guard or str(asked["version"])[:_LONGEST]
    facts: dict[str, Fact] = {"template": template.name, "version": said, "there": version}
    if guard is None:
        facts["case"] = "form"
    return [_finding(entity, "template-version-unknown", pointer, facts)]


def _override_findings(entity: Entity, asked: Mapping[str, Any], stages: Collection[str]) -> list[Finding]:
    overrides = asked.get("environments")
    if overrides is None:
        return []
    home = (*home_of(entity), "environments")
    if not isinstance(overrides, Mapping):
        return [_finding(entity, "deploy-invalid", home)]
    findings: list[Finding] = []
    for name, values in overrides.items():
        if name not in stages:
            facts: dict[str, Fact] = {"environment": name, "near": near(name, stages)}
            findings.append(_finding(entity, "environment-unknown", (*home, name), facts))
        elif values is not None and not isinstance(values, Mapping):
            findings.append(_finding(entity, "deploy-invalid", (*home, name)))
    return findings


_AT_VALUE = ("template-unknown", "template-version-unknown")
"""Rules that speak of what was written, and not of the place where it belongs."""


def _finding(entity: Entity, rule: str, pointer: Pointer, facts: Mapping[str, Fact] | None = None) -> Finding:
    place = entity.where(*pointer) if rule in _AT_VALUE else entity.where_key(*pointer)
    said: dict[str, Fact] = {"component": entity.ref}
    if rule == "deploy-invalid":
        said["field"] = ".".join(map(str, pointer))
        if entity.kind.lower() == "resource":
            said["case"] = "in-spec"
    return Finding(rule, Severity.DENY, entity.path, place.line, place.column, {**said, **(facts or {})})


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
