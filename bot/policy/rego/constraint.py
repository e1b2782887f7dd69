"""Judges requests by a Gatekeeper constraint, as its webhook would. Runs no engine itself: it is given them.

What only a cluster knows (who asks, other objects than the rendered ones) is absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.model.plan import Severity
from bot.policy.admission.selectors import BrokenSelector
from bot.policy.rego import outline as out
from bot.policy.rego.engine import Answer, Json, Module, Question, RegoEngine
from bot.policy.rego.gatekeeper import (
    Source,
    at,
    native_of,
    parameters_of,
    rego_of,
    severity_of,
    takes_operation,
)
from bot.policy.rego.match import Unknown, is_matched
from bot.policy.rego.modules import Known, forbidden
from bot.policy.rego.outside import ASKER, asker, without_asker
from bot.policy.rego.review import inventory, is_asked, metadata_of, review, unwrapped
from bot.policy.verdict import Outcome, Policy, Request, Shared, Verdict, Violation

NativeJudge = Callable[[Mapping[str, Json], Sequence[Request], Shared], Sequence[Verdict]]
"""Judges what `native_of` gives by CEL: a verdict a request, in order."""
_SKIPPED = Verdict(Outcome.SKIP, checks=0)


def judge_gatekeeper(
    engine: RegoEngine,
    policy: Policy,
    requests: Sequence[Request],
    shared: Shared,
    native: NativeJudge | None = None,
) -> list[Verdict]:
    """A verdict a request, in order; SKIP for those that the constraint does not match.

    `policy.documents`: the template and its constraint. Without `native`, templates that have only CEL are
    not evaluated; with it, CEL judges where a template has both, as in Gatekeeper.
    """
    template, constraint = policy.documents[0], policy.documents[1]
    asked = [unwrapped(one) for one in requests]
    found: dict[int, Verdict] = {}
    due: list[int] = []
    match = at(constraint, "spec", "match")
    spaces = _namespaces(shared)
    for number, one in enumerate(asked):
        try:
            is_due = takes_operation(template, one.operation)
            if is_due and is_matched(match if isinstance(match, Mapping) else {}, one, spaces):
                due.append(number)
        except (Unknown, BrokenSelector, TypeError, AttributeError) as problem:
            found[number] = Verdict(Outcome.NOT_EVALUATED, reason=str(problem))
    judged = _judge(engine, (template, constraint), [asked[number] for number in due], shared, native)
    found |= dict(zip(due, judged, strict=True))
    return [found.get(number, _SKIPPED) for number in range(len(requests))]


def _judge(
    engine: RegoEngine,
    documents: tuple[Mapping[str, Json], Mapping[str, Json]],
    requests: Sequence[Request],
    shared: Shared,
    native: NativeJudge | None,
) -> Sequence[Verdict]:
    if not requests:
        return []
    template, constraint = documents
    by_cel = native_of(template, constraint)
    if by_cel is not None and native is not None:
        return native(by_cel, requests, shared)
    source = rego_of(template)
    if source is None:
        engines = "only CEL, which is not judged here" if by_cel is not None else "no source that is known"
        return [Verdict(Outcome.NOT_EVALUATED, reason=f"its template has {engines}")] * len(requests)
    if reason := forbidden(source.modules):
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason, engine=engine.name)] * len(requests)
    answers = _answers(engine, source, constraint, requests, shared)
    return [_verdict(one, severity_of(constraint), engine.name) for one in answers]


def _answers(
    engine: RegoEngine,
    source: Source,
    constraint: Mapping[str, Json],
    requests: Sequence[Request],
    shared: Shared,
) -> Sequence[Answer]:
    query = out.query(source.package, "violation")
    parameters = parameters_of(constraint)
    questions = [Question((query,), {"review": review(one), "parameters": parameters}) for one in requests]
    uses = any(path[:1] == ("inventory",) or not path for one in source.modules for path in _paths(one))
    data = {"inventory": inventory(shared.inventory) if uses else {}}
    modules = [one.module for one in source.modules]
    found: dict[int, Answer] = {}
    for told, numbers in (
        (modules, [number for number, one in enumerate(requests) if is_asked(one)]),
        (_without_asker(modules), [number for number, one in enumerate(requests) if not is_asked(one)]),
    ):
        if told is None:
            found |= dict.fromkeys(numbers, Answer(reason=_NOBODY))
        elif numbers:
            asked = [questions[number] for number in numbers]
            found |= dict(zip(numbers, engine.evaluate(told, asked, data, shared.now), strict=True))
    return [found[number] for number in range(len(requests))]


_NOBODY = "it looks at input.review.userInfo, and nobody has asked for anything yet"


def _without_asker(modules: Sequence[Module]) -> list[Module] | None:
    """The modules for where nobody asks, so that who looks at it is not answered; None if that is unclear."""
    texts = [without_asker(one.text) for one in modules]
    if any(text is None for text in texts):
        return None
    told = [replace(one, text=text or "") for one, text in zip(modules, texts, strict=True)]
    return told if told == list(modules) else [*told, Module(ASKER, asker(), "v1")]


def _paths(one: Known) -> Sequence[out.Path]:
    return [*one.outline.references, *(path[1:] for path in one.outline.imports if path[:1] == ("data",))]


def _verdict(answer: Answer, severity: Severity, engine: str) -> Verdict:
    if answer.reason:
        reason = _NOBODY if ASKER in answer.reason else answer.why
        return Verdict(Outcome.NOT_EVALUATED, reason=reason, engine=engine)
    listed = answer.values[0][0] if answer.values[0] else []
    violations: list[Violation] = []
    for one in listed if isinstance(listed, list) else [listed]:
        message = at(one, "msg")
        if not isinstance(message, str):
            reason = 'violation gives a result whose "msg" is missing or is no text'
            return Verdict(Outcome.NOT_EVALUATED, reason=reason, engine=engine)
        details = at(one, "details")
        metadata = {"details": details} if details not in (None, {}) else {}
        violations.append(Violation(message, severity, "violation", metadata=metadata))
    outcome = Outcome.FAIL if violations else Outcome.PASS
    return Verdict(outcome, tuple(violations), engine=engine)


def _namespaces(shared: Shared) -> Mapping[str, Json]:
    """Those among the rendered objects, by name."""
    return {
        str(metadata_of(one).get("name", "")): one
        for one in shared.inventory
        if isinstance(one, Mapping) and one.get("kind") == "Namespace"
    }
