"""What rules say of a whole repo as an OpenReports Report, which dashboards of policies read.

Passes are counted and not listed, as the report itself says. Source: github.com/openreports/reports-api,
apis/openreports.io/v1alpha1/report_types.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bot.model.plan import Severity
from bot.policy.rules.faults import Fault

SOURCE = "roadcrew"
LISTED = ("fail", "warn", "error", "skip")
"""Results that are listed one by one."""
_SEVERITIES = {Severity.DENY: "high", Severity.WARN: "medium", Severity.INFO: "info"}
_LONGEST = 1_000


def openreport(found: Iterable[Fault], passed: int, now: datetime) -> Mapping[str, Any]:
    """A Report of all that does not hold. What is waived or excepted is skipped, with what excuses it.

    `passed`: how many verdicts are a pass. `now`: with a time zone.
    """
    results = [_result(one, now) for one in found]
    counts = {name: sum(one["result"] == name for one in results) for name in LISTED}
    return {
        "apiVersion": "openreports.io/v1alpha1",
        "kind": "Report",
        "metadata": {"name": SOURCE},
        "source": SOURCE,
        "configuration": {"limits": {"maxResults": len(results), "statusFilter": [*LISTED]}},
        "summary": {"pass": passed, **counts},
        "results": sorted(results, key=_order),
    }


def _order(result: Mapping[str, Any]) -> tuple[str, ...]:
    severities = [*_SEVERITIES.values()]
    place = result["properties"].get("path", "")
    return (
        str(LISTED.index(result["result"])),
        str(severities.index(result["severity"])),
        result["policy"],
        place,
    )


def _result(one: Fault, now: datetime) -> dict[str, Any]:
    message = one.reason or one.violation.message
    return {
        "source": SOURCE,
        "policy": one.ruling.name,
        "rule": one.rule if one.rule != one.ruling.name else one.violation.rule,
        "severity": _SEVERITIES[one.severity],
        "timestamp": {"seconds": int(now.timestamp()), "nanos": 0},
        "result": _outcome(one),
        "scored": one.severity is Severity.DENY,
        "resources": [_subject(one)],
        "message": message if len(message) <= _LONGEST else f"{message[:_LONGEST]}\u2026",
        "properties": _properties(one, now),
    }


def _outcome(one: Fault) -> str:
    if one.waiver is not None or one.exception:
        return "skip"
    if one.reason:
        return "error"
    return "fail" if one.severity is Severity.DENY else "warn"


def _subject(one: Fault) -> Mapping[str, str]:
    """An ObjectReference. Of the pull request and of files there is only a name."""
    request = one.case.request
    value = request.object or request.old_object or request.more.get("entity") or {}
    known = value if isinstance(value, Mapping) else {}
    metadata = known.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    found = {
        "apiVersion": known.get("apiVersion"),
        "kind": known.get("kind"),
        "namespace": metadata.get("namespace"),
        "name": metadata.get("name") or one.case.ref,
    }
    return {key: str(text) for key, text in found.items() if text}


def _properties(one: Fault, now: datetime) -> Mapping[str, str]:
    path, line, column = one.place
    found: dict[str, object] = {
        "path": path,
        "line": line,
        "column": column,
        "entity": one.case.ref,
        "environment": one.case.environment,
        "owner": one.case.owner,
        "fix": one.ruling.fix,
        "link": one.ruling.link,
    }
    if one.exception:
        found["exception"] = one.exception
    if one.waiver is not None:
        left = one.waiver.days_left(now.date())
        found |= {"waiver": one.waiver.name, "expires": one.waiver.expires.isoformat()}
        found |= {"daysLeft": str(left), "reason": one.waiver.reason}
    return {key: str(text) for key, text in found.items() if text}
