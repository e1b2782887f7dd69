"""The tests of rules that a change touches, or whose rules it changes, run against these as they would be.

Part of `review`. Rego's own `test_*` rules need an engine and not a judge: `roadcrew rules test` runs them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bot.catalog.broken import Broken
from bot.catalog.check import layout_of
from bot.catalog.layout import is_below
from bot.catalog.reader import is_yaml
from bot.deciders.bench import Bench
from bot.deciders.standing import is_file
from bot.model.plan import Fact, Finding, Severity
from bot.policy.cases import Case, cases_of, is_suite, policy_name, run_cases
from bot.policy.documents import Document, documents_of
from bot.policy.rego.engine import Problem

_LONGEST = 300


def tried_findings(bench: Bench, changed: Collection[str]) -> Iterator[Finding]:
    """`rule-test` at each case that does not come out as expected. `changed`: names of rules."""
    policies = {one.name: one.policy for one in bench.merged.rules.rulings}
    cases, problems = _cases(bench)
    wanted = [one for one in cases if one.path in bench.touched or policy_name(one.rule, policies) in changed]
    rules, now = bench.merged.rules, bench.snapshot.now.isoformat()
    judge = bench.snapshot.judge
    for one in run_cases(wanted, policies, judge, parameters=rules.parameters, data=rules.data, now=now):
        if one.problem:
            facts: dict[str, Fact] = {"rule": one.case.rule, "name": one.case.name}
            facts["reason"] = one.problem[:_LONGEST]
            yield Finding("rule-test", Severity.DENY, one.case.path, one.case.line, 0, facts)
    for problem in problems:
        if problem.path in bench.touched:
            facts = {"reason": problem.message[:_LONGEST], "case": "shape"}
            yield Finding("rule-test", Severity.DENY, problem.path, problem.line, problem.column, facts)


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
