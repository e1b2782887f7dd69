"""How far a template's owner stands behind it: support level, the day it ends, and what its versions bring.

Judges what is said, and warns those who use what has no future; the day is an argument.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bot.catalog.broken import Broken
from bot.catalog.entity import Entity, Pointer
from bot.catalog.text import decode
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import EntryKind, Files

LEVELS = ("supported", "maintenance", "deprecated")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Support:
    """The level, and the day from which there is none; None where no end is planned."""

    level: str
    sunset: date | None

    def is_over(self, today: date) -> bool:
        """Whether support has ended."""
        return self.sunset is not None and self.sunset <= today


def support_of(entity: Entity) -> Support:
    """A template's support, of which `support_findings` finds nothing wrong."""
    sunset = entity.spec.get("sunset")
    return Support(str(entity.spec.get("support", LEVELS[0])), _day(sunset) if sunset is not None else None)


def support_findings(entity: Entity) -> list[Finding]:
    """A level or a day that cannot be understood."""
    findings: list[Finding] = []
    level, sunset = entity.spec.get("support", LEVELS[0]), entity.spec.get("sunset")
    if level not in LEVELS:
        facts: dict[str, Fact] = {"support": str(level)[:_LONGEST]}
        findings.append(template_finding(entity, "template-support", facts, "support"))
    if sunset is not None and _day(sunset) is None:
        facts = {"case": "date", "sunset": str(sunset)[:_LONGEST]}
        findings.append(template_finding(entity, "template-support", facts, "sunset"))
    return findings


def sunset_finding(
    entity: Entity, template: Entity, support: Support, pointer: Pointer, today: date | None
) -> Finding | None:
    """What to tell an entity that uses a template without a future, at the line where it names it."""
    is_over = today is not None and support.is_over(today)
    if not is_over and support.level != "deprecated":
        return None
    facts: dict[str, Fact] = {
        "component": entity.ref,
        "template": template.name,
        "owner": str(template.spec.get("owner", ""))[:_LONGEST],
    }
    if support.sunset is not None:
        facts |= {"case": "over" if is_over else "planned", "sunset": support.sunset.isoformat()}
    place = entity.where(*pointer)
    return Finding("template-sunset", Severity.WARN, entity.path, place.line, place.column, facts)


def changelog_path(entity: Entity) -> str:
    """Beside `template.yaml`."""
    return posixpath.join(posixpath.dirname(entity.path), "CHANGELOG.md")


def changelog_findings(files: Files, entity: Entity) -> tuple[Finding, ...]:
    """A version that the changelog has no heading for, such as `## 1.2.0`, or `## [v1.2.0] - 2026-01-02`."""
    path, version = changelog_path(entity), str(entity.spec.get("version"))
    facts: dict[str, Fact] = {"template": entity.name, "version": version[:_LONGEST], "file": path}
    entry = files.entry(path)
    if entry is None or entry.kind in (EntryKind.SYMLINK, EntryKind.SUBMODULE):
        place = entity.where("spec", "version")
        facts["case"] = "missing"
        return (Finding("template-changelog", Severity.WARN, entity.path, place.line, place.column, facts),)
    try:
        text = decode(files.read(path))
    except Broken:
        text = ""
    heading = re.compile(rf"^#{{1,6}}[ \t]+\[?v?{re.escape(version)}(?![0-9A-Za-z.+-])", re.MULTILINE)
    return () if heading.search(text) else (Finding("template-changelog", Severity.WARN, path, facts=facts),)


def template_finding(entity: Entity, rule: str, facts: Mapping[str, Fact], key: str = "") -> Finding:
    """A template that cannot be used, at a key of its spec, or at its name."""
    place = entity.where("spec", key) if key else entity.where("metadata", "name")
    said: dict[str, Fact] = {"template": entity.name, **facts}
    return Finding(rule, Severity.DENY, entity.path, place.line, place.column, said)


def _day(value: object) -> date | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
