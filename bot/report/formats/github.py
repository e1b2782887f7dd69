"""Findings as GitHub's workflow commands, which become annotations when a workflow prints them.

Source: docs.github.com, "Workflow commands for GitHub Actions"; escaping as in @actions/core, command.ts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.model.plan import Finding, Severity
from bot.report.sentences import RULES, say

_COMMANDS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "notice"}


def as_github(findings: Sequence[Finding], _entities: int) -> str:
    """A line for each finding."""
    return "\n".join(_command(finding) for finding in findings)


def _command(finding: Finding) -> str:
    sentence = say(finding)
    words = RULES.get(finding.rule)
    properties = {
        "file": finding.path,
        "line": str(finding.line or ""),
        "col": str(finding.column or ""),
        "title": f"{words.title} ({finding.rule})" if words else finding.rule,
    }
    return command(_COMMANDS[finding.severity], properties, f"{sentence.message} {sentence.fix}".strip())


def command(word: str, properties: Mapping[str, str], message: str) -> str:
    """One workflow command: `error`, `warning` or `notice`. Empty properties are left out."""
    said = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{word} {said}::{_data(message)}"


def _data(text: str) -> str:
    return _encodable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _encodable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
