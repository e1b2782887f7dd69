"""conftest's conventions: which rules judge, what their results mean, and how they are counted.

From conftest's policy/engine.go and output/result.go (v0.6x). Where conftest gives up, so does this: with a
reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.model.plan import Severity
from bot.policy.rego.engine import Answer, Json
from bot.policy.verdict import Exempted, Outcome, Verdict, Violation

_WARNS = re.compile(r"warn(_[a-zA-Z0-9]+)*")
_FAILS = re.compile(r"(deny|violation)(_[a-zA-Z0-9]+)*")
_RESERVED = frozenset({"msg", "_loc"})
_LONGEST_MESSAGE = 10_000
"""Characters: a message is for people."""


class Fault(Exception):
    """A result that conftest takes for a broken policy."""


def severity_of(rule: str) -> Severity | None:
    """None if the rule's name is not one that judges."""
    if _FAILS.fullmatch(rule):
        return Severity.DENY
    return Severity.WARN if _WARNS.fullmatch(rule) else None


def bare(rule: str) -> str:
    """The name that an exception uses: `deny_latest` is `latest`, `deny` is empty."""
    return "" if rule in {"deny", "warn", "violation"} else rule.partition("_")[2]


def verdict(
    answer: Answer, rules: Sequence[str], *, exception: str, definitions: int, engine: str
) -> Verdict:
    """What the values of these rules, and then that of `exception` (a reference), come to.

    `definitions`: how many rules there are, alternatives counted. The verdict's `checks` less its violations
    and its exemptions is what conftest calls successes.
    """
    if answer.reason:
        return Verdict(Outcome.NOT_EVALUATED, reason=answer.why, engine=engine)
    found: list[Violation] = []
    exempted: list[Exempted] = []
    passed = 0
    try:
        for rule, value in zip(rules, answer.values, strict=False):
            results = _results(rule, value)
            excused = _exempted(answer.values[len(rules)], rule, exception)
            exempted += excused
            if not excused:
                found += [one for one in results if one.message]
                passed += sum(not one.message for one in results)
    except Fault as fault:
        return Verdict(Outcome.NOT_EVALUATED, reason=str(fault), engine=engine)
    checks = max(len(found) + len(exempted) + passed, definitions)
    outcome = Outcome.FAIL if found else Outcome.EXCEPTED if exempted else Outcome.PASS
    return Verdict(outcome, tuple(found), tuple(exempted), checks=checks, engine=engine)


def _exempted(exceptions: Sequence[Json], rule: str, exception: str) -> list[Exempted]:
    """One a name that matches, as `exception[_][_] == name` gives one result a binding."""
    name = bare(rule)
    said = f'{exception}[_][_] == "{name}"'
    hits = (one for value in exceptions for names in _children(value) for one in _children(names))
    return [Exempted(said, rule) for one in hits if one == name]


def _children(value: Json) -> Sequence[Json]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else ()


def _results(rule: str, value: Sequence[Json]) -> list[Violation]:
    """The results of one rule. Those without a message have passed: so has all that is no list."""
    listed = value[0] if value else None
    if not value:
        return []
    if not isinstance(listed, list) or not listed:
        return [Violation("", rule=rule)]
    return [_result(rule, one) for one in listed]


def _result(rule: str, value: Json) -> Violation:
    severity = severity_of(rule) or Severity.DENY
    if isinstance(value, str):
        return Violation(value[:_LONGEST_MESSAGE], severity, rule)
    if not isinstance(value, dict):
        raise Fault(f"{rule} gives a result that is neither a text nor an object with msg")
    message = value.get("msg")
    if not isinstance(message, str):
        raise Fault(f'{rule} gives an object whose "msg" is missing or is no text')
    metadata = {name: one for name, one in value.items() if name not in _RESERVED}
    location = _location(value.get("_loc"))
    return Violation(message[:_LONGEST_MESSAGE], severity, rule, location=location, metadata=metadata)


def _location(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        return {}
    file, line = value.get("file"), value.get("line")
    found: dict[str, Json] = {"file": file} if isinstance(file, str) and file else {}
    if isinstance(line, int | float) and not isinstance(line, bool):
        found["line"] = int(line)
    return found
