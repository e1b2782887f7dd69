"""Gatekeeper's ConstraintTemplates with their constraints, as policies: one a constraint. Judges nothing.

A template says how, a constraint says where and with which parameters; a template without one has no effect.
Facts: https://open-policy-agent.github.io/gatekeeper/website/docs/constrainttemplates
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.model.plan import Severity
from bot.policy.rego.engine import Problem
from bot.policy.rego.load import digest_of
from bot.policy.rego.modules import Known, known
from bot.policy.rego.outline import outline
from bot.policy.rego.parameters import with_defaults, wrong_parameters
from bot.policy.rego.versions import version_of
from bot.policy.verdict import Json, Language, Policy

TEMPLATES, CONSTRAINTS = "templates.gatekeeper.sh", "constraints.gatekeeper.sh"
_NATIVE = "K8sNativeValidation"
_POINTS = frozenset({"*", "validation.gatekeeper.sh", "gator.gatekeeper.sh"})
"""Where a check before the cluster stands in for Gatekeeper."""
_SCHEMA = ("spec", "crd", "spec", "validation", "openAPIV3Schema")
_SEVERITIES = {"deny": Severity.DENY, "warn": Severity.WARN, "dryrun": Severity.INFO}


class Placed(NamedTuple):
    """A document and where it stands: its file, and its first line (from 1)."""

    path: str
    line: int
    document: Mapping[str, Json]


class Source(NamedTuple):
    """A template's Rego: the modules, and the package whose `violation` judges."""

    modules: tuple[Known, ...]
    package: tuple[str, ...]


def gatekeeper_policies(documents: Iterable[Placed]) -> tuple[list[Policy], list[Problem]]:
    """A policy for each constraint, named as it is, in the given order, and what is wrong or has no effect.

    Documents of other kinds are passed over. Two constraints of one name are told apart by their kind.
    """
    listed = list(documents)
    templates = {_kind(one.document): one for one in listed if is_template(one.document)}
    constraints = [one for one in listed if is_constraint(one.document)]
    names = [_name(one.document) for one in constraints]
    policies: list[Policy] = []
    problems: list[Problem] = []
    for one, name in zip(constraints, names, strict=True):
        kind = str(one.document.get("kind", ""))
        template = templates.get(kind)
        if template is None:
            problems.append(Problem(one.path, one.line, 0, f"there is no ConstraintTemplate for {kind}"))
            continue
        whole = name if names.count(name) == 1 else f"{kind}/{name}"
        if wrong := _wrong(template.document, one.document):
            problems.append(Problem(one.path, one.line, 0, f"{whole}: {wrong}"))
            continue
        policies.append(_policy(whole, template.document, _filled(template.document, one)))
    used = {str(one.document.get("kind", "")) for one in constraints}
    problems += [
        Problem(one.path, one.line, 0, f"{kind} has no constraint, so it judges nothing", is_error=False)
        for kind, one in templates.items()
        if kind not in used
    ]
    return policies, problems


def _wrong(template: Mapping[str, Json], constraint: Mapping[str, Json]) -> str:
    """What a server would refuse in the constraint; empty for nothing."""
    given = at(constraint, "spec", "parameters")
    return "" if given is None else wrong_parameters(at(template, *_SCHEMA), given)


def _filled(template: Mapping[str, Json], constraint: Placed) -> Placed:
    """The constraint with the parameters that the server fills in where there are some."""
    given = at(constraint.document, "spec", "parameters")
    filled = with_defaults(at(template, *_SCHEMA), given)
    if filled == given:
        return constraint
    spec = {**constraint.document["spec"], "parameters": filled}
    return constraint._replace(document={**constraint.document, "spec": spec})


def is_template(document: Mapping[str, Json]) -> bool:
    """Whether it is a ConstraintTemplate, of any version."""
    return document.get("kind") == "ConstraintTemplate" and _group(document) == TEMPLATES


def is_constraint(document: Mapping[str, Json]) -> bool:
    """Whether it is a constraint, of any kind and version."""
    return _group(document) == CONSTRAINTS


def _group(document: Mapping[str, Json]) -> str:
    return str(document.get("apiVersion", "")).rpartition("/")[0]


