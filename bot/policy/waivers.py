"""Waivers: who need not keep which rule until when, and what is wrong with that. Knows no clock.

The base branch's waivers excuse; those of a pull request are only shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Protocol

from pydantic import ValidationError

from bot.catalog import own
from bot.catalog.entity import Catalog, Entity
from bot.catalog.layout import matches
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.model.plan import Fact, Finding, Severity
from bot.model.rules import BUILT_IN

ENDING = 14
"""Days before its end that a waiver is warned about."""


class Limits(Protocol):
    """What a rule allows its waivers."""

    @property
    def waivable(self) -> bool: ...
    @property
    def max_waiver_days(self) -> int: ...


Limited = Callable[[str], "Limits | None"]
"""A rule's limits by its name; None where there is no such rule."""


@dataclass(frozen=True)
class Waiver:
    """Targets are full references, and both they and rules may hold `*`. `expires` is the last day."""

    name: str
    rules: tuple[str, ...]
    targets: tuple[str, ...]
    paths: tuple[str, ...]
    environments: tuple[str, ...]
    reason: str
    owner: str
    expires: date
    entity: Entity = field(repr=False, compare=False)

    def days_left(self, today: date) -> int:
        """0 on its last day, negative afterwards."""
        return (self.expires - today).days

    def is_of(self, rule: str) -> bool:
        """Whether it names the rule."""
        return any(fnmatchcase(rule, one) for one in self.rules)

    def covers(self, rule: str, ref: str, paths: Iterable[str], environment: str) -> bool:
        """Whether it is about this, be it in force or not."""
        return (
            self.is_of(rule)
            and (
                any(fnmatchcase(ref, one) for one in self.targets)
                or any(matches(path, one) for path in paths for one in self.paths)
            )
            and (not self.environments or not environment or environment in self.environments)
        )

    def holds(self, limits: Limits, today: date) -> bool:
        """Whether it is in force for a rule with these limits."""
        return limits.waivable and 0 <= self.days_left(today) <= limits.max_waiver_days


def waivers(catalog: Catalog) -> tuple[Waiver, ...]:
    """All that are well-formed, by path. What is wrong with the others, the catalog's check says."""
    return tuple(
        found
        for one in catalog.of_kind("Waiver")
        if one.api_version == own.API_VERSION
        and catalog.get(one.ref) is one
        and (found := _waiver(one)) is not None
    )


def _waiver(entity: Entity) -> Waiver | None:
    try:
        spec = own.WaiverSpec.model_validate(dict(entity.spec))
    except ValidationError:
        return None
    return Waiver(
        name=entity.name,
        rules=tuple(filter(None, (spec.rule, *spec.rules))),
        targets=tuple(map(_ref, spec.targets)),
        paths=tuple(spec.paths),
        environments=tuple(spec.environments),
        reason=spec.reason.strip(),
        owner=spec.owner,
        expires=date.fromisoformat(spec.expires),
        entity=entity,
    )


def _ref(target: str) -> str:
    try:
        return parse_ref(target, "component")
    except ReferenceBroken:
        return target.lower()


def waiver_findings(
    found: Iterable[Waiver],
    catalog: Catalog,
    limits: Limited,
    names: Iterable[str],
    today: date,
    *,
    ending: bool = True,
) -> Iterator[Finding]:
    """What is wrong with waivers, or will soon be. `names`: of all rules. `ending`: also what ends soon."""
    known = sorted(names)
    for one in found:
        shape = _shape(one)
        if shape is not None:
            yield shape
            continue
        yield from _rules(one, limits, known, today)
        yield from _targets(one, catalog)
        if _is_wide(one):
            yield _finding("waiver-wide", Severity.WARN, one, ("spec", "targets"), {})
        left = one.days_left(today)
        if left < 0:
            yield _finding("waiver-expired", Severity.WARN, one, ("spec", "expires"), {"days": -left})
        elif left <= ENDING and ending:
            yield ending_finding(one, today)


def ending_finding(waiver: Waiver, today: date) -> Finding:
    """That it ends soon, or today."""
    left = waiver.days_left(today)
    facts: dict[str, Fact] = {"days": left}
    if left <= 1:
        facts["case"] = ("today", "tomorrow")[left]
    return _finding("waiver-ending", Severity.WARN, waiver, ("spec", "expires"), facts)


def unused_finding(waiver: Waiver) -> Finding:
    """That nothing needs it."""
    return _finding("waiver-unused", Severity.INFO, waiver, ("metadata", "name"), {})


def _shape(one: Waiver) -> Finding | None:
    case = "rule" if not one.rules else "target" if not (one.targets or one.paths) else ""
    return _finding("waiver-empty", Severity.DENY, one, ("spec",), {"case": case}) if case else None


def _is_wide(one: Waiver) -> bool:
    """Whether it excuses everything from all rules, if only in some environments."""
    every = [*(target.rpartition("/")[2] for target in one.targets), *one.paths]
    return any(not rule.strip("*") for rule in one.rules) and any(not each.strip("*/") for each in every)


def _rules(one: Waiver, limits: Limited, known: list[str], today: date) -> Iterator[Finding]:
    for number, rule in enumerate(one.rules):
        place = _place(one, number, rule)
        said = limits(rule)
        is_pattern = "*" in rule
        if said is None:
            if not (is_pattern and any(fnmatchcase(name, rule) for name in known)):
                near = tuple(get_close_matches(rule[:100], known, n=3, cutoff=0.5))
                facts: dict[str, Fact] = {"rule": rule, "near": near}
                facts |= {"case": "built-in"} if rule in BUILT_IN else {}
                yield _finding("waiver-rule", Severity.DENY, one, place, facts)
        elif not said.waivable:
            yield _finding("waiver-forbidden", Severity.DENY, one, place, {"rule": rule})
        elif one.days_left(today) > said.max_waiver_days:
            latest = today + timedelta(days=said.max_waiver_days)
            facts = {"rule": rule, "most": said.max_waiver_days, "latest": latest.isoformat()}
            yield _finding("waiver-too-long", Severity.DENY, one, ("spec", "expires"), facts)


def _place(one: Waiver, number: int, rule: str) -> tuple[str | int, ...]:
    if one.entity.spec.get("rule") == rule:
        return ("spec", "rule")
    return ("spec", "rules", number - (1 if one.entity.spec.get("rule") else 0))


def _targets(one: Waiver, catalog: Catalog) -> Iterator[Finding]:
    for number, ref in enumerate(one.targets):
        if "*" not in ref and catalog.get(ref) is None:
            yield _finding("waiver-target", Severity.WARN, one, ("spec", "targets", number), {"ref": ref})


def _finding(
    rule: str, severity: Severity, one: Waiver, pointer: tuple[str | int, ...], facts: Mapping[str, Fact]
) -> Finding:
    said: dict[str, Fact] = {"waiver": one.name, "until": one.expires.isoformat(), **facts}
    return Finding(rule, severity, one.entity.path, *one.entity.where(*pointer), said)
