"""One request judged by one admission policy, as the API server would, as far as can be known without it.

False is a violation. An error is what `failurePolicy` makes of it, save where the policy asks for what is not
known before the object reaches a cluster: then nothing was judged, and that is said.
Source: k8s.io/apiserver, admission/plugin/policy/validating/validator.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.model.plan import Severity
from bot.policy.admission.bindings import Bound, bound
from bot.policy.admission.kyverno import adapted, is_kyverno, matching_documents
from bot.policy.admission.resources import Resource, resource_of
from bot.policy.admission.selectors import BrokenSelector, is_matched, name_of, namespace_of
from bot.policy.cel import CelFault, CelProblem, Expression, Unavailable, Variables, compile_expression
from bot.policy.rules.place import deepest
from bot.policy.verdict import Outcome, Policy, Request, Shared, Verdict, Violation

NAMES = (
    "object",
    "oldObject",
    "request",
    "params",
    "namespaceObject",
    "authorizer",
    "variables",
)
KYVERNO_NAMES = (*NAMES, "images", "exceptions", "resource", "globalContext", "http", "image")
_UNKNOWN = (("request", "userInfo"), ("request", "options"), ("request", "uid"))
"""What only the API server could tell."""
_LONGEST_MESSAGE = 5_120
"""Kubernetes' own limit of a messageExpression's result."""
_SKIPPED = Verdict(Outcome.SKIP, checks=0)


def judge_admission(policy: Policy, requests: Sequence[Request], shared: Shared) -> list[Verdict]:
    """Its verdicts of the requests, in order. Raises nothing that a policy could cause.

    `policy.documents`: the policy, then its bindings.
    """
    try:
        judge = _Judge(policy.documents[0], policy.documents[1:], shared)
    except CelProblem as problem:
        reason = f"{problem.message} (line {problem.line}, column {problem.column} of the expression)"
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason) for _ in requests]
    except (BrokenSelector, KeyError, TypeError, AttributeError, ValueError) as problem:
        reason = f"it is not a policy that Kubernetes would take: {problem!r}"[:500]
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason) for _ in requests]
    return [judge.verdict(request) for request in requests]


class _Judge:
    def __init__(
        self, document: Mapping[str, Any], bindings: Sequence[Mapping[str, Any]], shared: Shared
    ) -> None:
        self._document = document
        self._bindings = bindings
        self._known = shared.parameters
        self._is_kyverno = is_kyverno(document)
        self._plain = _Compiled(document, is_kyverno=self._is_kyverno)

    def verdict(self, request: Request) -> Verdict:
        try:
            return self._verdict(request)
        except (BrokenSelector, TypeError, AttributeError, ValueError) as problem:
            return Verdict(Outcome.NOT_EVALUATED, reason=f"it cannot be matched: {problem!r}"[:500])

    def _verdict(self, request: Request) -> Verdict:
        value = request.object if request.object is not None else request.old_object
        if not isinstance(value, Mapping):
            return _SKIPPED
        resource = resource_of(value)
        spec = self._document["spec"]
        found: Verdict | None = None
        for match, asked in matching_documents(self._document, request):
            if _is_concerned(match, asked, resource_of(asked.object or asked.old_object)):
                seen = adapted(asked) if self._is_kyverno else asked
                for one in self._bound(asked):
                    if is_matched(one.match, asked, resource):
                        found = _both(found, self._plain.verdict(seen, resource, one))
                break
        if found is None:
            return _SKIPPED
        return found if spec.get("validations") else replace(found, checks=0)

    def _bound(self, request: Request) -> Iterator[Bound]:
        if request.params is not None:
            known: tuple[Any, ...] = (request.params,)
            for one in bound(self._document, self._bindings, known, namespace_of(request)):
                yield replace(one, params=request.params, problem="")
        else:
            yield from bound(self._document, self._bindings, self._known, namespace_of(request))


def _is_concerned(match: Mapping[str, Any] | None, request: Request, resource: Resource) -> bool:
    return match is None or is_matched(match, request, resource)


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    expression: Expression


class _Compiled:
    """A policy's expressions, each compiled once."""

    def __init__(self, document: Mapping[str, Any], *, is_kyverno: bool) -> None:
        spec = document["spec"]
        self._is_kyverno = is_kyverno
        self._fails = spec.get("failurePolicy", "Fail") != "Ignore"
        self._conditions = [self._named(one) for one in spec.get("matchConditions") or ()]
        self._variables = [self._named(one) for one in spec.get("variables") or ()]
        self._validations = [
            (one, self._compile(one["expression"]), self._more(one)) for one in spec.get("validations") or ()
        ]

    def _named(self, spec: Mapping[str, Any]) -> _Named:
        return _Named(str(spec["name"]), self._compile(spec["expression"]))

    def _more(self, spec: Mapping[str, Any]) -> Expression | None:
        return self._compile(spec["messageExpression"]) if spec.get("messageExpression") else None

    def _compile(self, text: str) -> Expression:
        names = KYVERNO_NAMES if self._is_kyverno else NAMES
        return compile_expression(str(text), names, kyverno=self._is_kyverno)

    def verdict(self, request: Request, resource: Resource, one: Bound) -> Verdict:
        if one.problem:
            return Verdict(Outcome.NOT_EVALUATED, reason=one.problem)
        values = _values(request, resource, one)
        values["variables"] = Variables([(each.name, each.expression) for each in self._variables], values)
        skipped = self._conditioned(values, one.severity)
        if skipped is not None:
            return skipped
        violations: list[Violation] = []
        reasons: list[str] = []
        for number, (spec, expression, more) in enumerate(self._validations):
            try:
                is_kept, said = expression.boolean(values), ""
            except CelFault as fault:
                if _asks_unknown(expression, fault):
                    reasons.append(f"validations[{number}]: {_unknown(expression, fault)}")
                    continue
                if not self._fails:
                    continue
                is_kept, said = (
                    False,
                    f"expression '{_line(spec['expression'])}' resulted in error: {fault.reason}",
                )
            if not is_kept:
                field = deepest(
                    request.object, [path[1:] for path in expression.paths if path[0] == "object"]
                )
                message = said or _message(spec, more, values)
                reason = {"reason": spec["reason"]} if spec.get("reason") else {}
                binding = {"binding": one.name} if one.name else {}
                violations.append(
                    Violation(
                        message, one.severity, f"validations[{number}]", field, metadata=reason | binding
                    )
                )
        return _concluded(violations, reasons, len(self._validations))

    def _conditioned(self, values: Mapping[str, Any], severity: Severity) -> Verdict | None:
        """What matchConditions make of it; None where all hold. A false one outweighs another's error."""
        faults: list[tuple[_Named, CelFault]] = []
        for condition in self._conditions:
            try:
                if not condition.expression.boolean(values):
                    return _SKIPPED
            except CelFault as fault:
                faults.append((condition, fault))
        for one, problem in faults:
            if _asks_unknown(one.expression, problem):
                reason = f"matchConditions {one.name}: {_unknown(one.expression, problem)}"
                return Verdict(Outcome.NOT_EVALUATED, reason=reason)
        if not faults:
            return None
        if not self._fails:
            return _SKIPPED
        name, reason = faults[0][0].name, faults[0][1].reason
        message = f"matchConditions {name} resulted in error: {reason}"
        return Verdict(Outcome.FAIL, (Violation(message, severity, "matchConditions"),))


