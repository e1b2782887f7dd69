"""The tests of rules that a change touches, or whose rules it changes, run against these as they would be.

Part of `review`. It runs no more than may hold up a review, and says so when there are more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice

from bot.catalog.broken import Broken
from bot.catalog.check import layout_of
from bot.catalog.layout import is_below
from bot.catalog.reader import is_yaml, path_rule
from bot.deciders.bench import Bench, Platform
from bot.deciders.standing import is_file
from bot.model.plan import Fact, Finding, Severity
from bot.policy.cases import Case, cases_of, is_suite, policy_name, run_cases
from bot.policy.documents import Document, documents_of
from bot.policy.rego.engine import Problem
from bot.policy.rego.suites import RegoTest, Suite, request_of, suites
from bot.policy.verdict import Outcome, Shared

_LONGEST = 300
MOST = 500
"""Tests that one review runs."""
LONGEST = timedelta(seconds=60)
"""After this none is begun. What is under way has the limits of every judgement."""
_Dead = Callable[[], bool]


def tried_findings(bench: Bench, changed: Collection[str]) -> Iterator[Finding]:
    """`rule-test` at each test that does not come out as expected. `changed`: names of rules."""
    cases, problems = _cases(bench)
    wanted = _wanted(cases, bench, changed)
    rego, unread = _rego(bench)
    is_late = _deadline(bench)
    ran, found = _cases_run(bench, wanted[:MOST], is_late)
    yield from found
    some, found = _rego_run(bench, rego, MOST - len(wanted[:MOST]), is_late)
    yield from found
    whole = len(wanted) + sum(len(_due(one)) for one in rego)
    if ran + some < whole:
        facts: dict[str, Fact] = {"ran": ran + some, "tests": whole, "case": "cut"}
        yield Finding("rule-test", Severity.WARN, _somewhere(wanted, rego), 0, 0, facts)
    for problem in (*problems, *unread):
        if problem.path in bench.touched:
            facts = {"reason": problem.message[:_LONGEST], "case": "shape"}
            yield Finding("rule-test", Severity.DENY, problem.path, problem.line, problem.column, facts)


def _deadline(bench: Bench) -> _Dead:
    """Whether the time is over. Without a clock it never is."""
    clock = bench.snapshot.clock
    if clock is None:
        return lambda: False
    until = clock() + LONGEST
    return lambda: clock() >= until


def _somewhere(cases: Sequence[Case], rego: Sequence[Suite]) -> str:
    return cases[-1].path if cases else rego[-1].tests[0].path


def _wanted(cases: Sequence[Case], bench: Bench, changed: Collection[str]) -> list[Case]:
    """Those that the change writes come first, then those of rules that it changes."""
    policies = {one.name: one.policy for one in bench.merged.rules.rulings}
    written = [one for one in cases if one.path in bench.touched]
    others = [one for one in cases if one.path not in bench.touched]
    return written + [one for one in others if policy_name(one.rule, policies) in changed]


def _cases_run(bench: Bench, cases: Sequence[Case], is_late: _Dead) -> tuple[int, list[Finding]]:
    """How many were run, and what is wrong."""
    rules = bench.merged.rules
    ran = run_cases(
        cases,
        {one.name: one.policy for one in rules.rulings},
        bench.snapshot.judge,
        parameters=rules.parameters,
        data=rules.data,
        now=bench.snapshot.now.isoformat(),
        is_late=is_late,
    )
    return len(ran), [
        _finding(one.case.path, one.case.line, one.problem, rule=one.case.rule, name=one.case.name)
        for one in ran
        if one.problem
    ]


def _finding(path: str, line: int, reason: str, **facts: Fact) -> Finding:
    return Finding("rule-test", Severity.DENY, path, line, 0, {**facts, "reason": reason[:_LONGEST]})


def _rego_run(bench: Bench, rego: Sequence[Suite], most: int, is_late: _Dead) -> tuple[int, list[Finding]]:
    """How many of at most so many were run, and what is wrong."""
    rules, now = bench.merged.rules, bench.snapshot.now.isoformat()
    found: list[Finding] = []
    ran = 0
    for suite in rego:
        tests = list(islice(_due(suite), most - ran))
        if not tests or is_late():
            break
        requests = [request_of(one) for one in tests]
        (verdicts,) = bench.snapshot.judge([suite.policy], requests, Shared(data=rules.data, now=now))
        ran += len(tests)
        for test, verdict in zip(tests, verdicts, strict=True):
            if verdict.outcome is not Outcome.PASS:
                said = verdict.reason or "; ".join(one.message for one in verdict.violations)
                name, rule = test.name, suite.policy.name
                found.append(_finding(test.path, test.line, said, rule=rule, name=name, case="rego"))
    return ran, found


def _due(suite: Suite) -> list[RegoTest]:
    return [one for one in suite.tests if one.is_due]


def _rego(bench: Bench) -> tuple[list[Suite], list[Problem]]:
    """Rego's tests in packages whose modules or data are not what they were, and files that are no Rego."""
    if bench.base.rules.data == bench.merged.rules.data and not any(map(_is_rego, bench.touched)):
        return [], []
    found, problems = suites(_modules(bench.merged))
    before, _ = suites(_modules(bench.base))
    same = {one.policy.digest for one in before} if bench.base.rules.data == bench.merged.rules.data else ()
    loaded = layout_of(bench.merged.catalog).is_rule
    tests = [one for one in problems if one.path.endswith("_test.rego") or not loaded(one.path)]
    return [one for one in found if one.policy.digest not in same], tests


def _modules(platform: Platform) -> Mapping[str, bytes]:
    """All Rego below the rules, tests and libraries too."""
    tree, rules = platform.tree, layout_of(platform.catalog).rules
    return {
        one.path: tree.read(one.path)
        for one in tree.list("" if rules == "." else rules)
        if _is_rego(one.path) and is_below(one.path, rules) and is_file(one) and not path_rule(one)
    }


def _is_rego(path: str) -> bool:
    return path.endswith(".rego")


def _cases(bench: Bench) -> tuple[list[Case], list[Problem]]:
    documents, unread = _documents(bench)
    cases, problems = cases_of(one for one in documents if is_suite(one))
    return cases, [*unread, *problems]


def _documents(bench: Bench) -> tuple[list[Document], list[Problem]]:
    """Of all files of tests among the rules, and those that cannot be read."""
    tree, rules = bench.merged.tree, layout_of(bench.merged.catalog).rules
    found: list[Document] = []
    unread: list[Problem] = []
    for entry in tree.list("" if rules == "." else rules):
        inside = entry.path.split("/")[:-1]
        if is_below(entry.path, rules) and "tests" in inside and is_yaml(entry.path) and is_file(entry):
            try:
                found += documents_of(entry.path, tree.read(entry.path))
            except Broken as broken:
                said = f"it cannot be read as YAML ({broken.rule})"
                unread.append(Problem(entry.path, broken.line, broken.column, said))
    return found, unread
