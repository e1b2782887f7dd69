"""Runs the `test_*` rules of Rego files, as `opa test` and `conftest verify` do. It is given its engine."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from bot.policy.rego.engine import Answer, Json, Problem, Question, RegoEngine
from bot.policy.rego.load import digest_of, rego_documents
from bot.policy.rego.modules import Known, known, namespace_of, reachable
from bot.policy.rego.testrules import LATER, TestRule, test_rules
from bot.policy.verdict import Language, Outcome, Policy, Request, Shared, Verdict, Violation

_NAMED = 5
"""Cases that a message names."""


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
class RegoTest(TestRule):
    """One test and where it stands."""

    @property
    def is_due(self) -> bool:
        """Whether it is to be run now; those that begin with `todo_test_` are not."""
        return not self.name.rpartition(".")[2].startswith(LATER)


@dataclasses.dataclass(frozen=True, slots=True)
class Suite:
    """All tests of a package. `policy`: its modules with all that they refer to, and the digest of these."""

    policy: Policy
    tests: tuple[RegoTest, ...]


def suites(files: Mapping[str, bytes], version: str = "auto") -> tuple[list[Suite], list[Problem]]:
    """The packages that have tests, by name, and what is wrong with the files. Runs nothing."""
    documents, problems = rego_documents(files, version)
    modules = known(documents)
    named = [(name, *test_rules(modules, name)) for name in sorted({namespace_of(one) for one in modules})]
    return [_suite(told, name, tests) for name, told, tests in named if tests], problems


def _suite(modules: Sequence[Known], namespace: str, tests: Sequence[TestRule]) -> Suite:
    used = [dataclasses.asdict(one.module) for one in reachable(modules, namespace)]
    policy = Policy(namespace, Language.REGO_TEST, tuple(used), digest_of([namespace, *used]))
    return Suite(policy, tuple(RegoTest(**dataclasses.asdict(one)) for one in tests))


def request_of(test: RegoTest) -> Request:
    """What a judge is asked for this test."""
    return Request(path=test.path, more={"test": test.query, "lost": test.lost})


def judge_tests(
    engine: RegoEngine, policy: Policy, requests: Sequence[Request], shared: Shared
) -> list[Verdict]:
    """A verdict for each test that is asked for by `request_of`, in order."""
    asked = [(str(one.more["test"]), str(one.more["lost"])) for one in requests]
    return [_verdict(*one, engine.name) for one in _states(engine, policy, asked, shared.data, shared.now)]


def _states(
    engine: RegoEngine,
    policy: Policy,
    asked: Sequence[tuple[str, str]],
    data: Mapping[str, Json],
    now: str,
) -> list[tuple[State, str]]:
    """What comes of each test, by what asks for it and for its cases."""
    modules = [one.module for one in known(policy.documents)]
    due = [pair for pair in asked if pair[0]]
    questions = [Question(tuple(one for one in pair if one), has_input=False) for pair in due]
    answers = dict(zip(due, engine.evaluate(modules, questions, data, now), strict=True)) if due else {}
    return [_state(answers[pair]) if pair[0] else _NO_TEST for pair in asked]


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
        states = iter(_states(engine, suite.policy, [(one.query, one.lost) for one in due], data or {}, now))
        for one in suite.tests:
            state = next(states) if one.is_due else (State.SKIPPED, "")
            tested.append(Tested(suite.policy.name, one.name, *state, one.path, one.line))
    return tested


_NO_TEST = (State.ERROR, "it is a function, and no test calls functions")


def _state(answer: Answer) -> tuple[State, str]:
    if answer.reason:
        return State.ERROR, answer.why
    if not answer.values[0]:
        return State.FAILED, "it is undefined"
    value = answer.values[0][0]
    if len(answer.values) > 1:
        return _of_cases(value, answer.values[1])
    if value is True:
        return State.PASSED, ""
    return State.FAILED, "it is false" if value is False else "it is not true"


def _of_cases(value: Json, lost: Sequence[Json]) -> tuple[State, str]:
    """Of a test with cases: all that are there are true, and none that was come to is missing."""
    missing = ["/".join(map(_text, keys)) for keys in (lost[0] if lost else [])]
    wrong = sorted({*missing, *_untrue(value)})
    if not wrong:
        return State.PASSED, ""
    more = f" and {len(wrong) - _NAMED:,} more" if len(wrong) > _NAMED else ""
    return State.FAILED, f"it fails for {', '.join(wrong[:_NAMED])}{more}"


def _untrue(value: Json, above: str = "") -> Iterator[str]:
    """Where a case is anything but true; OPA lets null pass."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _untrue(one, f"{above}/{key}" if above else key)
    elif value is not True and value is not None:
        yield above or "all"


def _text(key: Json) -> str:
    return key if isinstance(key, str) else json.dumps(key, separators=(",", ":"))
