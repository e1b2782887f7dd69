"""Components to manifests, for one environment. Pure: all that can run for ever is given to the runner.

A component that cannot be rendered has findings and no files; the others are not held up by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from datetime import date
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_dns_label, is_object_name
from bot.kubernetes.claims import Claim
from bot.kubernetes.identity import Identity
from bot.kubernetes.schemas import Schemas, closest
from bot.model.plan import Finding, Totals
from bot.model.tree import Files, Memo
from bot.templating.context import context, facts_of, platform_context
from bot.templating.custom import platform_schemas
from bot.templating.deploy import Deploy, home_of, is_deployed, read_deploy, template_of
from bot.templating.environment import RULES_FOLDER, Environment, environments
from bot.templating.findings import (
    error_finding,
    folder_finding,
    problem_finding,
    unchecked_finding,
    version_finding,
    violation_finding,
)
from bot.templating.jobs import RenderJob, Runner
from bot.templating.limits import limit_findings
from bot.templating.manifests import Problem
from bot.templating.neighbours import neighbours
from bot.templating.outcomes import NOTHING, Asked, Outcome, Outcomes, digest_of
from bot.templating.support import sunset_finding
from bot.templating.template import Template, Unusable, remembered_template, templates


@dataclass(frozen=True)
class RenderedComponent:
    """What a Component or Resource is in an environment. `files`: canonical YAML by path inside `folder`."""

    ref: str
    folder: str
    template: str
    version: str
    files: Mapping[str, bytes] = field(repr=False)
    digest: str = ""
    """Of `files`."""
    totals: Totals = NOTHING
    claims: tuple[Claim, ...] = ()
    objects: tuple[Identity, ...] = ()
    unchecked: tuple[Problem, ...] = ()
    """Kinds among them that no schema is known for."""


@dataclass(frozen=True)
class Rendering:
    """Rendered components by their folder on the environment's branch, sorted; and what went wrong."""

    components: Mapping[str, RenderedComponent]
    findings: tuple[Finding, ...]


def render(
    files: Files,
    catalog: Catalog,
    environment: Environment,
    run: Runner,
    *,
    schemas: Schemas,
    only: Collection[str] | None = None,
    memo: Memo | None = None,
    today: date | None = None,
) -> Rendering:
    """Everything that asks for a template, rendered for this environment.

    `schemas`: what objects must satisfy, together with the platform's own. `only`: references of the entities
    to render; the result for them is the same as without it. `memo` keeps results by content between calls;
    it changes no answer. `today`: whether a template's support is over; without it only those templates are
    warned of whose owner says so.
    """
    room = _Room(files, catalog, environment, run, memo if memo is not None else {}, schemas=schemas)
    components: dict[str, RenderedComponent] = {}
    findings: list[Finding] = [*room.findings]
    unchecked: dict[str, Finding] = {}
    wanted, refused = _with_folders(catalog, only)
    findings.extend(refused)
    for entity, rendered, found in room.render(wanted):
        findings.extend(found)
        if rendered is not None:
            components[rendered.folder] = rendered
            findings.extend(room.warnings(entity, today))
            for kind, finding in room.unchecked(rendered):
                unchecked.setdefault(kind, finding)
    return Rendering(dict(sorted(components.items())), _sorted([*findings, *unchecked.values()]))


def folder_of(entity: Entity) -> str:
    """The component's folder on an environment's branch."""
    prefix = "" if entity.namespace == "default" else f"{entity.namespace}--"
    return f"{prefix}{entity.name}".lower()


def rivals(folder: str) -> Iterator[str]:
    """All references that come to this folder."""
    places = [("default", folder)]
    places += [
        (folder[:at], folder[at + 2 :]) for at in range(1, len(folder) - 2) if folder.startswith("--", at)
    ]
    for kind in ("component", "resource"):
        for namespace, name in places:
            yield f"{kind}:{namespace}/{name}"


def _with_folders(
    catalog: Catalog, only: Collection[str] | None
) -> tuple[tuple[Entity, ...], tuple[Finding, ...]]:
    """What is to be rendered, and what has no folder because another holds it."""
    exporting = (one.entity for one in environments(catalog) if one.rules.export)
    holders = {name: one for name, one in [(RULES_FOLDER, next(exporting, None))] if one is not None}
    wanted: list[Entity] = []
    refused: list[Finding] = []
    for entity in _deployed(catalog, only):
        folder = folder_of(entity)
        holder = holders.setdefault(folder, entity)
        if only is not None and entity.ref not in only:
            continue
        if holder is entity:
            wanted.append(entity)
        else:
            refused.append(folder_finding(entity, folder, holder))
    return tuple(wanted), tuple(refused)


def _deployed(catalog: Catalog, only: Collection[str] | None) -> Iterator[Entity]:
    """In the order of references, so that the order of files decides nothing.

    With `only`, these and those that may come to the same folder. What
    has no valid name is not rendered: its check says so, and such a name may be no folder's.
    """
    if only is None:
        entities = [entity for entity in catalog.entities if catalog.get(entity.ref) is entity]
    else:
        wanted = [entity for ref in only if (entity := catalog.get(ref)) is not None]
        refs = {ref for entity in wanted for ref in rivals(folder_of(entity))}
        entities = [entity for ref in refs if (entity := catalog.get(ref)) is not None]
    for entity in sorted(entities, key=lambda one: one.ref):
        if is_deployed(entity) and is_object_name(entity.name) and is_dns_label(entity.namespace):
            yield entity


@dataclass(frozen=True)
class _Begun:
    """An entity on its way: all that is known before its job runs; without a job, what came of it."""

    entity: Entity
    key: tuple[Any, ...] | None = None
    rendered: RenderedComponent | None = None
    findings: tuple[Finding, ...] = ()
    deploy: Deploy | None = None


