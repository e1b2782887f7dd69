"""One request judged by one `kind: Rule` with CEL. What cannot be evaluated is never a pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.policy.cel import CelFault, CelProblem, Expression, Variables, compile_expression
from bot.policy.rules.lookups import FUNCTIONS, Lookups
from bot.policy.rules.match import concerns
from bot.policy.rules.place import deepest, field_of
from bot.policy.verdict import Outcome, Policy, Request, Shared, Verdict, Violation

NAMES = ("entity", "object", "oldObject", "siblings", "environment", "pull", "file", "now", "variables")
"""What the expressions of a Rule may name. `siblings`: all objects that were rendered with it, and itself."""
_LONGEST_MESSAGE = 2_000
_SKIPPED = Verdict(Outcome.SKIP, checks=0)
_PASSED = Verdict(Outcome.PASS)


def judge_rule(policy: Policy, requests: Sequence[Request], shared: Shared) -> list[Verdict]:
    """Its verdicts of the requests, in order. Raises nothing that a rule could cause."""
    document = policy.documents[0]
    spec = document["spec"]
    try:
        rule = _Compiled(spec)
    except CelProblem as problem:
        reason = f"{problem.message} (line {problem.line}, column {problem.column} of the expression)"
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason) for _ in requests]
    now = datetime.fromisoformat(shared.now) if shared.now else None
    with Lookups(shared.catalog) as lookups:
        return [_traced(rule, request, now, lookups) for request in requests]


def _traced(rule: _Compiled, request: Request, now: datetime | None, lookups: Lookups) -> Verdict:
    """With what it asked of the catalog."""
    lookups.asked.clear()
    verdict = rule.verdict(request, now)
    return replace(verdict, looked=tuple(sorted(lookups.asked))) if lookups.asked else verdict


def compiled(spec: Mapping[str, Any]) -> None:
    """Raises CelProblem for the first expression that cannot be compiled."""
    _Compiled(spec)


class _Compiled:
    def __init__(self, spec: Mapping[str, Any]) -> None:
        self._match: Mapping[str, Any] = spec.get("match", {})
        self._judges = str(spec["judges"])
        where = self._match.get("where")
        self._where = _compile(where) if where else None
        self._variables = [(one["name"], _compile(one["expression"])) for one in spec.get("variables", ())]
        self._validations = [_Validation(number, one) for number, one in enumerate(spec["validations"])]

    def verdict(self, request: Request, now: datetime | None) -> Verdict:
        if not concerns(self._match, self._judges, request):
            return _SKIPPED
        values = _values(request, now)
        values["variables"] = Variables(self._variables, values)
        try:
            if self._where is not None and not self._where.boolean(values):
                return _SKIPPED
        except CelFault as fault:
            return Verdict(Outcome.NOT_EVALUATED, reason=f"match.where: {fault.reason}")
        return self._judged(values)

    def _judged(self, values: Mapping[str, Any]) -> Verdict:
        violations: list[Violation] = []
        reasons: list[str] = []
        judged = values["entity"] if self._judges == "entity" else values[self._judges]
        for one in self._validations:
            try:
                violations += one.violations(values, judged)
            except CelFault as fault:
                reasons.append(f"validations[{one.number}]: {fault.reason}")
        checks = len(self._validations)
        if reasons:
            return Verdict(Outcome.NOT_EVALUATED, tuple(violations), reason="; ".join(reasons), checks=checks)
        if violations:
            return Verdict(Outcome.FAIL, tuple(violations), checks=checks)
        return _PASSED if checks == 1 else Verdict(Outcome.PASS, checks=checks)


class _Validation:
    def __init__(self, number: int, spec: Mapping[str, str]) -> None:
        self.number = number
        self._text = spec["expression"]
        self._expression = _compile(self._text)
        self._message = spec.get("message", "")
        more = spec.get("messageExpression", "")
        self._more = _compile(more) if more else None
        self._field = field_of(spec.get("field", ""))
        line = spec.get("lineExpression", "")
        self._line = _compile(line) if line else None

    def violations(self, values: Mapping[str, Any], judged: object) -> Iterator[Violation]:
        if self._expression.boolean(values):
            return
        field = self._field or deepest(judged, [path[1:] for path in self._expression.paths])
        rule, location = f"validations[{self.number}]", self._location(values)
        yield Violation(self._said(values), rule=rule, field=field, location=location)

    def _location(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The line of the file that the rule names; nothing where it names none, or not a line."""
        if self._line is None or values["file"] is None:
            return {}
        try:
            line = self._line.evaluate(values)
        except CelFault:
            return {}
        is_line = isinstance(line, int) and not isinstance(line, bool)
        return {"file": values["file"].get("path", ""), "line": line} if is_line else {}

    def _said(self, values: Mapping[str, Any]) -> str:
        """Kubernetes' order: the computed message, else the written one, else the expression."""
        if self._more is not None:
            try:
                said = self._more.evaluate(values)
            except CelFault:
                said = ""
            if isinstance(said, str) and said.strip() and "\n" not in said.strip():
                return said.strip()[:_LONGEST_MESSAGE]
        return self._message.strip() or f"failed expression: {self._text.strip()}"[:_LONGEST_MESSAGE]


def _compile(text: str) -> Expression:
    return compile_expression(text, NAMES, functions=FUNCTIONS)


def _values(request: Request, now: datetime | None) -> dict[str, Any]:
    more = request.more
    return {
        "entity": more.get("entity"),
        "object": request.object,
        "oldObject": request.old_object,
        "siblings": more.get("siblings"),
        "environment": more.get("environment"),
        "pull": more.get("pull"),
        "file": more.get("file"),
        "now": now,
    }
