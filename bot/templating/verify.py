"""What rendering everything everywhere finds: all templates, and every component in every environment.

Keeps no manifest.
"""

from __future__ import annotations

from datetime import date

from bot.catalog.entity import Catalog
from bot.kubernetes.schemas import Schemas
from bot.model.plan import Fact, Finding
from bot.model.tree import Files, Memo
from bot.templating.clashes import clash_findings
from bot.templating.environment import environment_findings, environments
from bot.templating.jobs import Runner
from bot.templating.render import render
from bot.templating.template import Unusable, manifests_folder, remembered_template, templates
from bot.templating.together import together


def deploy_findings(
    files: Files,
    catalog: Catalog,
    run: Runner,
    *,
    schemas: Schemas,
    today: date | None = None,
    memo: Memo | None = None,
) -> tuple[Finding, ...]:
    """What keeps components of a platform repo from being rendered, and what is wrong with the whole.

    Once each, in no order: of the same rule and place, whichever environment or component met it. `today`
    tells which templates have no support any more. `memo` keeps what was rendered.
    """
    memo = {} if memo is None else memo
    found: dict[tuple[Fact | None, ...], Finding] = {}
    for finding in template_findings(files, catalog, memo=memo):
        found.setdefault(_identity(finding), finding)
    stages = environments(catalog)
    met: list[Finding] = []
    for environment in stages:
        rendering = render(files, catalog, environment, run, schemas=schemas, memo=memo, today=today)
        met += [*rendering.findings, *clash_findings(rendering, catalog, environment)]
    for finding in together(met):
        found.setdefault(_identity(finding), finding)
    return tuple(found.values()) if stages else (*found.values(), *environment_findings(catalog))


def template_findings(files: Files, catalog: Catalog, *, memo: Memo | None = None) -> tuple[Finding, ...]:
    """What is wrong with the templates themselves, whether anyone uses them or not.

    A template without manifests is there for new repositories alone.
    """
    memo = {} if memo is None else memo
    findings: list[Finding] = []
    for entity in templates(catalog).values():
        if files.list(manifests_folder(entity)):
            template = remembered_template(files, entity, memo)
            findings += template.findings if isinstance(template, Unusable) else template.warnings
    return tuple(findings)


def _identity(finding: Finding) -> tuple[Fact | None, ...]:
    # Several parameters that are missing are all said at one place.
    facts = finding.facts
    told_apart = (facts.get(name) for name in ("parameter", "object", "field", "host", "path"))
    return (finding.rule, finding.path, finding.line, finding.column, *told_apart)
