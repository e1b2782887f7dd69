"""Findings as one JSON object, for scripts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.model.plan import Finding
from bot.report.sentences import say


def as_json(findings: Sequence[Finding], entities: int) -> str:
    """`{"entities": N, "findings": [{rule, severity, path, line, column, message, fix}]}`."""
    return json.dumps({"entities": entities, "findings": [_finding(one) for one in findings]}, indent=2)


def _finding(finding: Finding) -> dict[str, str | int]:
    sentence = say(finding)
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "message": sentence.message,
        "fix": sentence.fix,
    }