def _concluded(violations: list[Violation], reasons: list[str], checks: int) -> Verdict:
    if reasons:
        return Verdict(Outcome.NOT_EVALUATED, tuple(violations), reason="; ".join(reasons), checks=checks)
    outcome = Outcome.FAIL if violations else Outcome.PASS
    return Verdict(outcome, tuple(violations), checks=checks)


def _asks_unknown(expression: Expression, fault: CelFault) -> bool:
    return isinstance(fault, Unavailable) or _asked(expression) is not None


def _unknown(expression: Expression, fault: CelFault) -> str:
    asked = _asked(expression)
    if asked is None or isinstance(fault, Unavailable):
        return fault.reason
    return f"{'.'.join(asked)} is not known before the object reaches a cluster"


def _asked(expression: Expression) -> tuple[str, str] | None:
    return next((one for one in _UNKNOWN if any(path[:2] == one for path in expression.paths)), None)


def _message(spec: Mapping[str, Any], more: Expression | None, values: Mapping[str, Any]) -> str:
    """The computed message, else the written one, else the expression: Kubernetes' order."""
    if more is not None:
        try:
            said = more.evaluate(values)
        except CelFault:
            said = ""
        if isinstance(said, str) and said.strip() and "\n" not in said.strip():
            return said.strip()[:_LONGEST_MESSAGE]
    written = str(spec.get("message") or "").strip()
    return written or f"failed expression: {str(spec['expression']).strip()}"


def _line(text: object) -> str:
    return " ".join(str(text).split())


def _values(request: Request, resource: Resource, one: Bound) -> dict[str, Any]:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    plural = {"group": resource.group, "version": resource.version, "resource": resource.plural}
    return {
        "object": request.object,
        "oldObject": request.old_object,
        "params": one.params,
        "namespaceObject": request.namespace_object if resource.is_namespaced else None,
        "request": {
            "kind": kind,
            "resource": plural,
            "subResource": "",
            "requestKind": kind,
            "requestResource": plural,
            "requestSubResource": "",
            "name": name_of(request),
            "namespace": namespace_of(request) if resource.is_namespaced else "",
            "operation": request.operation,
            "dryRun": False,
            "object": request.object,
            "oldObject": request.old_object,
        },
    }


def _both(one: Verdict | None, other: Verdict) -> Verdict:
    """Every combination must pass. What could not be judged outweighs, and then what failed."""
    if one is None or one.outcome is Outcome.SKIP:
        return other
    if other.outcome is Outcome.SKIP:
        return one
    ranks = (Outcome.NOT_EVALUATED, Outcome.FAIL, Outcome.EXCEPTED, Outcome.PASS)
    outcome = min(one.outcome, other.outcome, key=ranks.index)
    reason = "; ".join(dict.fromkeys(text for text in (one.reason, other.reason) if text))
    violations = (*one.violations, *other.violations)
    return Verdict(outcome, violations, reason=reason, checks=max(one.checks, other.checks))
