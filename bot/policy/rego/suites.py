"""Runs the `test_*` rules of Rego files, as `opa test` and `conftest verify` do. It is given its engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from bot.policy.rego import outline as out
from bot.policy.rego.engine import Answer, Json, Problem, Question, RegoEngine
from bot.policy.rego.load import digest_of, rego_documents
from bot.policy.rego.modules import Known, known, namespace_of, reachable
from bot.policy.rego.outline import Head
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared, Verdict, Violation

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


@dataclasses.dataclass(frozen=True, slots=True)
class RegoTest:
    """One `test_*` rule and where it stands. `query` asks an engine for it."""

    name: str
    query: str
    path: str
    line: int

    @property
    def is_due(self) -> bool:
        """Whether it is to be run now; those that begin with `todo_test_` are not."""
        return not self.name.startswith(_LATER)


@dataclasses.dataclass(frozen=True, slots=True)
class Suite:
    """All tests of a package. `policy`: its modules with all that they refer to, and the digest of these."""

    policy: Policy
    tests: tuple[RegoTest, ...]


def suites(files: Mapping[str, bytes], version: str = "auto") -> tuple[list[Suite], list[Problem]]:
    """The packages that have tests, by name, and what is wrong with the files. Runs nothing."""
    documents, problems = rego_documents(files, version)
    modules = known(documents)
    named = [(name, _tests(modules, name)) for name in sorted({namespace_of(one) for one in modules})]
    return [_suite(modules, name, tests) for name, tests in named if tests], problems


def _suite(modules: Sequence[Known], namespace: str, tests: Mapping[str, tuple[Known, Head]]) -> Suite:
    used = [dataclasses.asdict(one.module) for one in reachable(modules, namespace)]
    policy = Policy(namespace, Language.REGO_TEST, tuple(used), digest_of([namespace, *used]))
    return Suite(
        policy,
        tuple(
            RegoTest(name, out.query(one.outline.package, head.name), one.module.path, head.line)
            for name, (one, head) in tests.items()
        ),
    )


def request_of(test: RegoTest) -> Request:
    """What a judge is asked for this test."""
    return Request(path=test.path, more={"test": test.query})


def judge_tests(
    engine: RegoEngine, policy: Policy, requests: Sequence[Request], shared: Shared
) -> list[Verdict]:
    """A verdict for each test that is asked for by `request_of`, in order."""
    modules = [one.module for one in known(policy.documents)]
    questions = [Question((str(one.more["test"]),), has_input=False) for one in requests]
    answers = engine.evaluate(modules, questions, shared.data, shared.now)
    return [_verdict(*_state(one), engine.name) for one in answers]


def _verdict(state: State, message: str, engine: str) -> Verdict:
    match state:
        case State.PASSED:
            return Verdict(Outcome.PASS, engine=engine)
        case State.ERROR:
            return Verdict(Outcome.NOT_EVALUATED, reason=message, engine=engine)
        case _:
            return Verdict(Outcome.FAIL, (Violation(message),), engine=engine)


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
    found, problems = suites(files, version)
    tested = [Tested("", one.path, State.ERROR, one.message, one.path, one.line) for one in problems]
    for suite in found:
        due = [one for one in suite.tests if one.is_due]
        modules = [one.module for one in known(suite.policy.documents)]
        questions = [Question((one.query,), has_input=False) for one in due]
        answers = engine.evaluate(modules, questions, data or {}, now)
        by_name = {test.name: answer for test, answer in zip(due, answers, strict=True)}
        tested += [
            Tested(suite.policy.name, one.name, *_state(by_name.get(one.name)), one.path, one.line)
            for one in suite.tests
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