class _Room:
    """What is the same for all components of one call."""

    def __init__(
        self,
        files: Files,
        catalog: Catalog,
        environment: Environment,
        run: Runner,
        memo: Memo,
        *,
        schemas: Schemas,
    ) -> None:
        self._files = files
        self._catalog = catalog
        self._environment = environment
        self._memo = memo
        self._templates = templates(catalog)
        self._loaded: dict[str, Template | Unusable] = {}
        self._platform = platform_context(catalog)
        self._stages = tuple(sorted(one.name for one in catalog.of_kind("Environment")))
        own = platform_schemas(files, catalog, schemas, memo)
        version = closest(schemas.versions, environment.kubernetes)
        self._outcomes = Outcomes(run, memo, own.schemas, version)
        judge = [own.schemas.id, version]
        self._key = digest_of([_settings(environment), self._platform, self._stages, judge])
        self.findings = (*own.findings, *version_finding(environment, schemas.versions))

    def render(
        self, entities: Iterable[Entity]
    ) -> Iterator[tuple[Entity, RenderedComponent | None, tuple[Finding, ...]]]:
        """Each entity, in order, with its manifests or with what is wrong."""
        for begun, outcome in self._outcomes.of(map(self._begun, entities)):
            rendered, findings = begun.rendered, begun.findings
            if begun.deploy is not None and outcome is not None:
                rendered, findings = self._ended(begun, begun.deploy, outcome)
            yield begun.entity, rendered, findings

    def _key_of(self, entity: Entity) -> tuple[Any, ...] | None:
        """By all that decides what an entity without mistakes becomes; None where that is more than this.

        Cheap beside the context, which is made only when something changed.
        """
        asked = self._templates.get(template_of(entity))
        template = self._template(asked) if asked is not None else None
        if not isinstance(template, Template) or b"$" in entity.source:
            return None  # what it substitutes stands in other files
        around = tuple(
            (word, *facts_of(other).values())
            for word, found in neighbours(self._catalog, entity.ref).items()
            for other in found
        )
        place = (entity.path, entity.index, entity.source)
        return ("component", self._key, template.digest, place, around)

    def _begun(self, entity: Entity) -> tuple[_Begun, Asked | None]:
        key = self._key_of(entity)
        if key and (rendered := self._memo.get(key)):
            return _Begun(entity, rendered=rendered), None
        deploy = read_deploy(entity, self._environment, self._templates, self._stages)
        if not isinstance(deploy, Deploy):
            return _Begun(entity, findings=deploy), None
        template = self._template(deploy.template)
        if isinstance(template, Unusable):
            return _Begun(entity, findings=template.findings), None
        seen = context(entity, self._environment, template, self._platform, self._catalog)
        job = RenderJob(template.recipe, deploy.layers, seen)
        return _Begun(entity, key, deploy=deploy), Asked(template.digest, job)

    def _ended(
        self, begun: _Begun, deploy: Deploy, outcome: Outcome
    ) -> tuple[RenderedComponent | None, tuple[Finding, ...]]:
        template = self._template(deploy.template)
        if isinstance(template, Unusable):
            return None, template.findings
        findings = tuple(self._judged(deploy, template, outcome))
        if findings:
            return None, findings
        rendered = RenderedComponent(
            ref=begun.entity.ref,
            folder=folder_of(begun.entity),
            template=template.name,
            version=template.version,
            files=outcome.files,
            digest=outcome.digest,
            totals=outcome.totals,
            claims=outcome.claims,
            objects=outcome.objects,
            unchecked=outcome.unchecked,
        )
        if begun.key:
            self._memo[begun.key] = rendered
        return rendered, ()

    def unchecked(self, rendered: RenderedComponent) -> Iterator[tuple[str, Finding]]:
        """By kind: that nothing judges it."""
        for problem in rendered.unchecked:
            template = self._template(self._templates[rendered.template])
            if isinstance(template, Template):
                yield f"{problem.facts['api']}/{problem.facts['kind']}", unchecked_finding(template, problem)

    def warnings(self, entity: Entity, today: date | None) -> tuple[Finding, ...]:
        """What to tell someone whose component is rendered all the same."""
        asked = self._templates[template_of(entity)]
        template = self._template(asked)
        if isinstance(template, Unusable):
            return ()
        pointer = (*home_of(entity), "template")
        finding = sunset_finding(entity, asked, template.support, pointer, today)
        return (finding,) if finding else ()

    def _judged(self, deploy: Deploy, template: Template, outcome: Outcome) -> Iterator[Finding]:
        for violation in outcome.violations:
            yield violation_finding(deploy, violation)
        for problem in outcome.problems:
            yield problem_finding(deploy, template, problem)
        if outcome.error:
            yield error_finding(deploy, template, outcome.error)
        yield from limit_findings(deploy, self._environment, outcome.totals)

    def _template(self, entity: Entity) -> Template | Unusable:
        if entity.name not in self._loaded:
            self._loaded[entity.name] = remembered_template(self._files, entity, self._memo)
        return self._loaded[entity.name]


def _settings(environment: Environment) -> list[object]:
    """All of an environment that decides what is rendered for it."""
    one = environment
    facts = [one.name, one.branch, one.cluster, one.namespace, one.domain, one.defaults, one.kubernetes]
    return [*facts, one.rules.export, astuple(one.limits)]


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    """Once each: a broken template is one finding, however many components use it."""
    seen = {
        (one.path, one.line, one.column, one.rule, tuple(sorted(one.facts.items(), key=str))): one
        for one in findings
    }
    return tuple(seen[key] for key in sorted(seen, key=str))
