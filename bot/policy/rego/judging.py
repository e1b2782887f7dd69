"""Judges requests by a namespace of Rego rules, as `conftest test` does. It is given its engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import basename, dirname, join

from bot.policy.rego import outline as out
from bot.policy.rego.conventions import verdict
from bot.policy.rego.engine import Question, RegoEngine
from bot.policy.rego.modules import forbidden, judging, known, namespace_of
from bot.policy.verdict import Json, Outcome, Policy, Request, Shared, Verdict


def judge_rego(
    engine: RegoEngine, policy: Policy, requests: Sequence[Request], shared: Shared
) -> list[Verdict]:
    """A verdict a request, in order. Below `data` stands `shared.data`.

    `input` is the request's object; the option `judges` makes it the entity, the pull request, or a file's
    documents, one after the other.

    `data.conftest.file` is `request.more["file"]` (`name`, `dir`) or taken from its path. Many documents
    judged together (conftest's `--combine`) are one request whose object is `[{"path": .., "contents": ..}]`.
    """
    modules = known(policy.documents)
    namespace = policy.options.get("namespace", policy.name)
    heads = judging(modules, namespace)
    traps = [head for head in heads if head.is_trap]
    reason = forbidden(modules)
    if traps and not reason:
        reason = f"{traps[0].name} uses if without contains: it makes an object, and no messages"
    if reason:
        return [Verdict(Outcome.NOT_EVALUATED, reason=reason, engine=engine.name) for _ in requests]
    rules = list(dict.fromkeys(head.name for head in heads))
    if not rules:
        return [Verdict(Outcome.PASS, checks=0, engine=engine.name) for _ in requests]
    package = next(one.outline.package for one in modules if namespace_of(one) == namespace)
    exception = out.query(package, "exception")
    queries = (*(out.query(package, rule) for rule in rules), exception)
    judges = str(policy.options.get("judges", "object"))
    inputs = [_inputs(one, judges) for one in requests]
    questions = [
        Question(queries, value, file=_file(one))
        for one, values in zip(requests, inputs, strict=True)
        for value in values
    ]
    answers = engine.evaluate([one.module for one in modules], questions, shared.data, shared.now)
    definitions = sum(head.bodies for head in heads)
    found = iter(
        [
            verdict(one, rules, exception=exception, definitions=definitions, engine=engine.name)
            for one in answers
        ]
    )
    return [_together([next(found) for _ in values]) for values in inputs]


def _inputs(request: Request, judges: str) -> Sequence[Json]:
    """What Rego sees as `input`. Of a file each document by itself, as conftest does; else its text."""
    if judges == "object":
        return [request.object]
    value = request.more.get(judges)
    if judges == "file" and isinstance(value, Mapping):
        return list(value.get("documents") or [{"path": value.get("path"), "text": value.get("text")}])
    return [value]


def _together(parts: Sequence[Verdict]) -> Verdict:
    """The verdicts of a file's documents as one of the file."""
    if len(parts) == 1:
        return parts[0]
    reason = next((one.reason for one in parts if one.outcome is Outcome.NOT_EVALUATED), "")
    outcomes = {one.outcome for one in parts}
    worst = (Outcome.NOT_EVALUATED, Outcome.FAIL, Outcome.EXCEPTED, Outcome.PASS)
    return replace(
        parts[0],
        outcome=next(one for one in worst if one in outcomes),
        violations=tuple(one for part in parts for one in part.violations),
        exempted=tuple(one for part in parts for one in part.exempted),
        reason=reason,
        checks=sum(part.checks for part in parts),
    )


def _file(request: Request) -> Mapping[str, str]:
    """What conftest writes to `data.conftest.file`; a path within a repo counts from the root."""
    said = request.more.get("file")
    if isinstance(said, Mapping) and {"name", "dir"} <= said.keys():
        return {"name": str(said["name"]), "dir": str(said["dir"])}
    whole = join("/", request.path)
    return {"name": basename(whole), "dir": dirname(whole)}
