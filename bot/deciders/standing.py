"""All that stands in a platform tree, judged by rules: entities, rendered objects and files.

For `roadcrew check`, and for what new rules would do. Judges everything, so it costs what there is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from bot.catalog.check import layout_of
from bot.catalog.entity import Catalog, Entity
from bot.deciders.changes import Side
from bot.deciders.objects import Beside, Ground, ObjectCase, all_cases, objects_of
from bot.model.plan import Finding
from bot.model.tree import Entry, EntryKind, Files, Memo
from bot.policy.requests import Case, entity_case, file_case
from bot.policy.rules.compiles import compile_findings
from bot.policy.rules.excused import excused, is_about
from bot.policy.rules.faults import Fault, faults, findings_of
from bot.policy.rules.load import load_rules
from bot.policy.rules.match import is_file_meant
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.rules.verdicts import Around, reads_documents, verdicts
from bot.policy.severity import apply_severities, on_day
from bot.policy.verdict import Judge, Outcome
from bot.policy.waivers import Waiver, unused_finding, waiver_findings, waivers

_FILES = (EntryKind.FILE, EntryKind.EXECUTABLE)


@dataclass(frozen=True)
class Standing:
    """A tree and everything that is rendered from it. `rendered`: all environments, whole."""

    files: Files
    catalog: Catalog
    judge: Judge
    now: datetime
    memo: Memo = field(repr=False)
    rendered: Callable[[], Sequence[Side]] = field(repr=False)

    @property
    def today(self) -> date:
        return self.now.date()

    @cached_property
    def sides(self) -> Sequence[Side]:
        return self.rendered()

    @cached_property
    def rules(self) -> RuleSet:
        """The tree's own, where it keeps some: elsewhere a folder of that name is none of ours."""
        paths = (one.path for one in self.files.list())
        if not self.catalog.entities or not layout_of(self.catalog).has_catalog(paths):
            return RuleSet()
        return compiled_rules(self.files, self.catalog, self.judge, self.memo)

    def weighed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Findings of built-in rules as the tree's Rules weigh them today."""
        said = unnamed(findings, self.rules)
        return apply_severities(said, on_day(self.catalog.of_kind("Rule"), self.today))

    @cached_property
    def entities(self) -> list[Case]:
        """All entities as cases."""
        around = Around(RuleSet(), self.catalog, "")
        every = (one for one in self.catalog.entities if self.catalog.get(one.ref) is one)
        return [remembered_case(one, around.owner_of(one.ref), self.memo) for one in every]

    def objects(self, rules: RuleSet) -> Iterator[tuple[Around, list[ObjectCase]]]:
        """All objects as cases, environment by environment."""
        needs = {need for one in rules.active("object", self.today) for need in one.needs}
        beside = Beside(has_siblings="siblings" in needs)
        around = Around(rules, self.catalog, self.now.isoformat())
        for side in self.sides:
            if side.environment is not None:
                here = around.beside(lambda side=side: objects_of(side))  # type: ignore[misc]
                ground = Ground(self.files, self.catalog, side.environment, here, self.memo, beside)
                yield here, all_cases(side, ground)

    def faults(self, rules: RuleSet, only: Collection[Ruling] | None = None) -> list[Fault]:
        """What these rules say of all of it; `only` these of them."""
        wanted = self._wanted(rules, only)
        return [
            fault
            for judges, cases, around in self._cases(rules, wanted)
            for fault in faults(
                self.judge, cases, around, self.memo, judges=judges, today=self.today, only=wanted
            )
        ]

    def passed(self, rules: RuleSet) -> int:
        """How many things pass a rule that concerns them, rule by rule."""
        wanted = self._wanted(rules, None)
        return sum(
            verdict.outcome is Outcome.PASS
            for judges, cases, around in self._cases(rules, wanted)
            for _, _, verdict in verdicts(
                self.judge, [one for one in wanted if one.judges == judges], cases, around, self.memo
            )
        )

    def _wanted(self, rules: RuleSet, only: Collection[Ruling] | None) -> list[Ruling]:
        return [one for one in (rules.rulings if only is None else only) if one.severity(self.today)]

    def _cases(
        self, rules: RuleSet, wanted: Sequence[Ruling]
    ) -> Iterator[tuple[str, Sequence[Case], Around]]:
        """What is judged, of each kind that some rule judges, and what is around it."""
        judged = {one.judges for one in wanted}
        around = Around(rules, self.catalog, self.now.isoformat())
        if "entity" in judged:
            yield "entity", self.entities, around
        if "file" in judged:
            yield "file", self._files(wanted), around
        if "object" in judged:
            for here, cases in self.objects(rules):
                yield "object", cases, here

    def _files(self, rulings: Sequence[Ruling]) -> list[Case]:
        mine = [one for one in rulings if one.judges == "file"]
        wanted = [one.paths for one in mine]
        is_parsed = any(map(reads_documents, mine))
        return [
            file_case(one.path, self.files.read(one.path), is_parsed=is_parsed)
            for one in self.files.list()
            if is_file(one) and any(is_file_meant(one.path, patterns) for patterns in wanted)
        ]


def remembered_case(entity: Entity, owner: str, memo: Memo) -> Case:
    """An entity as a case, made once for the same text."""
    if b"$" in entity.source:
        return entity_case(entity, owner)  # other files may be part of it
    key = ("case", entity.path, entity.index, entity.source)
    if key not in memo:
        memo[key] = entity_case(entity, owner)
    found: Case = memo[key]
    return found


def is_file(entry: Entry) -> bool:
    """Whether it can be read, and leads nowhere else."""
    return entry.kind in _FILES


def compiled_rules(files: Files, catalog: Catalog, judge: Judge, memo: Memo) -> RuleSet:
    """A tree's rules, with what is wrong with them."""
    rules = load_rules(files, catalog, layout_of(catalog), memo)
    found = compile_findings(rules, judge, memo)
    return replace(rules, findings=(*rules.findings, *found)) if found else rules


def unnamed(findings: Iterable[Finding], *known: RuleSet) -> tuple[Finding, ...]:
    """Without the catalog's complaints about names that are those of policies."""
    return tuple(
        one
        for one in findings
        if one.rule != "rule-unknown" or not any(each.knows(str(one.facts.get("name"))) for each in known)
    )


def standing_findings(standing: Standing) -> tuple[Finding, ...]:
    """What a tree's own rules say of it, and what is wrong with these and with its waivers."""
    rules, today = standing.rules, standing.today
    known = waivers(standing.catalog)
    found = excused(standing.faults(rules), known, today)
    names = [one.name for one in rules.rulings]
    besides = [*rules.findings, *waiver_findings(known, standing.catalog, rules.get, names, today)]
    besides += [unused_finding(one) for one in known if _is_idle(one, found, rules, today)]
    return (*standing.weighed(besides), *findings_of(found, today))


def _is_idle(waiver: Waiver, found: Iterable[Fault], rules: RuleSet, today: date) -> bool:
    """Whether all its rules were asked, and nothing of it was needed."""
    ruled = [ruling for name in waiver.rules if (ruling := rules.get(name)) is not None]
    is_asked = bool(ruled) and all(one.judges != "pull" for one in ruled)
    return is_asked and waiver.days_left(today) >= 0 and not any(is_about(waiver, one) for one in found)
