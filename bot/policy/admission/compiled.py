"""A policy's expressions, compiled once, and what they say of one request.

False is a violation. An error is what `failurePolicy` makes of it, save where the policy asks for what is
not known before the object reaches a cluster, or for more than this engine does: then nothing was judged, and
that is said.
Source: k8s.io/apiserver, admission/plugin/policy/validating/validator.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.model.plan import Severity
from bot.policy.admission.defaults import defaulted
from bot.policy.admission.unknown import UNKNOWN, apart
from bot.policy.cel import Beyond, CelFault, Expression, Unavailable, Variables, compile_expression
from bot.policy.cel.scan import Path
from bot.policy.rules.place import Field, deepest
from bot.policy.verdict import Outcome, Verdict, Violation

NAMES = (
    "object",
    "oldObject",
    "request",
    "params",
    "namespaceObject",
    "authorizer",
    "variables",
    *UNKNOWN,
)
KYVERNO_NAMES = (*NAMES, "images", "exceptions", "resource", "globalContext", "http", "image")
SKIPPED = Verdict(Outcome.SKIP, checks=0)
_LONGEST_MESSAGE = 5_120
"""Kubernetes' own limit of a messageExpression's result, in bytes."""
_DEEPEST = 8
"""Variables that stand for variables, when a place is looked for."""


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class _Validation:
    spec: Mapping[str, Any]
    expression: Expression
    more: Expression | None


@dataclass(frozen=True, slots=True)
class _Run:
    """One evaluation of it all. `faults`: the errors in which expressions ended, but for what is unknown."""

    values: Mapping[str, object]
    severity: Severity
    faults: list[CelFault] = field(default_factory=list)


class Compiled:
    """Evaluates one spec for any number of requests."""

    def __init__(self, spec: Mapping[str, Any], *, is_kyverno: bool) -> None:
        """Compile. Raises CelProblem, and KeyError and the like for what is no such spec."""
        self._is_kyverno = is_kyverno
        self._fails = spec.get("failurePolicy", "Fail") != "Ignore"
        self._conditions = [self._named(one) for one in spec.get("matchConditions") or ()]
        self._variables = [self._named(one) for one in spec.get("variables") or ()]
        self._validations = [
            _Validation(one, self.compiled(one["expression"]), self._more(one))
            for one in spec.get("validations") or ()
        ]
        self._notes = [
            _Named(str(one["key"]), self.compiled(one["valueExpression"]))
            for one in spec.get("auditAnnotations") or ()
        ]

    def compiled(self, text: str) -> Expression:
        """An expression that sees what the policy's own see. Raises CelProblem."""
        names = KYVERNO_NAMES if self._is_kyverno else NAMES
        return compile_expression(apart(str(text)), names, kyverno=self._is_kyverno)

    def _named(self, spec: Mapping[str, Any]) -> _Named:
        return _Named(str(spec["name"]), self.compiled(spec["expression"]))

    def _more(self, spec: Mapping[str, Any]) -> Expression | None:
        return self.compiled(spec["messageExpression"]) if spec.get("messageExpression") else None

    @cached_property
    def paths(self) -> frozenset[Path]:
        """What all expressions together select."""
        named = [one.expression for one in (*self._conditions, *self._variables, *self._notes)]
        more = [one.more for one in self._validations if one.more is not None]
        every = [*named, *more, *(one.expression for one in self._validations)]
        return frozenset(path for one in every for path in one.paths)

    def verdict(self, values: Mapping[str, object], severity: Severity) -> Verdict:
        """What it says where the names have these values. Its violations weigh `severity`.

        Where an expression ends in an error, all are asked again of what the API server would have filled in.
        """
        verdict, is_broken = self._tried(values, severity)
        if not is_broken:
            return verdict
        filled = {name: defaulted(values[name]) for name in ("object", "oldObject")}
        if all(filled[name] == values[name] for name in filled):
            return verdict
        return self._tried({**values, **filled}, severity)[0]

    def _tried(self, values: Mapping[str, object], severity: Severity) -> tuple[Verdict, bool]:
        """The verdict, and whether some expression ended in an error."""
        known = dict(values)
        known["variables"] = Variables([(one.name, one.expression) for one in self._variables], known)
        run = _Run(known, severity)
        return self._said(run), bool(run.faults)

    def _said(self, run: _Run) -> Verdict:
        skipped = self._conditioned(run)
        if skipped is not None:
            return skipped
        violations: list[Violation] = []
        reasons: list[str] = []
        for rule, found in (*self._validated(run), *self._noted(run)):
            if isinstance(found, Violation):
                violations.append(found)
            else:
                reasons.append(f"{rule}: {found.reason}")
        checks = len(self._validations)
        if reasons:
            reason = "; ".join(reasons)
            return Verdict(Outcome.NOT_EVALUATED, tuple(violations), reason=reason, checks=checks)
        outcome = Outcome.FAIL if violations else Outcome.PASS
        return Verdict(outcome, tuple(violations), checks=checks)

    def _validated(self, run: _Run) -> Iterator[tuple[str, Violation | Unavailable]]:
        for number, one in enumerate(self._validations):
            rule = f"validations[{number}]"
            try:
                said = "" if one.expression.boolean(run.values) else _message(one, run.values)
            except Unavailable as fault:
                yield rule, fault
                continue
            except CelFault as fault:
                run.faults.append(fault)
                said = f"expression '{_line(one.spec['expression'])}' resulted in error: {fault.reason}"
                said = said if self._fails else ""
            if said:
                reason = {"reason": str(one.spec["reason"])} if one.spec.get("reason") else {}
                place = self._field(one.expression, run.values)
                yield rule, Violation(said, run.severity, rule, place, metadata=reason)

    def _noted(self, run: _Run) -> Iterator[tuple[str, Violation | Unavailable]]:
        """Audit annotations are for a cluster's log, but one that cannot be made denies."""
        for one in self._notes:
            rule = f"auditAnnotations[{one.name}]"
            try:
                found = one.expression.evaluate(run.values)
                said = "" if found is None or isinstance(found, str) else "it is neither a string nor null"
            except Unavailable as fault:
                if self._fails or isinstance(fault, Beyond):
                    yield rule, fault
                continue
            except CelFault as fault:
                run.faults.append(fault)
                said = fault.reason if self._fails else ""
            if said:
                message = f"auditAnnotation {one.name} resulted in error: {said}"
                yield rule, Violation(message, run.severity, rule, self._field(one.expression, run.values))

    def _conditioned(self, run: _Run) -> Verdict | None:
        """What matchConditions make of it; None where all hold. A false one outweighs another's error."""
        faults: list[tuple[str, CelFault]] = []
        for condition in self._conditions:
            try:
                if not condition.expression.boolean(run.values):
                    return SKIPPED
            except CelFault as fault:
                faults.append((condition.name, fault))
        if not faults:
            return None
        unknown = next((one for one in faults if isinstance(one[1], Unavailable)), None)
        if unknown is not None:
            reason = f"matchConditions {unknown[0]}: {unknown[1].reason}"
            return Verdict(Outcome.NOT_EVALUATED, reason=reason)
        run.faults.extend(fault for _, fault in faults)
        if not self._fails:
            return SKIPPED
        name, problem = faults[0]
        message = f"matchConditions {name} resulted in error: {problem.reason}"
        return Verdict(Outcome.FAIL, (Violation(message, run.severity, "matchConditions"),))

    def _field(self, expression: Expression, values: Mapping[str, object]) -> Field:
        """What the expression looks at in what is judged: itself, else through its variables."""
        judged = "object" if values.get("object") is not None else "oldObject"
        value = values.get(judged)
        direct = [path[1:] for path in expression.paths if path[0] == judged]
        found = deepest(value, direct)
        return found or deepest(value, list(self._through(expression, judged, _DEEPEST)))

    def _through(self, expression: Expression, judged: str, left: int) -> Iterator[Field]:
        by_name = {one.name: one.expression for one in self._variables}
        for path in expression.paths:
            variable = by_name.get(str(path[1])) if path[0] == "variables" and len(path) > 1 else None
            if variable is None or not left:
                continue
            for inner in variable.paths:
                if inner[0] == judged:
                    yield (*inner[1:], *path[2:])
            for outer in self._through(variable, judged, left - 1):
                yield (*outer, *path[2:])


