"""`promote`: what the previous environment's pin renders for the next one stands there as a pull request.

One a component; the newest pin wins. It merges nothing, and proposes nothing that would change no byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise

from bot.deciders.decider import Decider, Need, Snapshot, Stage, is_staged, labelled
from bot.deciders.drift import drifts
from bot.deciders.follow import look_at
from bot.deciders.others import Others, naming, objects_in
from bot.deciders.stages import MEND, Look, Proposal, files_in, pin_in, pins_on, pursue, rendered
from bot.deciders.stages import PROMOTE as BRANCHES
from bot.kubernetes.dangers import dangers
from bot.kubernetes.lasting import staying
from bot.kubernetes.totals import totals
from bot.model.event import Event, Pushed
from bot.model.plan import ComponentChange, FileChange, Plan, StuckPart
from bot.model.proposal import EnsureBranch
from bot.model.stage import Brought, Origin, PromotionPart
from bot.model.tree import Memo
from bot.report.promotion import say_branch, say_promotion
from bot.templating.pin import PIN_FILE, Pin
from bot.templating.render import RenderedComponent

_NAMED = 10
"""How many of the deliveries that came since are told of."""


def plan_promotion(event: Event, snapshot: Snapshot) -> Plan:
    """The pull requests between all neighbouring environments."""
    if not snapshot.stages:
        return Plan(why=("No Environment is in the catalog, or one of them is broken.",))
    plan = pursue(promotions(snapshot), snapshot, BRANCHES)
    for previous, stage in pairwise(snapshot.stages):
        if stage.branch.tip is None and pins_on(previous, snapshot.memo):
            plan += _branch(event, previous, stage, snapshot)
    return plan


def promotions(snapshot: Snapshot) -> Look:
    """What is due between neighbouring environments."""
    found = Look()
    pins = _pins(snapshot.stages[0], snapshot.memo) if snapshot.stages else {}
    for previous, stage in pairwise(snapshot.stages):
        pair = _Pair(snapshot, previous, stage, pins)
        if stage.branch.tip is not None:
            found += pair.look()
        pins = pair.pins_after()
    return found


@dataclass(frozen=True)
class _Pinned:
    """A pin and the file that it stands in; None where people broke it."""

    pin: Pin | None
    source: bytes


def _pins(stage: Stage, memo: Memo) -> Mapping[str, _Pinned]:
    tree = stage.branch.tree
    return {
        folder: _Pinned(pin, files_in(tree, folder)[PIN_FILE]) for folder, pin in pins_on(stage, memo).items()
    }


def _branch(event: Event, previous: Stage, stage: Stage, snapshot: Snapshot) -> Plan:
    """A pull request needs something to go to; once it is there, all is looked at again."""
    name = stage.branch.name
    files = {"README.md": say_branch(stage.environment.name, name, previous.branch.name)}
    subject = f"Begin the branch of {stage.environment.name}"
    made = EnsureBranch(snapshot.repo, name, files, subject, previous.at or snapshot.now)
    after = Pushed(delivery=f"{event.delivery}/{name}", repo=event.repo, branch=name)
    return Plan(effects=(made, look_at(after, name)))


@dataclass(frozen=True)
class _Pair:
    """Two neighbouring environments, and what the first of them is at."""

    snapshot: Snapshot
    previous: Stage
    stage: Stage
    pins: Mapping[str, _Pinned]

    @property
    def name(self) -> str:
        return self.stage.environment.name

    def head(self, folder: str) -> str:
        return f"{BRANCHES}/{self.name}/{folder}"

    @cached_property
    def _there(self) -> Mapping[str, _Pinned]:
        return _pins(self.stage, self.snapshot.memo)

    @cached_property
    def _moved(self) -> Mapping[str, Pin]:
        """The pins of the previous environment that this one has not reached."""
        there = {folder: one.pin for folder, one in self._there.items()}
        return {
            folder: one.pin
            for folder, one in self.pins.items()
            if one.pin is not None and not _is_same(one.pin, there.get(folder))
        }

    @cached_property
    def _renders(self) -> Mapping[str, RenderedComponent]:
        """By folder, what the moved pins render here."""
        found = rendered(self.snapshot, self.name, self._moved.values())
        renders = {folder: found.get((pin.commit, pin.component)) for folder, pin in self._moved.items()}
        return {folder: one for folder, one in renders.items() if one and one.folder == folder}

    def _is_reached(self, folder: str) -> bool:
        """Whether the pin alone would move. It does so with the next change that can be seen."""
        if folder not in self._there or folder not in self._renders:
            return False
        standing = files_in(self.stage.branch.tree, folder)
        return self._renders[folder].files == {k: v for k, v in standing.items() if k != PIN_FILE}

    def pins_after(self) -> Mapping[str, _Pinned]:
        """What this environment is at: its own pins, or newer ones that render nothing else here.

        So what changes only a later environment gets there.
        """
        return {
            folder: self.pins[folder] if self._is_reached(folder) else one
            for folder, one in self._there.items()
        }

    def look(self) -> Look:
        """Promotions and removals that are due, and what cannot be said."""
        proposals: list[Proposal] = []
        unsure = {self.head(folder) for folder, one in self.pins.items() if one.pin is None}
        why: list[str] = []
        for folder, pin in self._moved.items():
            if folder not in self._renders:
                unsure.add(self.head(folder))
                why.append(self._unrendered(folder, pin))
            elif not self._is_reached(folder):
                files = {**self._renders[folder].files, PIN_FILE: self.pins[folder].source}
                about = f"{pin.commit} {pin.digest[:12]}".strip()
                proposals.append(self._proposal(folder, pin, files, about))
        proposals += self._removals()
        return Look(tuple(proposals), frozenset(unsure), tuple(why), self._stuck())

    def _is_gone(self, pin: Pin) -> bool:
        return pin.commit not in self.snapshot.sources

    def _stuck(self) -> tuple[StuckPart, ...]:
        """What people must see: nothing that comes to pass by itself lets these go on."""
        branch = self.previous.branch
        gone = sorted((folder, pin.commit) for folder, pin in self._moved.items() if self._is_gone(pin))
        if not gone or branch.tip is None:
            return ()
        return (StuckPart(self.previous.environment.name, branch.name, branch.tip, self.name, tuple(gone)),)

    def _unrendered(self, folder: str, pin: Pin) -> str:
        if self._is_gone(pin):
            gone = f"{pin.commit[:7]}, which is not on {self.snapshot.default_branch} any more"
            return f"{folder} is not promoted to {self.name}: it is pinned to {gone}."
        return f"{folder} is not promoted to {self.name}: {pin.commit[:7]} does not render it there."

    def _removals(self) -> Iterator[Proposal]:
        """Folders that we removed from the previous environment. What never was there is no removal."""
        tree = self.previous.branch.tree
        for folder, pin in ((folder, one.pin) for folder, one in self._there.items()):
            traced = self.previous.traced.get(folder)
            is_gone = tree is not None and not tree.folder_id(folder)
            if pin is not None and is_gone and traced and traced.is_known and not traced.hands:
                yield self._proposal(folder, None, {}, f"removed {pin.commit}")

    def _proposal(self, folder: str, pin: Pin | None, files: Mapping[str, bytes], about: str) -> Proposal:
        part = self._part(folder, pin, files)
        verb = "Promote" if pin else "Remove"
        return Proposal(
            head=self.head(folder),
            stage=self.stage,
            folder=folder,
            files=files,
            marker=f"<!-- roadcrew:promote {self.name}/{folder} {about} -->",
            subject=f"{verb} {folder} {'to' if pin else 'from'} {self.name}",
            trailers=self._trailers(part),
            say=partial(say_promotion, part, f"<!-- roadcrew:promote {self.name}/{folder} {about} -->"),
        )

    def _part(self, folder: str, pin: Pin | None, files: Mapping[str, bytes]) -> PromotionPart:
        tree = self.stage.branch.tree
        old = pin_in(tree, folder)
        shown = pin or old
        brought, has_more = self._brought(folder, pin, old)
        return PromotionPart(
            folder=folder,
            environment=self.name,
            branch=self.stage.branch.name,
            previous=self.previous.environment.name,
            previous_branch=self.previous.branch.name,
            before=_origin(old),
            after=_origin(pin),
            change=_change(shown, folder, files_in(tree, folder), files),
            brought=brought,
            has_more=has_more,
            mend=self._mend(folder),
            taken=self._others.holding(folder, files),
            naming=() if pin or old is None else self._naming(folder, old.component),
        )

    @cached_property
    def _others(self) -> Others:
        return Others(self.stage.branch.tree, frozenset(self._there))

    def _naming(self, folder: str, gone: str) -> tuple[str, ...]:
        """A pin that stays as it is says nothing: to do without the other has changed none of its bytes."""
        others = {name: one.pin for name, one in self._there.items() if one.pin and name != folder}
        pending = (
            pin
            for name, pin in others.items()
            if name not in self.pins or (name in self._moved and not self._is_reached(name))
        )
        return naming(gone, pending, {pin.component for pin in others.values()}, self.snapshot)

    @cached_property
    def _mends(self) -> frozenset[str]:
        return frozenset(one.head for one in drifts(self.snapshot, self.stage).proposals)

    def _mend(self, folder: str) -> str:
        head = f"{MEND}/{self.name}/{folder}"
        return head if head in self._mends else ""

    def _brought(self, folder: str, pin: Pin | None, old: Pin | None) -> tuple[tuple[Brought, ...], bool]:
        """What came to the first environment since the old pin, as its commits tell."""
        found: list[Brought] = []
        for made in self.snapshot.delivered:
            if folder not in made.components:
                continue
            is_newest = made.source == pin.commit if pin else folder in made.removed
            if not found and not is_newest:
                continue
            if old is not None and made.source == old.commit:
                return tuple(found[:_NAMED]), len(found) > _NAMED
            found.append(Brought(made.source, made.pulls, made.requested, made.approved))
        return tuple(found[:_NAMED]), old is not None or len(found) > _NAMED

    def _trailers(self, part: PromotionPart) -> tuple[tuple[str, str], ...]:
        origin = part.after
        pulls = dict.fromkeys(number for one in part.brought for number in one.pulls)
        return labelled(
            {
                "Environment": part.environment,
                "Component": part.folder,
                "Promoted-From": part.previous,
                "Source-Commit": origin.commit if origin else part.brought[0].commit if part.brought else "",
                "Pull-Request": ", ".join(f"{self.snapshot.repo}#{number}" for number in pulls),
                "Requested-By": _joined(one.requested for one in part.brought),
                "Approved-By": _joined(one.approved for one in part.brought),
            }
        )


def _is_same(one: Pin, other: Pin | None) -> bool:
    # By a date alone only the folder of rules changes: its pin says the day in place of a version.
    return other is not None and (one.commit, one.version) == (other.commit, other.version)


def _origin(pin: Pin | None) -> Origin | None:
    return Origin(pin.commit, pin.template, pin.version) if pin else None


def _joined(said: Iterator[str]) -> str:
    return ", ".join(dict.fromkeys(name.strip() for text in said for name in text.split(",") if name.strip()))


def _change(
    pin: Pin | None, folder: str, before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> ComponentChange:
    """Of what is applied: the pin is told of in words."""
    old, new = objects_in(before), objects_in(after)
    files = tuple(
        FileChange(f"{folder}/{path}", before.get(path), after.get(path))
        for path in sorted((before.keys() | after.keys()) - {PIN_FILE})
        if before.get(path) != after.get(path)
    )
    return ComponentChange(
        component=pin.component if pin else "",
        template=pin.template if pin else "",
        version=pin.version if pin else "",
        files=files,
        before=totals(old),
        after=totals(new) + totals(staying(old, new)),
        dangers=dangers(old, new),
    )


PROMOTE = Decider(
    name="promote",
    on=(Pushed,),
    needs=Need.TIP | Need.FIRST_ENVIRONMENT | Need.STAGES | Need.OPEN_PULLS,
    help="Keeps a pull request for each component that may go from one environment to the next.",
    plan=plan_promotion,
    where=is_staged,
)
