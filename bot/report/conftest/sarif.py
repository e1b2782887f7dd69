"""Results as SARIF 2.1.0: what fails, warns or could not be evaluated; successes are not told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

from bot import __version__
from bot.model.plan import Severity
from bot.policy.evaluate import Checked, Said
from bot.report.conftest.text import message_of
from bot.report.formats.sarif import SCHEMA, uri

_LEVELS = {Severity.DENY: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def as_sarif(results: Sequence[Checked]) -> str:
    """One run. A rule is `main.deny_latest` of Rego, else the policy's name."""
    told = [each for one in results for each in _told(one)]
    ids = sorted({said.rule for _, said, _, _ in told})
    numbers = {rule: number for number, rule in enumerate(ids)}
    failed = any(level == "error" for _, _, level, _ in told)
    run = {
        "tool": {
            "driver": {"name": "Roadcrew", "version": __version__, "rules": [_rule(one) for one in ids]}
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, "exitCode": int(failed)}],
        "results": [_result(one, said, level, kind, numbers) for one, said, level, kind in told],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str) -> dict[str, Any]:
    said = f"What the rule {name} does not let pass."
    return {"id": name, "shortDescription": {"text": name}, "help": {"text": said, "markdown": said}}


def _told(one: Checked) -> Iterator[tuple[Checked, Said, str, str]]:
    """With the level, and what kind of result it is."""
    for said in one.failures:
        yield one, said, "error", "fail"
    for said in one.not_evaluated:
        yield one, said, "error", "open"
    for said in one.warnings:
        yield one, said, _LEVELS[said.severity], "fail"


def _result(one: Checked, said: Said, level: str, kind: str, numbers: dict[str, int]) -> dict[str, Any]:
    path = said.path or one.filename
    text = message_of(said) if kind == "fail" else f"Not evaluated: {message_of(said)}"
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri(path)}}
    if said.line:
        physical["region"] = {"startLine": said.line, "startColumn": max(1, said.column)}
    identity = f"{said.rule}\0{path}\0{text}".encode(errors="backslashreplace")
    found: dict[str, Any] = {
        "ruleId": said.rule,
        "ruleIndex": numbers[said.rule],
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"roadcrew/v1": sha256(identity).hexdigest()},
    }
    # SARIF wants no level but "none" beside a kind other than "fail"; what was not judged must not be hidden.
    return found | ({"properties": {"notEvaluated": True}} if kind != "fail" else {})
