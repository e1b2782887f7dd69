"""How much each rule weighs here: `kind: Rule` entities override the built-in severities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from bot.catalog import own
from bot.catalog.entity import Entity
from bot.model.plan import Finding, Severity
from bot.model.rules import LOCKED

OFF = "off"
_KNOWN = frozenset({OFF, *Severity})


def apply_severities(findings: Iterable[Finding], rules: Iterable[Entity]) -> tuple[Finding, ...]:
    """The findings with the severities that the rules give, without those of a rule that is off.

    A Rule that is malformed or names a rule that must stay as it is changes nothing; `check` reports it.
    """
    given = _given(rules)
    judged = (_weighed(finding, given.get(finding.rule)) for finding in findings)
    return tuple(finding for finding in judged if finding is not None)


def on_day(rules: Iterable[Entity], today: date) -> tuple[Entity, ...]:
    """The rules as they weigh on a day: those whose `denyFrom` has come deny."""
    return tuple(_denying(one) if _has_come(one, today) else one for one in rules)


def _denying(rule: Entity) -> Entity:
    return replace(rule, spec={**rule.spec, "severity": Severity.DENY.value})


def _has_come(rule: Entity, today: date) -> bool:
    day = rule.spec.get("denyFrom")
    if not isinstance(day, str) or not own.is_day(day) or rule.spec.get("severity") == OFF:
        return False
    return date.fromisoformat(day) <= today


def _given(rules: Iterable[Entity]) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for rule in rules:
        severity = rule.spec.get("severity")
        if own.is_severity(rule) and isinstance(severity, str) and severity in _KNOWN:
            given.setdefault(rule.name, severity)
    return {name: severity for name, severity in given.items() if name not in LOCKED}


def _weighed(finding: Finding, severity: str | None) -> Finding | None:
    if severity is None:
        return finding
    return None if severity == OFF else replace(finding, severity=Severity(severity))
