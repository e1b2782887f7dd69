"""Policies of Kubernetes, Kyverno and Gatekeeper among the rules, taken as they are. Compiles nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from json import dumps
from typing import Any

from bot.model.plan import Fact, Finding, Severity
from bot.policy.admission.bindings import weight
from bot.policy.rules.read import ADMISSION, FOREIGN, KYVERNO, Document, annotation
from bot.policy.rules.ruleset import Ruling
from bot.policy.verdict import Json, Language, Policy

_POLICIES = {
    (ADMISSION, "ValidatingAdmissionPolicy"),
    (KYVERNO, "ValidatingPolicy"),
    (KYVERNO, "NamespacedValidatingPolicy"),
}
_BINDING = (ADMISSION, "ValidatingAdmissionPolicyBinding")

Placed = tuple[Ruling, tuple[int, int]]


def foreign_rulings(
    documents: Sequence[Document], findings: list[Finding]
) -> tuple[list[Placed], tuple[Json, ...]]:
    """The policies, and the documents that may be their parameters. Adds what nobody reads to `findings`."""
    policies = [one for one in documents if _kind(one) in _POLICIES]
    bindings = [one for one in documents if _kind(one) == _BINDING]
    others = [one for one in documents if one not in policies and one not in bindings]
    wanted = {_param_kind(one.value) for one in policies} - {None}
    parameters = [one for one in others if (one.value.get("apiVersion"), one.kind) in wanted]
    findings += _unread(one for one in others if one not in parameters)
    findings += _unbound(bindings, {one.name for one in policies})
    values = tuple(one.value for one in parameters)
    return [*_admission(policies, bindings, findings)], values


def _kind(one: Document) -> tuple[str, str]:
    return one.group, one.kind


def _param_kind(policy: Mapping[str, Any]) -> tuple[Any, Any] | None:
    spec = policy.get("spec")
    kind = spec.get("paramKind") if isinstance(spec, Mapping) else None
    return (kind.get("apiVersion"), kind.get("kind")) if isinstance(kind, Mapping) else None


def _admission(
    policies: Iterable[Document],
    bindings: Sequence[Document],
    findings: list[Finding],
) -> Iterator[Placed]:
    for one in policies:
        spec = one.value.get("spec")
        if not one.name or not isinstance(spec, Mapping):
            facts: dict[str, Fact] = {"name": one.name or one.path, "case": "shape"}
            findings.append(Finding("rule-broken", Severity.DENY, one.path, *one.where(), facts))
            continue
        own = [each.value for each in bindings if _bound_to(each) == one.name]
        place = one.where("metadata", "name")
        yield _ruling(one, spec, own, place.line), place


def _bound_to(binding: Document) -> str:
    spec = binding.value.get("spec")
    return str(spec.get("policyName", "")) if isinstance(spec, Mapping) else ""


def _ruling(
    one: Document,
    spec: Mapping[str, Any],
    bindings: Sequence[Mapping[str, Any]],
    line: int,
) -> Ruling:
    documents = (one.value, *bindings)
    asks = _param_kind(one.value) is not None
    seed = dumps(documents, sort_keys=True, default=str)
    policy = Policy(
        one.name, Language.ADMISSION, documents, sha256(seed.encode()).hexdigest(), one.path, line
    )
    ruling = Ruling(
        policy,
        judges="object",
        heaviest=_heaviest(spec, bindings),
        needs=frozenset({"parameters"} if asks else ()),
    )
    return described(ruling, one.value)


def _heaviest(spec: Mapping[str, Any], bindings: Sequence[Mapping[str, Any]]) -> Severity:
    said = [weight(_actions(each.get("spec"))) for each in bindings] or [weight(_actions(spec))]
    return min(said, key=list(Severity).index)


def _actions(spec: object) -> list[str]:
    actions = spec.get("validationActions") if isinstance(spec, Mapping) else None
    return [str(each) for each in actions] if isinstance(actions, list) else []


def described(ruling: Ruling, value: Mapping[str, Any]) -> Ruling:
    """With a foreign policy's own words, where its annotations have some."""
    return replace(
        ruling,
        title=annotation(value, "roadcrew.dev/title", "policies.kyverno.io/title", "title"),
        description=annotation(
            value, "roadcrew.dev/description", "policies.kyverno.io/description", "description"
        ),
        fix=annotation(value, "roadcrew.dev/fix"),
        link=annotation(value, "roadcrew.dev/link"),
    )


def _unread(documents: Iterable[Document]) -> Iterator[Finding]:
    """A policy that nothing here judges by is a warning; anything else may lie there for whatever reason."""
    for one in documents:
        is_policy = one.group in FOREIGN
        facts: dict[str, Fact] = {"kind": one.kind, "api": str(one.value["apiVersion"])}
        facts |= {"name": one.name, "case": "policy" if is_policy else ""}
        severity = Severity.WARN if is_policy else Severity.INFO
        yield Finding("rule-unread", severity, one.path, *one.where("kind"), facts)


def _unbound(bindings: Iterable[Document], names: set[str]) -> Iterator[Finding]:
    for one in bindings:
        if _bound_to(one) not in names:
            facts: dict[str, Fact] = {"name": one.name, "policy": _bound_to(one), "case": "binding"}
            yield Finding("rule-broken", Severity.WARN, one.path, *one.where("spec", "policyName"), facts)
