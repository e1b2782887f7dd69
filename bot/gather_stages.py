"""The reads about environments: their branches, who left the folders there, and our pull requests to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot import hands
from bot.catalog.check import check
from bot.deciders.decider import Branch, HeadBranch, Snapshot, Stage, Traced
from bot.deciders.drift import all_drifts
from bot.deciders.promote import promotions
from bot.deciders.stages import MEND, PROMOTE, Look, is_declined, pins_on, room, unopened
from bot.model.event import STAGED
from bot.model.pull import HeadPull
from bot.model.stage import Hand
from bot.model.tree import Tree
from bot.ports import Commit, Ports
from bot.templating.environment import Environment, environments

_LOG = 1_000
"""Commits of an environment's branch that are looked at."""
_OWN = 100
"""Commits of a pull request's branch that are looked at."""


def gather_stages(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds stages, sources, heads and past. Needs the tip and the open pull requests."""
    if snapshot.tip_tree is None:
        return snapshot
    branches = ports.mirror.branches(snapshot.repo, STAGED)
    known = environments(check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog)
    stages = tuple(_stage(snapshot, one, branches.get(one.branch), ports) for one in known)
    snapshot = replace(snapshot, stages=stages, sources=_sources(snapshot, stages, ports))
    snapshot = replace(snapshot, heads=_heads(snapshot, branches, ports))
    return replace(snapshot, past=_past(snapshot, ports))


def _stage(snapshot: Snapshot, environment: Environment, tip: str | None, ports: Ports) -> Stage:
    if tip is None:
        return Stage(environment, Branch(environment.branch, None, None))
    log = ports.mirror.log(snapshot.repo, tip, limit=_LOG)
    found = hands.traces(snapshot.repo, log, ports)
    return Stage(
        environment,
        Branch(environment.branch, tip, ports.mirror.tree(snapshot.repo, tip)),
        at=log[0].committed_at,
        traced={folder: _traced(snapshot, trace, ports) for folder, trace in found.items()},
    )


def _traced(snapshot: Snapshot, trace: hands.Trace, ports: Ports) -> Traced:
    is_needed = trace.hands and trace.ours
    left = ports.mirror.tree(snapshot.repo, trace.ours) if is_needed else None
    return Traced(_hands(trace.hands), left, is_known=bool(trace.ours))


def _hands(commits: Iterable[Commit]) -> tuple[Hand, ...]:
    return tuple(Hand(one.sha, one.author_name, one.subject) for one in commits)


def _sources(snapshot: Snapshot, stages: Iterable[Stage], ports: Ports) -> Mapping[str, Tree]:
    """Only what is on the default branch is rendered: a pin that people wrote can name anything."""
    pins = (pin for stage in stages for pin in pins_on(stage, snapshot.memo).values() if pin)
    return {
        commit: ports.mirror.tree(snapshot.repo, commit)
        for commit in sorted({pin.commit for pin in pins})
        if ports.mirror.contains(snapshot.repo, snapshot.tip, commit)
    }


def _heads(snapshot: Snapshot, branches: Mapping[str, str], ports: Ports) -> Mapping[str, HeadBranch]:
    bases = {stage.environment.name: stage.branch.tip for stage in snapshot.stages}
    found: dict[str, HeadBranch] = {}
    for name, tip in branches.items():
        kind, _, rest = name.partition("/")
        if kind in {PROMOTE, MEND}:
            environment = rest.rpartition("/")[0]
            base = bases.get(environment) or branches.get(f"env/{environment}")
            found[name] = _head(snapshot, name, tip, base, ports)
    return found


def _head(snapshot: Snapshot, name: str, tip: str, base: str | None, ports: Ports) -> HeadBranch:
    repo, mirror = snapshot.repo, ports.mirror
    tree = mirror.tree(repo, tip)
    start = mirror.merge_base(repo, base, tip) if base else None
    if base is None or start is None:
        return HeadBranch(name, tip, tree, start=None, left=None)
    own = mirror.own_commits(repo, tip, base, limit=_OWN)
    ours = next((one for one in own if hands.is_made_by_us(one, ports)), None)
    return HeadBranch(
        name,
        tip,
        tree,
        start=mirror.tree(repo, start),
        left=mirror.tree(repo, ours.sha) if ours else None,
        hands=_hands(one for one in own if not hands.is_made_by_us(one, ports)),
    )


def _past(snapshot: Snapshot, ports: Ports) -> Mapping[str, tuple[HeadPull, ...]]:
    """Of branches without an open pull request, and of those that are next to get one."""
    standing = {one.head_branch for one in snapshot.open_pulls}
    past = {name: _pulls(snapshot, name, ports) for name in snapshot.heads if name not in standing}
    for kind, look in ((PROMOTE, promotions(snapshot)), (MEND, all_drifts(snapshot))):
        past |= _of_next(look, kind, replace(snapshot, past=past), ports)
    return past


def _of_next(look: Look, kind: str, snapshot: Snapshot, ports: Ports) -> Mapping[str, tuple[HeadPull, ...]]:
    found: dict[str, tuple[HeadPull, ...]] = {}
    for group in unopened(look, snapshot):
        left = room(group[0].stage.environment.name, snapshot, kind) if group else 0
        for one in group:
            if left <= 0:
                break
            known = snapshot.past.get(one.head)
            found[one.head] = _pulls(snapshot, one.head, ports) if known is None else known
            left -= not is_declined(one, replace(snapshot, past=found))
    return found


def _pulls(snapshot: Snapshot, head: str, ports: Ports) -> tuple[HeadPull, ...]:
    return tuple(ports.forge.pulls_of_head(snapshot.repo, head))
