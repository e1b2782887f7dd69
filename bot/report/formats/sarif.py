"""Findings as SARIF 2.1.0, which GitHub's code scanning and editors read.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from bot import __version__
from bot.model.plan import Finding, Severity
from bot.report.sentences import RULES, Words, say
from bot.report.sentences.words import put

_LEVELS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "note"}
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(findings: Sequence[Finding], _entities: int) -> str:
    """One run with a rule for each id that occurs."""
    ids = sorted({finding.rule for finding in findings})
    numbers = {rule: number for number, rule in enumerate(ids)}
    first = {finding.rule: finding for finding in reversed(findings)}
    driver = {"name": "Roadcrew", "version": __version__, "rules": [_rule(first[rule]) for rule in ids]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The folder that was checked."}}},
        "results": [_result(finding, numbers[finding.rule]) for finding in findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(finding: Finding) -> dict[str, Any]:
    """Of a rule of one's own the words come with its findings."""
    rule = finding.rule
    words = RULES.get(rule) or _own(finding)
    fix = put(words, {}).fix if rule in RULES else words.fix
    help_text = f"{words.title}. {fix}".strip()
    found: dict[str, Any] = {
        "id": rule,
        "shortDescription": {"text": words.title},
        "help": {"text": help_text, "markdown": f"**{words.title}.** {fix}".strip()},
    }
    link = finding.facts.get("link")
    return found | ({"helpUri": link} if isinstance(link, str) and link.startswith("https://") else {})


def _own(finding: Finding) -> Words:
    facts = finding.facts
    said = " ".join(str(facts[name]) for name in ("why", "fix") if facts.get(name))
    return Words(title=str(facts.get("title") or finding.rule), message="", fix=said)


def _result(finding: Finding, number: int) -> dict[str, Any]:
    sentence = say(finding)
    message = f"{sentence.message} {sentence.fix}".strip()
    identity = f"{finding.rule}\0{finding.path}\0{sentence.message}".encode(errors="backslashreplace")
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(finding.path), "uriBaseId": "ROOT"}}
    if finding.line:
        physical["region"] = {"startLine": finding.line, "startColumn": max(1, finding.column)}
    found: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": message},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"roadcrew/v1": sha256(identity).hexdigest()},
    }
    waived = finding.facts.get("waived")
    if waived:
        said = f"Waived by {waived} until {finding.facts.get('until', '')}.".replace(" until .", ".")
        found["suppressions"] = [{"kind": "external", "justification": said}]
    elif "excepted" in finding.facts:
        said = f"Excepted by {finding.facts['excepted']}."
        found["suppressions"] = [{"kind": "external", "justification": said}]
    return found


def uri(path: str) -> str:
    """A path as SARIF's URI reference."""
    return quote(path.encode(errors="surrogateescape"), safe="/")
