"""What is wrong with kinds of requests themselves: none who approves, no such role, times that cannot be.

Whether their templates can render at all, the check of templates finds.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from pydantic import ValidationError

from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.own import RequestKindSpec
from bot.catalog.yaml12 import load
from bot.commands.duration import duration
from bot.kubernetes.identity import text
from bot.leases.kind import is_kind
from bot.leases.request import Request
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Files
from bot.templating.deploy import near
from bot.templating.environment import environments
from bot.templating.template import MAX_BYTES, manifests_folder, templates

_HOME = ("spec", "request")


_NEVER = ("approver", "author", "requester", "subject")
"""Roles that nobody holds who could approve, or who broke glass."""
_BROAD = {
    "everywhere": re.compile(r"^\s*(?:- )?kind:\s*[\"']?ClusterRoleBinding\b"),
    "admin": re.compile(r"^(?!\s*(?:#|\{#)).*(?<![\w-])cluster-admin(?![\w-])"),
}


def kind_findings(catalog: Catalog, roles: Collection[str], files: Files) -> tuple[Finding, ...]:
    """Of all templates of `type: request`. `roles`: all that can be named on this platform.

    Fields of a wrong form are found by the catalog's own check.
    """
    stages = [one.name for one in environments(catalog)]
    kinds = [one for one in templates(catalog).values() if is_kind(one)]
    found = [finding for one in kinds for finding in _findings(one, roles, stages)]
    return (*found, *(finding for one in kinds for finding in _made(one, files)))


def _made(template: Entity, files: Files) -> Iterator[Finding]:
    """What it makes, as far as that is seen without rendering it."""
    entries = files.list(manifests_folder(template))
    if not entries:
        folder: dict[str, Fact] = {"case": "empty", "folder": manifests_folder(template)}
        yield _finding(template, ("spec", "type"), Severity.DENY, folder)
    for entry in entries if sum(files.size(one.path) for one in entries) <= MAX_BYTES else ():
        for case, line in _broad(files.read(entry.path).decode("utf-8", "replace")):
            facts: dict[str, Fact] = {"template": template.name, "case": case}
            yield Finding("request-template", Severity.WARN, entry.path, line, 1, facts)


def _broad(source: str) -> Iterator[tuple[str, int]]:
    """What opens more than anybody asks for, with its line."""
    for number, line in enumerate(source.split("\n"), start=1):
        yield from ((case, number) for case, pattern in _BROAD.items() if pattern.search(line))


def broad_findings(request: Request, kind: str, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """That a request would open more than anybody asks for, whatever way its template came to it.

    `kind`: its name. `files`: canonical YAML of what it would make.
    """
    objects = [load(data.decode()) for _, data in sorted(files.items())]
    found = {
        "everywhere": any(one.get("kind") == "ClusterRoleBinding" for one in objects),
        "admin": any(text(one, "roleRef", "name") == "cluster-admin" for one in objects),
    }
    place = request.entity.where("spec", "type")
    return tuple(
        Finding("request-template", Severity.WARN, request.path, *place, {"template": kind, "case": case})
        for case, is_there in found.items()
        if is_there
    )


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
        if role in _NEVER:
            facts: dict[str, Fact] = {"case": "never", "role": role}
            yield _finding(template, (*_HOME, *pointer), Severity.DENY, facts)
        elif role not in roles:
            facts = {"case": "role", "role": role, "near": near(role, roles)}
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
    for pointer, said in written.items():
        if said and not duration(said):
            facts: dict[str, Fact] = {"case": "none", "duration": said}
            yield _finding(template, (*_HOME, *pointer), Severity.DENY, facts)
    default, maximum = duration(spec.defaultDuration), duration(spec.maximumDuration)
    if default and (not maximum or default > maximum):
        facts = {"case": "default", "duration": spec.defaultDuration}
        yield _finding(template, (*_HOME, "defaultDuration"), Severity.DENY, facts)
    longest = duration(glass)
    if longest and (not maximum or longest > maximum):
        facts = {"case": "glass", "duration": glass}
        yield _finding(template, (*_HOME, "breakGlass", "maximumDuration"), Severity.DENY, facts)


def _finding(template: Entity, pointer: Pointer, severity: Severity, facts: Mapping[str, Fact]) -> Finding:
    said: dict[str, Fact] = {"template": template.name, **facts}
    return Finding("request-template", severity, template.path, *template.where(*pointer), said)
