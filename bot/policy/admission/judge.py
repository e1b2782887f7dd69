"""Requests judged by one admission policy, as the API server would, as far as can be known without it.

Whom a policy concerns is decided here: constraints, bindings, parameters, exceptions. Expressions are not.
Source: k8s.io/apiserver, admission/plugin/policy/matching/matching.go and validating/dispatcher.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from bot.policy.admission.bindings import Bound, bound
from bot.policy.admission.compiled import SKIPPED, Compiled, both
from bot.policy.admission.exceptions import Exceptions
from bot.policy.admission.kyverno import (
    EXCEPTIONS,
    is_any,
    is_at_home,
    is_kyverno,
    is_of_files,
    mode_of,
    specs,
)
from bot.policy.admission.refused import minor, refusal
from bot.policy.admission.resources import Resource, resource_of
from bot.policy.admission.selectors import BrokenSelector, doubt, is_matched, namespace_of
from bot.policy.admission.values import kyvernos, settled, values_of
from bot.policy.cel import CelProblem
from bot.policy.verdict import Exempted, Outcome, Policy, Request, Shared, Verdict

_WRONG = (BrokenSelector, KeyError, TypeError, AttributeError, ValueError)


def judge_admission(policy: Policy, requests: Sequence[Request], shared: Shared) -> list[Verdict]:
    """Its verdicts of the requests, in order. Raises nothing that a policy could cause.

    `policy.documents`: the policy, then its bindings and Kyverno's exceptions to it.
    """
    try:
        judge = _Judge(policy.documents[0], policy.documents[1:], shared)
        if policy.options.get("compiled") != "elsewhere":
            _taken(policy.documents[0], minor(policy.options.get("kubernetes")))
    except (CelProblem, *_WRONG) as problem:
        return [_unjudged(problem) for _ in requests]
    return [judge.verdict(request) for request in requests]


def _taken(document: Mapping[str, Any], version: int) -> None:
    """Raises CelProblem for what no cluster would take: it would judge nothing there."""
    found = refusal(document, version=version)
    if found is not None:
        (_, holder, number, name), problem = found
        said = f"{holder}[{number}].{name}: {problem.message}"
        raise CelProblem(said, problem.line, problem.column)


def _unjudged(problem: Exception) -> Verdict:
    if isinstance(problem, CelProblem):
        place = f"line {problem.line}, column {problem.column} of the expression"
        return Verdict(Outcome.NOT_EVALUATED, reason=f"{problem.message} ({place})")
    reason = f"it is not a policy that Kubernetes would take: {problem!r}"[:500]
    return Verdict(Outcome.NOT_EVALUATED, reason=reason)


class _Part:
    """A spec of the policy: its own, or one that Kyverno makes of it."""

    def __init__(
        self, spec: Mapping[str, Any], exceptions: Sequence[Mapping[str, Any]], now: str, *, is_kyverno: bool
    ) -> None:
        self.constraints = spec.get("matchConstraints") or {}
        self._spec = spec
        self._excepted = exceptions
        self._now = now
        self._is_kyverno = is_kyverno

    @cached_property
    def compiled(self) -> Compiled:
        """Raises CelProblem."""
        return Compiled(self._spec, is_kyverno=self._is_kyverno)

    @cached_property
    def _exceptions(self) -> Exceptions:
        return Exceptions(self._excepted, self.compiled.compiled, self._now)

    def verdict(self, request: Request, resource: Resource, one: Bound) -> Verdict:
        """What it says under a binding."""
        if one.problem:
            return Verdict(Outcome.NOT_EVALUATED, reason=one.problem)
        values = values_of(request, resource, one.params, self.compiled.paths)
        if self._is_kyverno:
            values |= kyvernos(self._now)
            excused = self._exceptions.of(values)
            if excused.names:
                exempted = tuple(Exempted(f"policy exception {name}") for name in excused.names)
                return Verdict(Outcome.EXCEPTED, exempted=exempted)
            values["exceptions"] = excused.shown()
        return self.compiled.verdict(values, one.severity)


class _Judge:
    def __init__(
        self, document: Mapping[str, Any], others: Sequence[Mapping[str, Any]], shared: Shared
    ) -> None:
        if not is_of_files(document):
            raise ValueError(f"it judges what goes to {mode_of(document)}, which is in no file")
        exceptions = [one for one in others if one.get("kind") in EXCEPTIONS]
        self._bindings = [one for one in others if one.get("kind") not in EXCEPTIONS]
        self._document = document
        self._known = shared.parameters
        kyvernos_own = is_kyverno(document)
        self._parts = [
            _Part(spec, exceptions, shared.now, is_kyverno=kyvernos_own) for spec in specs(document)
        ]
        self._parts[0].compiled  # noqa: B018 - what does not compile is said of every request, matched or not

    def verdict(self, request: Request) -> Verdict:
        """Raises nothing that a policy or an object could cause."""
        try:
            return self._verdict(request)
        except CelProblem as problem:
            return _unjudged(problem)
        except _WRONG as problem:
            return Verdict(Outcome.NOT_EVALUATED, reason=f"it cannot be matched: {problem!r}"[:500])

    def _verdict(self, request: Request) -> Verdict:
        value = request.object if request.object is not None else request.old_object
        if not isinstance(value, Mapping):
            return SKIPPED
        resource = resource_of(value)
        if is_any(self._document):
            return self._parts[0].verdict(request, resource, next(iter(self._bound(request))))
        if resource.is_exempt and not is_kyverno(self._document):
            return SKIPPED
        asked = settled(request, resource)
        if not is_at_home(self._document, asked, resource):
            return SKIPPED
        found: Verdict | None = None
        for part in self._parts:
            if is_matched(part.constraints, asked, resource):
                for one in self._bound(asked):
                    if is_matched(one.match, asked, resource):
                        found = both(found, _said(part, asked, resource, one))
        return found or SKIPPED

    def _bound(self, request: Request) -> Iterator[Bound]:
        known = self._known if request.params is None else (request.params,)
        given = request.params is not None
        return bound(self._document, self._bindings, known, namespace_of(request), is_given=given)


def _said(part: _Part, request: Request, resource: Resource, one: Bound) -> Verdict:
    """A pass is one whether the policy concerns it or not; anything else needs that to be known."""
    verdict = part.verdict(request, resource, one)
    unsure = doubt(part.constraints, request, resource) or doubt(one.match, request, resource)
    if one.name:
        marked = (
            replace(each, metadata={**each.metadata, "binding": one.name}) for each in verdict.violations
        )
        verdict = replace(verdict, violations=tuple(marked))
    if not unsure or (verdict.outcome is not Outcome.FAIL and not verdict.violations):
        return verdict
    # Nothing is said for certain of what may be no business of the policy.
    return replace(verdict, outcome=Outcome.NOT_EVALUATED, reason=unsure, violations=())
