"""Verdicts to findings: one for each thing to mend, at the line where it is mended.

The same fault at the same place, of many components or environments, is one finding with their number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from bot.catalog.layout import matches
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Memo
from bot.policy.requests import Case, Place
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.rules.verdicts import STOPPED, Around, verdicts
from bot.policy.verdict import Exempted, Judge, Language, Outcome, Verdict, Violation
from bot.policy.waivers import Waiver

_NAMED = 8
"""Others of the same fault that a finding names; it counts all of them."""
_LONGEST = 600


@dataclass(frozen=True)
class Fault:
    """A rule is broken by something, or could not be asked. `reason` says why it could not.

    `ruling` is the part of the policy that said so. `waiver`: what excuses it; `pending`: what would, once it
    is merged.
    """

    rule: str
    ruling: Ruling
    case: Case
    severity: Severity
    violation: Violation
    reason: str = ""
    waiver: Waiver | None = None
    pending: Waiver | None = None
    exception: str = ""
    """The policy's own, that lets it through."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same fault before and after a change, wherever it stands."""
        one = self.case
        return (self.rule, one.ref, one.environment, one.object, self.violation.message, self.reason)

    @cached_property
    def place(self) -> Place:
        """Where a person would mend it."""
        if self.reason.startswith(STOPPED):
            return self.ruling.policy.path, self.ruling.policy.line, 0
        if self.ruling.judges == "pull":
            return _in_pull(self), 0, 0
        said = self.violation.location
        line = said.get("line")
        if said.get("file") == self.case.path and isinstance(line, int) and line > 0:
            return self.case.path, line, 0
        return self.case.place(self.violation.field)


def faults(
    judge: Judge,
    cases: Sequence[Case],
    around: Around,
    memo: Memo,
    *,
    judges: str,
    today: date,
    only: Iterable[Ruling] | None = None,
) -> list[Fault]:
    """What the rule set around says of these cases. `judges`: what they are (entity, object, pull, file).

    `only`: of these rules alone.
    """
    active = around.rules.active(judges, today)
    wanted = active if only is None else [one for one in only if one in active]
    if not cases or not wanted:
        return []
    return [
        fault
        for ruling, case, verdict in verdicts(judge, wanted, cases, around, memo)
        for fault in _faults(ruling, case, verdict, around.rules, today)
    ]


def _faults(ruling: Ruling, case: Case, verdict: Verdict, rules: RuleSet, today: date) -> Iterator[Fault]:
    severity = ruling.severity(today)
    for one in verdict.exempted if severity is not None else ():
        yield _exempted(ruling, case, one, rules)
    if verdict.outcome in (Outcome.PASS, Outcome.SKIP, Outcome.EXCEPTED):
        return
    for violation in verdict.violations:
        name = ruling.called(violation.rule)
        part = rules.part(ruling, name)
        weight = part.weight.on(today, violation.severity)
        if weight is not None:
            yield Fault(name, part, case, weight, violation)
    if verdict.outcome is Outcome.NOT_EVALUATED and severity is not None:
        reason = verdict.reason or "the judge does not say why"
        yield Fault(ruling.name, ruling, case, severity, Violation(""), reason)
    elif not verdict.violations and severity is not None:
        yield Fault(ruling.name, ruling, case, severity, Violation("It does not hold."))


def _exempted(ruling: Ruling, case: Case, one: Exempted, rules: RuleSet) -> Fault:
    """What an exception lets through weighs nothing, and is seen all the same."""
    name = ruling.called(one.rule)
    said = Violation(f"Excepted: {one.message}.", Severity.INFO, one.rule)
    return Fault(name, rules.part(ruling, name), case, Severity.INFO, said, exception=one.message)


def _in_pull(fault: Fault) -> str:
    """A file of the pull request that the rule is about."""
    pull = fault.case.request.more.get("pull", {})
    paths = [str(path) for path in pull.get("paths", ())]
    documents = fault.ruling.policy.documents
    is_cel = fault.ruling.language is Language.CEL
    wanted = documents[0]["spec"].get("match", {}).get("paths", ()) if is_cel else ()
    meant = [path for path in paths if any(matches(path, pattern) for pattern in wanted)]
    return next(iter(meant or paths), fault.case.path)


def findings_of(found: Iterable[Fault], today: date) -> tuple[Finding, ...]:
    """One for each place and what is said there, the heaviest first."""
    alike: dict[tuple[object, ...], list[Fault]] = {}
    for one in found:
        alike.setdefault(_likeness(one), []).append(one)
    made = [_finding(group, today) for group in alike.values()]
    order = list(Severity)
    return tuple(
        sorted(made, key=lambda one: (order.index(one.severity), one.path, one.line, one.column, one.rule))
    )


def _likeness(fault: Fault) -> tuple[object, ...]:
    said = fault.violation.message or fault.reason
    waived = fault.waiver.name if fault.waiver else ""
    return (fault.rule, fault.severity, fault.place, without(said, _words(fault.case)), waived)


def _words(case: Case) -> tuple[str, ...]:
    return (*case.words, case.environment)


def without(said: str, words: Iterable[str]) -> str:
    """A text without the names of the one that it is about."""
    names = sorted({re.escape(one) for one in words if one}, key=lambda one: (-len(one), one))
    return re.sub(rf"(?<![A-Za-z0-9])(?:{'|'.join(names)})(?![A-Za-z0-9])", "\0", said) if names else said


def _finding(group: Sequence[Fault], today: date) -> Finding:
    first = group[0]
    facts = _facts(first) | _many(group)
    severity = first.severity
    if first.exception:
        facts["excepted"] = first.exception
    elif first.waiver is not None:
        severity = Severity.INFO
        facts |= {"waived": first.waiver.name, "days": first.waiver.days_left(today)}
        facts |= {"until": first.waiver.expires.isoformat()}
    elif first.pending is not None:
        facts["pending"] = first.pending.name
    rule = first.rule
    if first.reason:
        facts |= {"name": rule, "reason": first.reason[:_LONGEST].removeprefix(STOPPED)}
        rule = "rule-stopped" if first.reason.startswith(STOPPED) else "rule-not-evaluated"
    return Finding(rule, severity, *first.place, facts)


def _facts(fault: Fault) -> dict[str, Fact]:
    one, case = fault.ruling, fault.case
    facts: dict[str, Fact] = {
        "message": fault.violation.message[:_LONGEST],
        "title": one.title,
        "why": one.description,
        "fix": one.fix,
        "link": one.link,
        "subject": case.ref,
        "object": case.object,
        "owner": case.owner,
        "source": f"{one.policy.path}:{one.policy.line}" if one.policy.line else one.policy.path,
    }
    return {key: value for key, value in facts.items() if value}


def _many(group: Sequence[Fault]) -> dict[str, Fact]:
    """Who else it is, and where. Of one component in several environments only these are said."""
    environments = tuple(dict.fromkeys(one.case.environment for one in group if one.case.environment))
    refs = list(dict.fromkeys(one.case.ref for one in group))
    facts: dict[str, Fact] = {}
    if environments:
        facts["environments"] = environments
    if len(refs) > 1:
        facts |= {"more": len(refs) - 1, "others": tuple(refs[1 : _NAMED + 1])}
    return facts


def counted(found: Iterable[Fault]) -> Mapping[str, int]:
    """How often each rule is broken."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.rule] = counts.get(one.rule, 0) + 1
    return counts
