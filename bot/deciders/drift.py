"""`drift`: what people changed by hand on an environment's branch is shown, and a pull request would mend it.

Only folders that people left are looked at. What stands is held against what we left there, or against the
render of a pin that moved; whose rendering changed because Roadcrew did, nobody touched.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce
from operator import add

from bot.catalog.check import check, layout_of
from bot.deciders.decider import Decider, Need, Snapshot, Stage, Traced, is_staged, labelled
from bot.deciders.enforced import RULES_REF
from bot.deciders.stages import MEND, Look, Proposal, files_in, mend_marker, pin_in, pursue, rendered
from bot.model.event import Event, Pushed
from bot.model.plan import Enqueue, FileChange, Plan
from bot.model.stage import DriftPart, Origin
from bot.report.drift import say_drift
from bot.templating.pin import PIN_FILE, Pin
from bot.templating.template import templates


def plan_drift(event: Event, snapshot: Snapshot) -> Plan:
    """The pull requests that put back what we left, in all environments."""
    if not snapshot.stages:
        return Plan()
    plan = pursue(all_drifts(snapshot), snapshot, MEND)
    return _deliver_again(event, snapshot) + plan


def _deliver_again(event: Event, snapshot: Snapshot) -> Plan:
    """A mend of the first environment that is done lets a held delivery go on. Owed until that is told."""
    first = snapshot.stages[0].environment.name
    owed = {proposal.head for proposal in all_drifts(snapshot).proposals}
    ended = [name for name in snapshot.heads if name.startswith(f"{MEND}/{first}/") and name not in owed]
    if not ended:
        return Plan()
    again = Pushed(delivery=f"{event.delivery}/mended", repo=event.repo, branch=snapshot.default_branch)
    return Plan(effects=(Enqueue(again),))


def all_drifts(snapshot: Snapshot) -> Look:
    """Drift in all environments."""
    return reduce(add, (drifts(snapshot, stage) for stage in snapshot.stages), Look())


def drifts(snapshot: Snapshot, stage: Stage) -> Look:
    """Folders of one environment that are other than what we left, or than what their pin renders."""
    proposals: list[Proposal] = []
    why: list[str] = []
    for folder, traced in sorted(stage.traced.items()):
        if not traced.hands:
            continue
        wanted, said = _wanted(folder, traced, stage, snapshot)
        why += said
        if wanted is not None and wanted != files_in(stage.branch.tree, folder):
            proposals.append(_proposal(folder, wanted, traced, stage, snapshot))
    return Look(tuple(proposals), why=tuple(why))


def _wanted(
    folder: str, traced: Traced, stage: Stage, snapshot: Snapshot
) -> tuple[Mapping[str, bytes] | None, tuple[str, ...]]:
    """What should stand there, and what is to be said; None where that is nobody's of ours."""
    left = pin_in(traced.left, folder)
    stands = pin_in(stage.branch.tree, folder)
    if stands is not None and (left is None or stands.commit != left.commit):
        component = rendered(snapshot, stage.environment.name, [stands]).get(
            (stands.commit, stands.component)
        )
        if component is not None and component.folder == folder:
            return {**component.files, PIN_FILE: _source(folder, stands, stage)}, ()
        if left is None:
            name = stage.environment.name
            return None, (f"{folder} in {name} cannot be rendered at its pin {stands.commit[:7]}.",)
    if traced.left is None or (left is None and not files_in(traced.left, folder)):
        return None, ()  # a folder that people keep, or that we removed and they brought back
    return files_in(traced.left, folder), ()


def _source(folder: str, _pin: Pin, stage: Stage) -> bytes:
    return files_in(stage.branch.tree, folder)[PIN_FILE]


def _proposal(
    folder: str, wanted: Mapping[str, bytes], traced: Traced, stage: Stage, snapshot: Snapshot
) -> Proposal:
    name, tree = stage.environment.name, stage.branch.tree
    marker = mend_marker(name, folder, tree, traced.hands[0].commit)
    part = _part(folder, wanted, traced, stage, snapshot)
    return Proposal(
        head=f"{MEND}/{name}/{folder}",
        stage=stage,
        folder=folder,
        files=wanted,
        marker=marker,
        subject=f"Put {folder} back in {name}",
        trailers=labelled(
            {
                "Environment": name,
                "Component": folder,
                "Mends": ", ".join(hand.commit for hand in traced.hands[:10]),
            }
        ),
        say=partial(say_drift, part, marker),
    )


def _part(
    folder: str, wanted: Mapping[str, bytes], traced: Traced, stage: Stage, snapshot: Snapshot
) -> DriftPart:
    standing = files_in(stage.branch.tree, folder)
    pin = pin_in(stage.branch.tree, folder) or pin_in(traced.left, folder)
    return DriftPart(
        folder=folder,
        environment=stage.environment.name,
        branch=stage.branch.name,
        files=tuple(
            FileChange(f"{folder}/{path}", standing.get(path), wanted.get(path))
            for path in sorted(standing.keys() | wanted.keys())
            if standing.get(path) != wanted.get(path)
        ),
        hands=traced.hands,
        origin=Origin(pin.commit, pin.template, pin.version) if pin else None,
        sources=_sources(pin, snapshot) if pin else (),
    )


def _sources(pin: Pin, snapshot: Snapshot) -> tuple[str, ...]:
    """Where such a change belongs, in today's catalog: the entity's file and its template's folder."""
    if snapshot.tip_tree is None:
        return ()
    catalog = check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog
    if pin.component == RULES_REF:
        return (f"{layout_of(catalog).rules}/",)
    entity, template = catalog.get(pin.component), templates(catalog).get(pin.template)
    folder = f"{template.path.rpartition('/')[0]}/" if template else ""
    return tuple(filter(None, (entity.path if entity else "", folder)))


DRIFT = Decider(
    name="drift",
    on=(Pushed,),
    needs=Need.TIP | Need.STAGES | Need.OPEN_PULLS,
    help="Shows what people changed by hand on environment branches, with a pull request that undoes it.",
    plan=plan_drift,
    where=is_staged,
)
