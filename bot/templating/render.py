"""Components to manifests, for one environment. Pure: all that can run for ever is given to the runner.

A component that cannot be rendered has findings and no files; the others are not held up by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_dns_label, is_object_name
from bot.model.plan import Finding
from bot.model.tree import Files
from bot.templating.context import context, platform_context
from bot.templating.deploy import Deploy, read_deploy
from bot.templating.environment import Environment
from bot.templating.findings import error_finding, folder_finding, problem_finding, violation_finding
from bot.templating.jobs import RenderError, RenderJob, Runner, Violation
from bot.templating.manifests import Problem, manifests
from bot.templating.template import Template, Unusable, load_template, sources, templates

DEPLOYED_KINDS = ("Component",)
"""Kinds whose `spec.deploy` is rendered."""

_LIMITS = ("template-too-slow", "template-too-big")
_PATIENCE = 3
"""How many components may show that a template breaks its limits before the others are not tried any more."""

_Memo = MutableMapping[Any, Any]


@dataclass(frozen=True)
class RenderedComponent:
    """What one component is in one environment. `files`: canonical YAML by path inside `folder`."""

    ref: str
    folder: str
    template: str
    version: str
    files: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True)
class Rendering:
    """Rendered components by their folder on the environment's branch, sorted; and what went wrong."""

    components: Mapping[str, RenderedComponent]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Outcome:
    """What came of a job: no places in it, so that it holds for every entity that makes the same job."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    violations: tuple[Violation, ...] = ()
    error: RenderError | None = None


def render(
    files: Files,
    catalog: Catalog,
    environment: Environment,
    run: Runner,
    *,
    only: Collection[str] | None = None,
    memo: _Memo | None = None,
) -> Rendering:
    """Every component with a `spec.deploy`, rendered for this environment.

    `only`: references of the entities to render; the result for them is the same as without it. `memo` keeps
    results by content between calls; it changes no answer.
    """
    room = _Room(files, catalog, environment, run, memo if memo is not None else {})
    components: dict[str, RenderedComponent] = {}
    findings: list[Finding] = []
    holders: dict[str, Entity] = {}
    for entity in _deployed(catalog):
        folder = folder_of(entity)
        holder = holders.setdefault(folder, entity)
        if only is not None and entity.ref not in only:
            continue
        if holder is not entity:
            findings.append(folder_finding(entity, folder, holder))
            continue
        rendered = room.render(entity)
        if isinstance(rendered, RenderedComponent):
            components[folder] = rendered
        else:
            findings.extend(rendered)
    return Rendering(dict(sorted(components.items())), _sorted(findings))


def folder_of(entity: Entity) -> str:
    """The component's folder on an environment's branch."""
    prefix = "" if entity.namespace == "default" else f"{entity.namespace}--"
    return f"{prefix}{entity.name}".lower()


def _deployed(catalog: Catalog) -> Iterator[Entity]:
    """In the order of references, so that the order of files decides nothing.

    What has no valid name is not rendered: its check says so, and such a name may be no folder's.
    """
    kinds = {kind.lower() for kind in DEPLOYED_KINDS}
    for entity in sorted(catalog.entities, key=lambda one: one.ref):
        is_named = is_object_name(entity.name) and is_dns_label(entity.namespace)
        is_meant = entity.kind.lower() in kinds and "deploy" in entity.spec
        if is_named and is_meant and catalog.get(entity.ref) is entity:
            yield entity


class _Room:
    """What is the same for all components of one call."""

    def __init__(
        self, files: Files, catalog: Catalog, environment: Environment, run: Runner, memo: _Memo
    ) -> None:
        self._files = files
        self._environment = environment
        self._run = run
        self._memo = memo
        self._templates = templates(catalog)
        self._loaded: dict[str, Template | Unusable] = {}
        self._platform = platform_context(catalog)
        self._broke_limits: dict[str, list[RenderError]] = {}
        self._stages = tuple(sorted(one.name for one in catalog.of_kind("Environment")))

    def render(self, entity: Entity) -> RenderedComponent | tuple[Finding, ...]:
        deploy = read_deploy(entity, self._environment, self._templates, self._stages)
        if not isinstance(deploy, Deploy):
            return deploy
        template = self._template(deploy.template)
        if isinstance(template, Unusable):
            return template.findings
        outcome = self._outcome(entity, deploy, template)
        findings = tuple(self._judged(deploy, template, outcome))
        if findings:
            return findings
        return RenderedComponent(
            ref=entity.ref,
            folder=folder_of(entity),
            template=template.name,
            version=template.version,
            files=outcome.files,
        )

    def _judged(self, deploy: Deploy, template: Template, outcome: _Outcome) -> Iterator[Finding]:
        for violation in outcome.violations:
            yield violation_finding(deploy, violation)
        for problem in outcome.problems:
            yield problem_finding(deploy, template, problem)
        if outcome.error:
            yield error_finding(deploy, template, outcome.error)

    def _template(self, entity: Entity) -> Template | Unusable:
        if entity.name not in self._loaded:
            self._loaded[entity.name] = self._template_from_memo(entity)
        return self._loaded[entity.name]

    def _template_from_memo(self, entity: Entity) -> Template | Unusable:
        key = ("template", entity.path, entity.index, entity.source, sources(self._files, entity))
        if key not in self._memo:
            self._memo[key] = load_template(self._files, entity)
        found: Template | Unusable = self._memo[key]
        return found

    def _outcome(self, entity: Entity, deploy: Deploy, template: Template) -> _Outcome:
        seen = context(entity, self._environment, template, self._platform)
        said = json.dumps([deploy.layers, seen], separators=(",", ":"))
        key = ("render", template.digest, hashlib.sha256(said.encode()).digest())
        found: _Outcome | None = self._memo.get(key)
        broken = self._broke_limits.setdefault(template.digest, [])
        if found is None and len(broken) >= _PATIENCE:
            return _Outcome(error=broken[-1])
        if found is None:
            found = _run(RenderJob(template.files, template.pages, deploy.layers, seen), self._run)
            if found.error is None or found.error.rule != "template-too-slow":
                self._memo[key] = found  # how fast a machine is today is no property of the content
            if found.error and found.error.rule in _LIMITS:
                broken.append(found.error)
        return found


def _run(job: RenderJob, run: Runner) -> _Outcome:
    result = run(job)
    if result.error or result.violations:
        return _Outcome(violations=result.violations, error=result.error)
    files, problems = manifests(result.texts, job.files)
    return _Outcome(files=files, problems=problems)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    """Once each: a broken template is one finding, however many components use it."""
    seen = {
        (one.path, one.line, one.column, one.rule, tuple(sorted(one.facts.items(), key=str))): one
        for one in findings
    }
    return tuple(seen[key] for key in sorted(seen, key=str))