def _name(document: Mapping[str, Json]) -> str:
    return str(at(document, "metadata", "name") or "")


def _kind(template: Mapping[str, Json]) -> str:
    return str(at(template, "spec", "crd", "spec", "names", "kind") or "")


def at(value: Json, *steps: str) -> Json:
    """What stands there in nested mappings; None where the way ends."""
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _policy(name: str, template: Mapping[str, Json], constraint: Placed) -> Policy:
    documents = (template, constraint.document)
    return Policy(
        name=name,
        language=Language.GATEKEEPER,
        documents=documents,
        digest=digest_of(["gatekeeper", name, *documents]),
        path=constraint.path,
        line=constraint.line,
    )


def _targets(template: Mapping[str, Json]) -> Sequence[Mapping[str, Json]]:
    found = at(template, "spec", "targets")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def takes_operation(template: Mapping[str, Json], operation: str) -> bool:
    """Whether the template's only target is for it: for all operations unless it names some."""
    targets = _targets(template)
    named = targets[0].get("operations") if len(targets) == 1 else None
    return not isinstance(named, list) or not named or not {"*", operation}.isdisjoint(map(str, named))


def _code(template: Mapping[str, Json], engine: str) -> Mapping[str, Json] | None:
    """The source that the template has for an engine."""
    for target in _targets(template):
        listed = target.get("code")
        for one in listed if isinstance(listed, list) else ():
            if at(one, "engine") == engine and isinstance(at(one, "source"), Mapping):
                return at(one, "source")  # type: ignore[no-any-return]
    return None


def rego_of(template: Mapping[str, Json]) -> Source | None:
    """The Rego that judges by it, `code` before `rego`; None if it has none."""
    source = _code(template, "Rego")
    if source is None:
        source = next((one for one in _targets(template) if isinstance(one.get("rego"), str)), None)
    if source is None or not isinstance(source.get("rego"), str):
        return None
    name = _name(template) or "template"
    texts = [(f"{name}.rego", source["rego"])]
    libraries = source.get("libs")
    for number, text in enumerate(libraries if isinstance(libraries, list) else (), 1):
        texts.append((f"{name} libs[{number - 1}]", str(text)))
    # Without a version Gatekeeper reads v0, in which `import rego.v1` may be said.
    wanted = source.get("version") or "v0"
    modules = known(
        {"path": path, "text": text, "version": version_of(outline(text), str(wanted))}
        for path, text in texts
    )
    return Source(modules, modules[0].outline.package)


def native_of(template: Mapping[str, Json], constraint: Mapping[str, Json]) -> Mapping[str, Json] | None:
    """What is judged by CEL: the source of K8sNativeValidation, or None if the template has none.

    It has `variables`, `validations`, `matchConditions` and `failurePolicy` as a ValidatingAdmissionPolicy
    has them, `params` for `variables.params` (the constraint's parameters), and the `constraint` itself for
    `params`. `variables.anyObject` is the object, or the old one on DELETE.
    """
    source = _code(template, _NATIVE)
    if source is None:
        return None
    found = {name: source.get(name) or [] for name in ("variables", "validations", "matchConditions")}
    return {
        **found,
        "failurePolicy": source.get("failurePolicy") or "Fail",
        "params": parameters_of(constraint),
        "constraint": constraint,
    }


def parameters_of(constraint: Mapping[str, Json]) -> Json:
    """`input.parameters`: an empty mapping if it has none."""
    return at(constraint, "spec", "parameters") or {}


def severity_of(constraint: Mapping[str, Json]) -> Severity:
    """What its enforcementAction weighs: deny, warn, and dryrun for information; an unknown one denies."""
    action = at(constraint, "spec", "enforcementAction") or "deny"
    if action != "scoped":
        return _SEVERITIES.get(str(action), Severity.DENY)
    scoped = at(constraint, "spec", "scopedEnforcementActions")
    actions = {
        str(at(one, "action"))
        for one in (scoped if isinstance(scoped, list) else ())
        if _POINTS & {str(at(point, "name")) for point in at(one, "enforcementPoints") or ()}
    }
    return next((weight for name, weight in _SEVERITIES.items() if name in actions), Severity.INFO)
