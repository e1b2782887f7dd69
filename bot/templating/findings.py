"""What went wrong in rendering, as findings: each at the line that a person has to change. No words."""

from __future__ import annotations

from bot.catalog.entity import Entity, Pointer, Position
from bot.kubernetes.schemas import closest
from bot.kubernetes.validate import UNKNOWN
from bot.model.plan import Fact, Finding, Severity
from bot.templating.blame import blame
from bot.templating.defaults import wrong_default
from bot.templating.deploy import Deploy, near
from bot.templating.environment import Environment
from bot.templating.jobs import RenderError, Violation
from bot.templating.judged import written
from bot.templating.manifests import Problem
from bot.templating.template import Template

_RULES = {
    "unknown": "parameter-unknown",
    "additionalProperties": "parameter-unknown",
    "required": "parameter-missing",
}


def violation_finding(deploy: Deploy, violation: Violation) -> Finding:
    """At the value that breaks the contract: the component's, the environment's, or the template's own."""
    if pointer := wrong_default(deploy, violation):
        return _default_finding(deploy.template, pointer, violation)
    rule = _RULES.get(violation.keyword, "parameter-invalid")
    path, place = deploy.place(violation.pointer, of_key=rule != "parameter-invalid")
    name = ".".join(str(step) for step in violation.pointer)
    facts: dict[str, Fact] = {
        "component": deploy.entity.ref,
        "template": deploy.template.name,
        "parameter": name,
        "reason": violation.reason,
        "home": deploy.home,
    }
    if violation.hint:
        facts |= {"case": "described", "hint": violation.hint}
    if violation.known:
        facts["near"] = near(name, violation.known)
    return _at(rule, path, place, facts)


def _default_finding(template: Entity, pointer: Pointer, violation: Violation) -> Finding:
    """Names no component: it is the same for all that leave the parameter out."""
    facts: dict[str, Fact] = {
        "template": template.name,
        "parameter": written(violation.pointer),
        "reason": violation.reason,
        "case": "default",
    }
    return _at("template-contract", template.path, template.where(*pointer), facts)


def problem_finding(deploy: Deploy, template: Template, problem: Problem) -> Finding:
    """At the template's file that wrote what Kubernetes would not take; a name's, where it was given."""
    facts = {"component": deploy.entity.ref, "template": template.name, **problem.facts}
    entity = deploy.entity
    if problem.rule == "manifest-name" and entity.name in str(problem.facts["name"]):
        facts["kind"] = "Kubernetes object"  # once, not for each of the objects that are named after it
        return _at(problem.rule, entity.path, entity.where("metadata", "name"), facts)
    if problem.rule == "manifest-schema":
        keyword = facts["keyword"]
        caused = blame(
            deploy, problem.trail, problem.value, of_key=keyword == UNKNOWN, of_type=keyword == "type"
        )
        if caused is not None:
            return _at(problem.rule, *caused, facts)
    return _at(problem.rule, template.path(problem.file), Position(problem.line, 0), facts)


def unchecked_finding(template: Template, problem: Problem) -> Finding:
    """At the template's line that makes an object of a kind without a schema: for information."""
    facts = {"template": template.name, **problem.facts}
    return Finding(problem.rule, Severity.INFO, template.path(problem.file), problem.line, facts=facts)


def version_finding(environment: Environment, versions: tuple[str, ...]) -> tuple[Finding, ...]:
    """At the Environment's version of Kubernetes, when `versions` lacks it: the nearest judges instead."""
    wanted = environment.kubernetes
    if not wanted or not versions or wanted in versions:
        return ()
    facts: dict[str, Fact] = {
        "environment": environment.name,
        "version": wanted,
        "judge": closest(versions, wanted),
        "oldest": versions[0],
        "newest": versions[-1],
    }
    entity = environment.entity
    place = entity.where("spec", "kubernetes")
    return (Finding("environment-kubernetes", Severity.WARN, entity.path, *place, facts),)


def error_finding(deploy: Deploy, template: Template, error: RenderError) -> Finding:
    """At the template's line where it is known; else at the template's name."""
    facts: dict[str, Fact] = {
        "component": deploy.entity.ref,
        "template": template.name,
        "reason": error.reason,
    }
    if error.file:
        return _at(error.rule, template.path(error.file), Position(error.line, 0), facts)
    pointer = ("spec", "parameters") if error.rule == "template-contract" else ("metadata", "name")
    if error.rule == "template-contract":
        del facts["component"]  # the contract is broken for everyone
    return _at(error.rule, template.entity.path, template.entity.where(*pointer), facts)


def folder_finding(entity: Entity, folder: str, holder: Entity) -> Finding:
    """Two references can come to one folder: `a--b`, and `b` in the namespace `a`."""
    facts: dict[str, Fact] = {"component": entity.ref, "folder": folder, "holder": holder.ref}
    return _at("folder-taken", entity.path, entity.where("metadata", "name"), facts)


def _at(rule: str, path: str, place: Position, facts: dict[str, Fact]) -> Finding:
    return Finding(rule, Severity.DENY, path, place.line, place.column, facts)
