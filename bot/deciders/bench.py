"""The rules of the base branch judge a change: its entities, rendered objects, files, and itself.

Part of `review`. What base had already in a place that nobody touches is not held against the change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from bot.catalog.entity import Catalog, Entity
from bot.deciders.changes import Side
from bot.deciders.decider import Snapshot
from bot.deciders.objects import (
    Beside,
    Ground,
    ObjectCase,
    all_cases,
    as_before,
    objects_of,
    touched_cases,
)
from bot.deciders.proxy import asked_for
from bot.deciders.pulls import pull_of
from bot.deciders.standing import (
    compiled_rules,
    is_file,
    remembered_case,
    unnamed,
)
from bot.model.plan import Finding
from bot.model.tree import Change, Tree
from bot.policy.requests import Case, file_case, pull_case
from bot.policy.rules.excused import excused
from bot.policy.rules.faults import Fault, faults
from bot.policy.rules.match import is_file_meant
from bot.policy.rules.ruleset import RuleSet, Ruling
from bot.policy.rules.verdicts import Around, reads_documents
from bot.policy.waivers import Waiver, waivers
from bot.templating.render import Rendering

_NAMESPACED = ("namespaceSelector", "namespaceObject")


@dataclass(frozen=True)
class Platform:
    """A platform tree, before or after, with the rules that stand in it."""

    tree: Tree
    catalog: Catalog
    snapshot: Snapshot = field(repr=False)
    render: Callable[[str], Side] = field(repr=False)
    """All of an environment, by its name."""

    @cached_property
    def rules(self) -> RuleSet:
        """Its own rules, with what is wrong with them."""
        return compiled_rules(self.tree, self.catalog, self.snapshot.judge, self.snapshot.memo)

    @cached_property
    def waivers(self) -> tuple[Waiver, ...]:
        return waivers(self.catalog)

    def around(self, rules: RuleSet) -> Around:
        """What rules find around what they judge, when it stands in this tree."""
        return Around(rules, self.catalog, self.snapshot.now.isoformat())


@dataclass(frozen=True)
class Bench:
    """A change, and the rules that judge it. `pairs`: its renderings by environment, before and after."""

    base: Platform
    merged: Platform
    touched: Collection[str]
    """Changed paths of the platform's own folders."""
    pairs: Sequence[tuple[Side, Side]] = field(default=(), repr=False)
    requests: Sequence[Side] = field(default=(), repr=False)
    """What its requests would make, by environment, as if these were components."""

    @property
    def snapshot(self) -> Snapshot:
        return self.merged.snapshot

    @property
    def today(self) -> date:
        return self.snapshot.now.date()

    @property
    def rules(self) -> RuleSet:
        return self.base.rules

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        return tuple(self.base.tree.diff(self.merged.tree))

    @cached_property
    def pull(self) -> dict[str, Any] | None:
        """The pull request as expressions see it; None where there is none."""
        said = self.snapshot.pull
        if said is None:
            return None
        asked_by = asked_for(self.snapshot, self.merged.catalog, [one.path for one in self.changes])
        return pull_of(said, self.changes, self.base.catalog, asked_by=asked_by)

    @cached_property
    def _after(self) -> Around:
        return self.merged.around(self.rules)

    @cached_property
    def _before(self) -> Around:
        return self.base.around(self.rules)

    def faults(self) -> list[Fault]:
        """All that the change answers for, with what excuses it."""
        found = [*self.entities(), *self.objects(), *self.outside()]
        new = [one for one in self.merged.waivers if one not in self.base.waivers]
        return excused(found, self.base.waivers, self.today, pending=new)

    def known(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Without complaints of the catalog about names of rules that there are, before or after."""
        return unnamed(findings, self.base.rules, self.merged.rules)

    def outside(self) -> list[Fault]:
        """Of the pull request itself, and of the files that it leaves, wherever they stand."""
        pull = [pull_case(self.pull, self.changes[0].path)] if self.pull and self.changes else []
        return [*self._faults("pull", pull, self._after), *self._faults("file", self._files(), self._after)]

    def entities(self) -> list[Fault]:
        """Of touched entities; of all others by the rules that look beyond the entity."""
        catalog = self.merged.catalog
        every = [one for one in catalog.entities if catalog.get(one.ref) is one]
        near = [self._entity(one, self._after) for one in every if one.path in self.touched]
        found = self._faults("entity", near, self._after)
        wide = [one for one in self.rules.rulings if one.judges == "entity" and "catalog" in one.needs]
        if not wide:
            return found
        far = [self._entity(one, self._after) for one in every if one.path not in self.touched]
        wider = self._faults("entity", far, self._after, only=wide)
        return found + self._answerable(wider, self._entity_before, is_far=True)

    def objects(self) -> list[Fault]:
        """Of the rendered objects that differ, and of those whose entity or environment does."""
        if not self.rules.active("object", self.today):
            return []
        found = [fault for pair in self.pairs for fault in self._in_environment(*pair)]
        return found + [fault for side in self.requests for fault in self._of_requests(side)]

    def _of_requests(self, side: Side) -> list[Fault]:
        ground = self._ground(side, self.merged, self._after)
        if ground is None:
            return []
        nothing = Side(Rendering({}, ()), side.catalog, side.environment)
        cases = touched_cases(nothing, side, None, ground, self._whole(side, self.merged))
        return self._faults("object", cases, ground.around)

    def _in_environment(self, old: Side, new: Side) -> list[Fault]:
        after = self._ground(new, self.merged, self._after)
        if after is None:
            return []
        before = self._ground(old, self.base, self._before)
        cases = touched_cases(old, new, before, after, self._whole(new, self.merged))
        found = self._faults("object", cases, after.around)

        def as_it_was(case: Case) -> tuple[Case, Around] | None:
            is_there = before is not None and isinstance(case, ObjectCase)
            was = as_before(case, old, before) if is_there else None  # type: ignore[arg-type]
            return (was, before.around) if was is not None and before is not None else None

        return self._answerable(found, as_it_was) + self._afar(new, {one.full for one in cases})

    def _afar(self, new: Side, near: Collection[str]) -> list[Fault]:
        """Of all other objects, by the rules that ask the catalog, when it says anything else than before.

        It costs the environment's rendering as a whole; what is remembered of that and of verdicts is used.
        """
        wide = [one for one in self.rules.rulings if one.judges == "object" and "catalog" in one.needs]
        if not wide or new.environment is None or self._before.entities == self._after.entities:
            return []
        name = new.environment.name
        side = self.merged.render(name)
        ground = self._ground(side, self.merged, self._after)
        if ground is None:
            return []
        far = [one for one in all_cases(side, ground) if one.full not in near]
        found = self._faults("object", far, ground.around, only=wide)

        def as_it_was(case: Case) -> tuple[Case, Around] | None:
            whole = self.base.render(name)
            before = self._ground(whole, self.base, self._before)
            if before is None or not isinstance(case, ObjectCase):
                return None
            was = as_before(case, whole, before)
            return (was, before.around) if was is not None else None

        return self._answerable(found, as_it_was, is_far=True)

    def _ground(self, side: Side, platform: Platform, around: Around) -> Ground | None:
        if side.environment is None:
            return None
        name = side.environment.name
        here = around.beside(lambda: objects_of(platform.render(name)))
        needs = {need for one in self.rules.active("object", self.today) for need in one.needs}
        beside = Beside(self.pull if "pull" in needs else None, has_siblings="siblings" in needs)
        return Ground(platform.tree, side.catalog, side.environment, here, self.snapshot.memo, beside)

    def _whole(self, side: Side, platform: Platform) -> Side:
        """The environment in full where rules look at Namespaces, else what of it may differ."""
        texts = (str(one.policy.documents) for one in self.rules.active("object", self.today))
        is_wanted = any(word in text for text in texts for word in _NAMESPACED)
        return platform.render(side.environment.name) if is_wanted and side.environment else side

    def _files(self) -> list[Case]:
        """Files that the change leaves and that a rule asks for."""
        rulings = self.rules.active("file", self.today)
        wanted = [one.paths for one in rulings]
        is_parsed = any(map(reads_documents, rulings))
        return [
            file_case(one.path, self.merged.tree.read(one.path), is_parsed=is_parsed)
            for one in self.changes
            if one.after is not None
            and is_file(one.after)
            and any(is_file_meant(one.path, patterns) for patterns in wanted)
        ]

    def _entity(self, entity: Entity, around: Around) -> Case:
        return remembered_case(entity, around.owner_of(entity.ref), self.snapshot.memo)

    def _entity_before(self, case: Case) -> tuple[Case, Around] | None:
        entity = self.base.catalog.get(case.ref)
        return (self._entity(entity, self._before), self._before) if entity is not None else None

    def _answerable(
        self,
        found: Sequence[Fault],
        before: Callable[[Case], tuple[Case, Around] | None],
        *,
        is_far: bool = False,
    ) -> list[Fault]:
        """Without what was so already where nothing is touched. `before`: the same thing as base has it.

        `is_far`: all of it stands where nothing is touched; to find the very line of each would cost more.
        """
        doubtful = [one for one in found if is_far or one.place[0] not in self.touched]
        known: set[tuple[str, ...]] = set()
        for name in {one.ruling.name: one for one in doubtful}:
            mine = {one.case.digest: one.case for one in doubtful if one.ruling.name == name}
            was = [pair for case in mine.values() if (pair := before(case)) is not None]
            if was and (whole := self.rules.get(name)) is not None:
                cases = [case for case, _ in was]
                before_it = self._faults(whole.judges, cases, was[0][1], only=[whole])
                known |= {one.identity for one in before_it}
        old = {id(one) for one in doubtful if one.identity in known}
        return [one for one in found if id(one) not in old]

    def _faults(
        self, judges: str, cases: Sequence[Case], around: Around, only: Iterable[Ruling] | None = None
    ) -> list[Fault]:
        snapshot = self.snapshot
        return faults(
            snapshot.judge, cases, around, snapshot.memo, judges=judges, today=self.today, only=only
        )
