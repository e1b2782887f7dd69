"""Findings as one JSON object, for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.model.plan import Fact, Finding
from bot.report.sentences import say

_MORE = ("link", "subject", "environments", "waived", "until", "excepted")


def as_json(findings: Sequence[Finding], entities: int) -> str:
    """`{"entities": N, "findings": [{rule, severity, path, line, column, message, fix}]}`.

    Findings of rules of one's own also have what there is of `link`, `subject` (the entity), `environments`,
    and of the waiver that excuses them: `waived` and `until`; or `excepted`, the policy's own exception.
    """
    return json.dumps({"entities": entities, "findings": [_finding(one) for one in findings]}, indent=2)


def _finding(finding: Finding) -> dict[str, Fact]:
    sentence = say(finding)
    found: dict[str, Fact] = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": sentence.message,
        "fix": sentence.fix,
    }
    return found | {name: finding.facts[name] for name in _MORE if finding.facts.get(name)}
