"""What is wrong with kinds of requests themselves: none who approves, no such role, times that cannot be.

Whether their templates can render at all, the check of templates finds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from pydantic import ValidationError

from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.own import RequestKindSpec
from bot.commands.duration import duration
from bot.leases.kind import is_kind
from bot.model.plan import Fact, Finding, Severity
from bot.templating.deploy import near
from bot.templating.environment import environments
from bot.templating.template import templates

_HOME = ("spec", "request")


def kind_findings(catalog: Catalog, roles: Collection[str]) -> tuple[Finding, ...]:
    """Of all templates of `type: request`. `roles`: all that can be named on this platform.

    Fields of a wrong form are found by the catalog's own check.
    """
    stages = [one.name for one in environments(catalog)]
    found = (_findings(one, roles, stages) for one in templates(catalog).values() if is_kind(one))
    return tuple(finding for findings in found for finding in findings)


def _findings(template: Entity, roles: Collection[str], stages: Collection[str]) -> Iterator[Finding]:
    given = template.spec.get("request")
    if given is None:
        yield _finding(template, ("spec", "type"), Severity.DENY, {})
        return
    try:
        spec = RequestKindSpec.model_validate(given)
    except ValidationError:
        return
    yield from _times(template, spec)
    named: list[tuple[Pointer, str]] = [(("approvers", at), role) for at, role in enumerate(spec.approvers)]
    glass = spec.breakGlass.roles if spec.breakGlass is not None else []
    named += [(("breakGlass", "roles", at), role) for at, role in enumerate(glass)]
    for pointer, role in named:
        if role not in roles:
            facts: dict[str, Fact] = {"case": "role", "role": role, "near": near(role, roles)}
            yield _finding(template, (*_HOME, *pointer), Severity.WARN, facts)
    for at, name in enumerate(spec.environments):
        if stages and name not in stages:
            facts = {"case": "environment", "environment": name, "near": near(name, stages)}
            yield _finding(template, (*_HOME, "environments", at), Severity.WARN, facts)


def _times(template: Entity, spec: RequestKindSpec) -> Iterator[Finding]:
    glass = spec.breakGlass.maximumDuration if spec.breakGlass is not None else ""
    written: Mapping[Pointer, str] = {
        ("maximumDuration",): spec.maximumDuration,
        ("defaultDuration",): spec.defaultDuration,
        ("breakGlass", "maximumDuration"): glass,
    }
    for pointer, text in written.items():
        if text and not duration(text):
            facts: dict[str, Fact] = {"case": "none", "duration": text}
            yield _finding(template, (*_HOME, *pointer), Severity.DENY, facts)
    default, maximum = duration(spec.defaultDuration), duration(spec.maximumDuration)
    if default and (not maximum or default > maximum):
        facts = {"case": "default", "duration": spec.defaultDuration}
        yield _finding(template, (*_HOME, "defaultDuration"), Severity.DENY, facts)


def _finding(template: Entity, pointer: Pointer, severity: Severity, facts: Mapping[str, Fact]) -> Finding:
    said: dict[str, Fact] = {"template": template.name, **facts}
    return Finding("request-template", severity, template.path, *template.where(*pointer), said)
