"""Policies of Kubernetes, Kyverno and Gatekeeper among the rules, taken as they are. Compiles nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.model.plan import Fact, Finding, Severity
from bot.policy.admission.bindings import weight
from bot.policy.admission.load import admission_policies, is_exception, is_read
from bot.policy.rego.engine import Problem
from bot.policy.rego.gatekeeper import Placed, gatekeeper_policies, is_constraint, is_template, severity_of
from bot.policy.rules.read import Document, annotation
from bot.policy.rules.ruleset import Ruling
from bot.policy.verdict import Json, Policy

_ASKS_TIME = re.compile(r"\btime\s*\.|expiresAt")


def foreign_rulings(
    documents: Sequence[Document], findings: list[Finding]
) -> tuple[list[Ruling], tuple[Json, ...]]:
    """The policies, and the documents that may be their parameters. Adds what nobody reads to `findings`."""
    placed = [Placed(one.path, one.where("metadata", "name").line, one.value) for one in documents]
    admission = admission_policies(placed)
    constraints, wrong = gatekeeper_policies(placed)
    findings += map(broken, (*admission.problems, *wrong))
    findings += _unread(documents, admission.parameters)
    rulings = [*map(_admission, admission.policies), *map(_gatekeeper, constraints)]
    return [_sourced(one, documents) for one in rulings], admission.parameters


def _sourced(ruling: Ruling, documents: Sequence[Document]) -> Ruling:
    """With the file that the policy was read from."""
    for one in documents:
        if one.value is ruling.policy.documents[0]:
            return replace(ruling, source=one.data, index=one.index)
    return ruling


def broken(problem: Problem) -> Finding:
    """What a loader says of a file, as a finding there."""
    severity = Severity.DENY if problem.is_error else Severity.WARN
    facts: dict[str, Fact] = {"name": problem.path, "reason": problem.message, "case": "file"}
    return Finding("rule-broken", severity, problem.path, problem.line, problem.column, facts)


def _admission(policy: Policy) -> Ruling:
    spec = policy.documents[0]["spec"]
    bindings = [one for one in policy.documents[1:] if not is_exception(one)]
    said = [weight(_actions(one.get("spec"))) for one in bindings] or [weight(_actions(spec))]
    needs = {"parameters"} if spec.get("paramKind") else set()
    # Kyverno's clock, and exceptions that end: a verdict of yesterday may be another today.
    needs |= {"now"} if _ASKS_TIME.search(str(policy.documents)) else set()
    heaviest = min(said, key=list(Severity).index)
    return described(Ruling(policy, "object", heaviest=heaviest, needs=frozenset(needs)))


def _actions(spec: object) -> list[str]:
    actions = spec.get("validationActions") if isinstance(spec, Mapping) else None
    return [str(one) for one in actions] if isinstance(actions, list) else []


def _gatekeeper(policy: Policy) -> Ruling:
    needs = {"inventory"} if "inventory" in str(policy.documents[0]) else set()
    heaviest = severity_of(policy.documents[-1])
    return described(Ruling(policy, "object", heaviest=heaviest, needs=frozenset(needs | {"data"})))


def described(ruling: Ruling) -> Ruling:
    """With the policy's own words, where the annotations of its first document have some."""
    value = ruling.policy.documents[0]
    return replace(
        ruling,
        title=_said(value, "title"),
        description=_said(value, "description"),
        fix=annotation(value, "roadcrew.dev/fix"),
        link=annotation(value, "roadcrew.dev/link"),
    )


def _said(value: Mapping[str, Any], word: str) -> str:
    names = (f"roadcrew.dev/{word}", f"policies.kyverno.io/{word}", f"metadata.gatekeeper.sh/{word}", word)
    return annotation(value, *names)


def _unread(documents: Iterable[Document], parameters: Sequence[Json]) -> Iterator[Finding]:
    """What lies among the rules, and is neither one nor what one asks for."""
    for one in documents:
        if (
            is_read(one.value)
            or is_template(one.value)
            or is_constraint(one.value)
            or one.value in parameters
        ):
            continue
        facts: dict[str, Fact] = {"kind": one.kind, "api": str(one.value["apiVersion"])}
        yield Finding("rule-unread", Severity.INFO, one.path, *one.where("kind"), facts)
