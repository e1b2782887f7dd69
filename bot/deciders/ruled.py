"""What the rules say of a change, as findings, with what is wrong with rules and waivers. Part of `review`.

The base branch's rules and waivers judge; those of the pull request are only looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from bot.deciders.bench import Bench
from bot.deciders.enforced import Enforcement
from bot.deciders.shift import rules_shift
from bot.deciders.tried import tried_findings
from bot.model.plan import Fact, Finding, Plan, Severity
from bot.model.rule_impact import RulesImpactPart
from bot.policy.rules.excused import excused, is_about
from bot.policy.rules.faults import Fault, findings_of
from bot.policy.severity import apply_severities, on_day
from bot.policy.waivers import Limits, Waiver, waiver_findings
from bot.templating.environment import environments

_OF_TIME = ("waiver-expired", "waiver-ending")


def outside_findings(bench: Bench) -> tuple[Finding, ...]:
    """Of a change that touches none of the platform's own folders."""
    found = excused(bench.outside(), bench.base.waivers, bench.today)
    return findings_of(found, bench.today)


def ruled_plan(bench: Bench) -> Plan:
    """All findings of the base branch's rules, and what there is to know of rules and waivers."""
    found = bench.faults()
    shift = rules_shift(bench)
    besides = [*_rule_findings(bench), *_waiver_findings(bench, found)]
    besides += _unexported(bench)
    besides += [*_stopped(bench, shift), *_unjudged(bench, shift)]
    besides += tried_findings(bench, shift.rules if shift else ())
    weighed = apply_severities(besides, on_day(bench.base.catalog.of_kind("Rule"), bench.today))
    return Plan(findings=findings_of(found, bench.today) + weighed, parts=(shift,) if shift else ())


def _rule_findings(bench: Bench) -> Iterator[Finding]:
    """What is wrong with the rules as they would be, as far as this change answers for it."""
    known = {_identity(one) for one in bench.base.rules.findings}
    for one in bench.merged.rules.findings:
        if one.path in bench.touched or _identity(one) not in known:
            yield one


def _unexported(bench: Bench) -> Iterator[Finding]:
    """Touched rules that the clusters which shall judge by rules do not get."""
    merged, known = bench.merged, set[str]()
    enforcement = Enforcement(merged.tree, merged.catalog, bench.today, bench.snapshot.memo)
    for stage in environments(merged.catalog):
        for one in enforcement.exported(stage).left if stage.rules.export else ():
            ruling = merged.rules.get(one.rule)
            if ruling is not None and ruling.policy.path in bench.touched and one.rule not in known:
                known.add(one.rule)
                facts: dict[str, Fact] = {"name": one.rule, "case": one.reason, "what": one.what}
                place = ruling.policy.path, ruling.policy.line
                yield Finding("rule-not-exported", Severity.INFO, *place, facts=facts)


def _stopped(bench: Bench, shift: RulesImpactPart | None) -> Iterator[Finding]:
    """Rules that had to be stopped when they were asked of all that there is, each at its file."""
    said = {one.facts.get("name") for one in bench.merged.rules.findings if one.rule == "rule-stopped"}
    for name, reason in shift.stopped if shift else ():
        ruling = bench.merged.rules.get(name)
        if ruling is not None and ruling.policy.path and name not in said:
            facts: dict[str, Fact] = {"name": name, "reason": reason, "case": "impact"}
            yield Finding("rule-stopped", Severity.DENY, ruling.policy.path, ruling.policy.line, facts=facts)


def _unjudged(bench: Bench, shift: RulesImpactPart | None) -> Iterator[Finding]:
    """Rules that could not judge some of what there is, each at its file, unless that tells why already."""
    said = {one.facts.get("name") for one in bench.merged.rules.findings}
    for name, reason, times in shift.unjudged if shift else ():
        ruling = bench.merged.rules.get(name)
        if ruling is not None and ruling.policy.path and name not in said:
            facts: dict[str, Fact] = {"name": name, "reason": reason, "times": times, "case": "impact"}
            place = ruling.policy.path, ruling.policy.line
            yield Finding("rule-not-evaluated", Severity.WARN, *place, facts=facts)


def _identity(finding: Finding) -> tuple[object, ...]:
    return (finding.rule, finding.path, tuple(sorted(finding.facts.items(), key=str)))


def _waiver_findings(bench: Bench, found: Sequence[Fault]) -> Iterator[Finding]:
    """Of touched waivers everything; of others that they end or are over, where that matters here."""
    waivers = bench.merged.waivers
    mine = [one for one in waivers if one.entity.path in bench.touched]
    rules = (bench.base.rules, bench.merged.rules)
    names = sorted({one.name for side in rules for one in side.rulings})

    def limits(name: str) -> Limits | None:
        return next((ruling for side in rules if (ruling := side.get(name)) is not None), None)

    yield from waiver_findings(mine, bench.merged.catalog, limits, names, bench.today)
    others = [one for one in waivers if one not in mine]
    yield from _timely(others, found, bench)


def _timely(waivers: Iterable[Waiver], found: Sequence[Fault], bench: Bench) -> Iterator[Finding]:
    for one in waivers:
        if any(is_about(one, fault) for fault in found):
            for finding in waiver_findings([one], bench.merged.catalog, lambda _: None, (), bench.today):
                if finding.rule in _OF_TIME:
                    yield finding
