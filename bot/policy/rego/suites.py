"""Runs the `test_*` rules of Rego files, as `opa test` and `conftest verify` do. It is given its engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from enum import StrEnum

from bot.policy.rego import outline as out
from bot.policy.rego.engine import Answer, Json, Question, RegoEngine
from bot.policy.rego.load import rego_documents
from bot.policy.rego.modules import Known, known, namespace_of, reachable
from bot.policy.rego.outline import Head

_TEST, _LATER = "test_", "todo_test_"


class State(StrEnum):
    """What came of a test. Only `passed` and `skipped` are well."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    """It could not be evaluated."""
    SKIPPED = "skipped"
    """Its name begins with `todo_test_`."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tested:
    """One test. `package` as conftest names it; lines count from 1; `message` says what is wrong."""

    package: str
    name: str
    state: State
    message: str = ""
    path: str = ""
    line: int = 0


def run_tests(
    engine: RegoEngine,
    files: Mapping[str, bytes],
    version: str = "auto",
    data: Mapping[str, Json] | None = None,
    now: str = "",
) -> list[Tested]:
    """Every test of the files, by package, as written. A package is compiled with what it refers to.

    Files that share a package and contradict each other belong in calls of their own, as with `opa test`.
    """
    documents, problems = rego_documents(files, version)
    modules = known(documents)
    tested = [Tested("", one.path, State.ERROR, one.message, one.path, one.line) for one in problems]
    for namespace in sorted({namespace_of(one) for one in modules}):
        tests = _tests(modules, namespace)
        if not tests:
            continue
        used = [one.module for one in reachable(modules, namespace)]
        due = [name for name in tests if not name.startswith(_LATER)]
        answers = engine.evaluate(used, [_question(tests[name]) for name in due], data or {}, now)
        by_name = dict(zip(due, answers, strict=True))
        tested += [
            Tested(namespace, name, *_state(by_name.get(name)), one.module.path, head.line)
            for name, (one, head) in tests.items()
        ]
    return tested


def _tests(modules: Iterable[Known], namespace: str) -> dict[str, tuple[Known, Head]]:
    """By name; the first of those that share one."""
    found: dict[str, tuple[Known, Head]] = {}
    for one in modules:
        if namespace_of(one) == namespace:
            for head in one.outline.heads:
                if head.name.startswith((_TEST, _LATER)):
                    found.setdefault(head.name, (one, head))
    return found


def _question(test: tuple[Known, Head]) -> Question:
    one, head = test
    return Question((out.query(one.outline.package, head.name),), has_input=False)


def _state(answer: Answer | None) -> tuple[State, str]:
    if answer is None:
        return State.SKIPPED, ""
    if answer.reason:
        return State.ERROR, answer.why
    if not answer.values[0]:
        return State.FAILED, "it is undefined"
    value = answer.values[0][0]
    if value is True or _are_all_true(value):
        return State.PASSED, ""
    return State.FAILED, "it is false" if value is False else "it is not true"


def _are_all_true(value: Json) -> bool:
    """Of a test with cases: `test_x[case] if ..` is an object of truths."""
    return isinstance(value, dict) and bool(value) and all(map(_are_true, value.values()))


def _are_true(value: Json) -> bool:
    return value is True or _are_all_true(value)
