"""Results of `roadcrew rules test` as text, JSON and TAP. Runs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.policy.cases import Judged
from bot.policy.rego.engine import Problem
from bot.policy.rego.suites import State, Tested
from bot.report.markdown import count
from bot.report.sentences.words import CONTROL, clean

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class Suite:
    """All that was run. `untried`: rules with what no case expects of them; `near`: for unknown rules."""

    cases: Sequence[Judged] = ()
    rego: Sequence[Tested] = ()
    problems: Sequence[Problem] = ()
    untried: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    near: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_strict: bool = False

    @property
    def failed(self) -> int:
        """How many tests failed, with files of tests that could not be read."""
        cases = sum(bool(one.problem) for one in self.cases)
        rego = sum(one.state in {State.FAILED, State.ERROR} for one in self.rego)
        return cases + rego + len(self.problems)

    @property
    def is_well(self) -> bool:
        """Whether the command ends well."""
        return not self.failed and not (self.is_strict and self.untried)


@dataclass(frozen=True, slots=True)
class _Line:
    rule: str
    name: str
    place: str
    problem: str
    is_skipped: bool = False


def as_text(suite: Suite) -> str:
    """Failures with what was given, then a line a rule, then what was not tried, then the sum."""
    blocks = [_problem(one) for one in suite.problems]
    blocks += [_failure(one, suite.near) for one in suite.cases if one.problem]
    blocks += [
        f"{_place(one.path, one.line)}  {one.package}.{one.name}\n    {one.state}: {_one_line(one.message)}"
        for one in suite.rego
        if one.state in {State.FAILED, State.ERROR}
    ]
    counts = [*_counts(suite)]
    if counts:
        blocks.append("\n".join(counts))
    word = "" if suite.is_strict else "Note: "
    lacking = [
        f"{word}{clean(name)} has no case that is expected to {' or to '.join(lacks)}."
        for name, lacks in suite.untried.items()
    ]
    blocks += ["\n".join(lacking)] if lacking else []
    return "\n\n".join([*blocks, _summary(suite)])


def _problem(one: Problem) -> str:
    return f"{_place(one.path, one.line)}  these cases cannot be read\n    {_one_line(one.message)}"


def _failure(one: Judged, near: Mapping[str, tuple[str, ...]]) -> str:
    case = one.case
    head = f"{_place(case.path, case.line)}  {clean(case.rule)}: {clean(case.name)}"
    lines = [head, f"    {_one_line(one.problem)}"]
    if close := near.get(case.rule):
        lines.append(f"    Did you mean {' or '.join(clean(name) for name in close)}?")
    lines += [f"    it said: {_one_line(text)}" for text in one.said]
    given = case.given.model_dump(exclude_defaults=True)
    lines.append(f"    given: {_one_line(json.dumps(given, default=str, ensure_ascii=False))}")
    return "\n".join(lines)


def _one_line(text: str) -> str:
    shown = " ".join(CONTROL.sub(" ", text).split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}\u2026"


def _place(path: str, line: int) -> str:
    return f"{clean(path)}:{line}" if line else clean(path)


def _lines(suite: Suite) -> Iterator[_Line]:
    for one in suite.problems:
        yield _Line(one.path, "its cases can be read", _place(one.path, one.line), one.message)
    for case in suite.cases:
        place = _place(case.case.path, case.case.line)
        yield _Line(case.case.rule, case.case.name, place, case.problem)
    for test in suite.rego:
        is_failed = test.state in {State.FAILED, State.ERROR}
        problem = (test.message or str(test.state)) if is_failed else ""
        is_skipped = test.state is State.SKIPPED
        yield _Line(test.package, test.name, _place(test.path, test.line), problem, is_skipped)


def _counts(suite: Suite) -> Iterator[str]:
    by_rule: dict[str, list[_Line]] = {}
    for one in _lines(suite):
        by_rule.setdefault(one.rule, []).append(one)
    wide = max((len(clean(name)) for name in by_rule), default=0)
    for name, lines in by_rule.items():
        failed = sum(bool(one.problem) for one in lines)
        said = f"{failed:,} failed" if failed else "ok"
        yield f"{clean(name):{wide}}  {count(len(lines), 'test')}, {said}"


def _summary(suite: Suite) -> str:
    lines = [*_lines(suite)]
    skipped = sum(one.is_skipped for one in lines)
    passed = len(lines) - suite.failed - skipped
    more = f", {skipped:,} skipped" if skipped else ""
    return f"{count(len(lines), 'test')}: {passed:,} passed, {suite.failed:,} failed{more}."


def as_json(suite: Suite) -> str:
    """`{"passed", "failed", "tests": [{rule, name, place, problem, skipped}], "untried": {rule: [..]}}`.

    A test of ours has `expected`, `got` and `said` as well.
    """
    lines = [*_lines(suite)]
    skipped = sum(one.is_skipped for one in lines)
    document: dict[str, Any] = {
        "passed": len(lines) - suite.failed - skipped,
        "failed": suite.failed,
        "skipped": skipped,
        "tests": [*_documents(suite)],
        "untried": {name: list(lacks) for name, lacks in suite.untried.items()},
    }
    return json.dumps(document, indent=2)


def _documents(suite: Suite) -> Iterator[dict[str, Any]]:
    by_case = iter(suite.cases)
    for number, one in enumerate(_lines(suite)):
        found: dict[str, Any] = {
            "rule": one.rule,
            "name": one.name,
            "place": one.place,
            "passed": not one.problem and not one.is_skipped,
            "problem": one.problem,
        }
        at = number - len(suite.problems)
        if 0 <= at < len(suite.cases):
            case = next(by_case)
            found |= {"expected": str(case.case.expect), "got": str(case.got), "said": list(case.said)}
        yield found


def as_tap(suite: Suite) -> str:
    """The plan, then a line a test with a comment on what is wrong."""
    lines = [*_lines(suite)]
    said = [f"1..{len(lines)}"]
    for number, one in enumerate(lines, 1):
        directive = " # SKIP" if one.is_skipped else ""
        name = f"{clean(one.rule)}: {clean(one.name)}".replace("#", "\\#")
        said.append(f"{'not ok' if one.problem else 'ok'} {number} - {name}{directive}")
        said += [f"# {one.place} {_one_line(one.problem)}"] if one.problem else []
    return "\n".join(said)


SUITE_FORMATS: Mapping[str, Callable[[Suite], str]] = {"text": as_text, "json": as_json, "tap": as_tap}
"""Suites to a text without a line break at its end."""