def _message(one: _Validation, values: Mapping[str, object]) -> str:
    """The computed message, else the written one, else the expression: Kubernetes' order."""
    lacking = ""
    if one.more is not None:
        try:
            said = one.more.evaluate(values)
        except Beyond as fault:
            said, lacking = "", f" (its messageExpression is not evaluated: {fault.reason})"
        except CelFault:
            said = ""
        said = said.strip() if isinstance(said, str) else ""
        if said and "\n" not in said and len(said.encode()) <= _LONGEST_MESSAGE:
            return said
    written = str(one.spec.get("message") or "").strip()
    return (written or f"failed expression: {str(one.spec['expression']).strip()}") + lacking


def _line(text: object) -> str:
    return " ".join(str(text).split())


def both(one: Verdict | None, other: Verdict) -> Verdict:
    """Every combination must pass. What could not be judged outweighs, and then what failed."""
    if one is None or one.outcome is Outcome.SKIP:
        return other
    if other.outcome is Outcome.SKIP:
        return one
    ranks = (Outcome.NOT_EVALUATED, Outcome.FAIL, Outcome.EXCEPTED, Outcome.PASS)
    outcome = min(one.outcome, other.outcome, key=ranks.index)
    reason = "; ".join(dict.fromkeys(text for text in (one.reason, other.reason) if text))
    violations = _heaviest((*one.violations, *other.violations))
    return Verdict(outcome, violations, reason=reason, checks=max(one.checks, other.checks))


def _heaviest(violations: Sequence[Violation]) -> tuple[Violation, ...]:
    """What several bindings say alike is said once, as heavily as the heaviest of them does."""
    order = list(Severity)
    found: dict[tuple[str, str], Violation] = {}
    for one in violations:
        key = (one.rule, one.message)
        if key not in found or order.index(one.severity) < order.index(found[key].severity):
            found[key] = one
    return tuple(found.values())
