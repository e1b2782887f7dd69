"""Who brought what to the first environment: for the words after a merge, and the trailers of a delivery.

Part of `deliver`. What cannot be told apart is said to have come together, and is never left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from bot.catalog.check import check
from bot.catalog.entity import Entity
from bot.deciders.decider import Arrival, Delivered, Snapshot
from bot.deciders.enforced import Enforcement, changed
from bot.deciders.stages import mend_marker
from bot.model.event import Event, PullClosed
from bot.model.plan import DeliveryPart, HeldFolder
from bot.model.tree import Memo, Tree
from bot.templating.affected import affected
from bot.templating.environment import RULES_FOLDER, Environment
from bot.templating.render import folder_of


def held_folder(folder: str, environment: str, snapshot: Snapshot) -> HeldFolder:
    """Why it is held, and which pull request would let it go on."""
    made, branch = snapshot.hand_made[folder], snapshot.first_environment
    marker = mend_marker(environment, folder, branch.tree if branch else None, made.commit)
    for mend in made.mends:
        # One that is closed and about another change would not help.
        if mend.is_ours and (mend.is_open or (marker in mend.body and not mend.is_merged)):
            return HeldFolder(folder, made.commit, mend.number, mend.is_open)
    return HeldFolder(folder, made.commit)


def folders_of(change: tuple[Tree, Tree] | None, today: date, memo: Memo) -> frozenset[str] | None:
    """The folders that may render otherwise after the change; None where it is all, or cannot be told."""
    if change is None:
        return None
    before, after = change
    old, new = (check(tree, whole=True, memo=memo).catalog for tree in change)
    found = affected(old, new, {one.path for one in before.diff(after)})
    entities: list[Entity | None] = []
    for refs in found.values():
        if refs is None:
            return None
        entities += (side.get(ref) for ref in refs for side in (old, new))
    rules = (Enforcement(tree, side, today, memo) for tree, side in ((before, old), (after, new)))
    folders = frozenset(folder_of(entity) for entity in entities if entity is not None)
    return folders | {RULES_FOLDER} if changed(*rules) else folders


def arrivals_of(folders: Collection[str], snapshot: Snapshot, *, is_partial: bool) -> tuple[Arrival, ...]:
    """Of what came, that which may have changed these folders; all, where all that came is delivered now."""
    if not is_partial and not (snapshot.delivered and snapshot.delivered[0].is_partial):
        return snapshot.arrivals
    found = ((one, folders_of(one.change, snapshot.now.date(), snapshot.memo)) for one in snapshot.arrivals)
    return tuple(one for one, touched in found if touched is None or touched & set(folders))


@dataclass(frozen=True)
class Told:
    """What a merged pull request, or a push, is told of."""

    event: Event
    snapshot: Snapshot
    environment: Environment
    following: str

    def parts(
        self, folders: Mapping[str, Mapping[str, bytes]], key: str, held: tuple[HeldFolder, ...]
    ) -> tuple[DeliveryPart, ...]:
        """Oldest commit first, then what the effect with this key brings now, then what is held."""
        found = [
            self._part(made.components, made.removed, pulls=made.pulls, commit=made.sha)
            for made in reversed(self._made)
        ]
        if folders and self._is_mine(is_told=bool(found)):
            gone = tuple(sorted(name for name, files in folders.items() if not files))
            pulls = tuple(one.pull.number for one in self.snapshot.arrivals if one.pull)
            found.append(self._part(tuple(sorted(folders)), gone, pulls=pulls, key=key))
        found = [part for part in found if part.components]
        waiting = tuple(one for one in held if self._touched is None or one.folder in self._touched)
        return (*found, *([self._part((), (), held=waiting)] if waiting else []))

    @cached_property
    def _number(self) -> int:
        return self.event.number if isinstance(self.event, PullClosed) else 0

    @cached_property
    def _touched(self) -> frozenset[str] | None:
        """None is all. A push is told of everything."""
        snapshot = self.snapshot
        return folders_of(snapshot.brought, snapshot.now.date(), snapshot.memo) if self._number else None

    @cached_property
    def _made(self) -> list[Delivered]:
        """What was delivered of this pull request or push before, newest first: it is told all the same."""
        if self._number:
            return [made for made in self.snapshot.delivered if self._number in made.pulls]
        return [made for made in self.snapshot.delivered if made.source == self.snapshot.tip]

    def _is_mine(self, *, is_told: bool) -> bool:
        """Whether what is delivered now is of this pull request; without any better knowledge it is."""
        came = {one.pull.number for one in self.snapshot.arrivals if one.pull}
        return not self._number or self._number in came or not is_told

    def _part(
        self,
        names: tuple[str, ...],
        gone: tuple[str, ...],
        *,
        pulls: tuple[int, ...] = (),
        commit: str = "",
        key: str = "",
        held: tuple[HeldFolder, ...] = (),
    ) -> DeliveryPart:
        mine = self._touched
        is_unsure = bool(self._number) and mine is None
        return DeliveryPart(
            self.environment.name,
            self.environment.branch,
            tuple(name for name in names if mine is None or name in mine),
            commit,
            key,
            removed=tuple(name for name in gone if mine is None or name in mine),
            held=held,
            others=tuple(sorted({*pulls} - {self._number})) if is_unsure else (),
            following=self.following,
        )
