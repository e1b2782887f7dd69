"""How much each rule weighs here: `kind: Rule` entities override the built-in severities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

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


def _given(rules: Iterable[Entity]) -> Mapping[str, str]:
    given: dict[str, str] = {}
    for rule in rules:
        severity = rule.spec.get("severity")
        if rule.api_version == own.API_VERSION and isinstance(severity, str) and severity in _KNOWN:
            given.setdefault(rule.name, severity)
    return {name: severity for name, severity in given.items() if name not in LOCKED}


def _weighed(finding: Finding, severity: str | None) -> Finding | None:
    if severity is None:
        return finding
    return None if severity == OFF else replace(finding, severity=Severity(severity))
