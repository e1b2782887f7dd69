"""What rendering everything everywhere finds: every component, in every environment. Keeps no manifest."""

from __future__ import annotations

from typing import Any

from bot.catalog.entity import Catalog
from bot.model.plan import Fact, Finding
from bot.model.tree import Files
from bot.templating.environment import environment_findings, environments
from bot.templating.jobs import Runner
from bot.templating.render import render


def deploy_findings(files: Files, catalog: Catalog, run: Runner) -> tuple[Finding, ...]:
    """What keeps components of a platform repo from being rendered, in no order.

    Once each: of the same rule and place, whichever environment or component met it.
    """
    stages = environments(catalog)
    if not stages:
        return environment_findings(catalog)
    memo: dict[Any, Any] = {}
    found: dict[tuple[Fact | None, ...], Finding] = {}
    for environment in stages:
        for finding in render(files, catalog, environment, run, memo=memo).findings:
            found.setdefault(_identity(finding), finding)
    return tuple(found.values())


def _identity(finding: Finding) -> tuple[Fact | None, ...]:
    # Several parameters that are missing are all said at one place.
    parameter = finding.facts.get("parameter")
    return (finding.rule, finding.path, finding.line, finding.column, parameter)
