"""The reads about the first environment: what we delivered there, what came since, and what people changed.

Reads only; what is to be done about it is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot import hands
from bot.catalog.check import check
from bot.deciders.decider import Arrival, Branch, Delivered, HandMade, Snapshot
from bot.deciders.stages import MEND
from bot.model.event import RepoRef
from bot.model.pull import HeadPull, Pull
from bot.model.tree import Tree
from bot.ports import Commit, Ports
from bot.templating.environment import Environment, environments

_LOG = 100
"""Commits of a branch that are looked at."""
_ARRIVALS = 20
"""Commits whose pull requests are asked for: one call each."""
_MEMORY = 1_000
"""Commits of the first environment that are looked at to find who left a folder as it is."""
_MENDS = 20
"""Folders for which pull requests are asked for: one call each."""


def first_environment(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds the branch and our newest commits on it. Needs the tip."""
    first = _first(snapshot)
    if first is None:
        return snapshot
    ref = f"refs/heads/{first.branch}"
    tip = ports.mirror.fetch(snapshot.repo, [ref]).get(ref)
    tree: Tree | None = ports.mirror.tree(snapshot.repo, tip) if tip else None
    log = ports.mirror.log(snapshot.repo, tip, limit=_LOG) if tip else ()
    delivered = tuple(
        _delivered(snapshot.repo, commit, ports) for commit in log if "Source-Commit" in commit.trailers
    )
    return replace(snapshot, first_environment=Branch(first.branch, tip, tree), delivered=delivered)


def _delivered(repo: RepoRef, commit: Commit, ports: Ports) -> Delivered:
    trailers = commit.trailers
    numbers = re.findall(r"#(\d+)", trailers.get("Pull-Request", ""))
    names, tree = _components(repo, commit, ports), ports.mirror.tree(repo, commit.sha)
    return Delivered(
        sha=commit.sha,
        source=trailers["Source-Commit"],
        pulls=tuple(int(number) for number in numbers),
        components=names,
        removed=tuple(name for name in names if not tree.folder_id(name)),
        requested=trailers.get("Requested-By", ""),
        approved=trailers.get("Approved-By", ""),
        is_partial=bool(trailers.get("Held")),
    )


def _components(repo: RepoRef, commit: Commit, ports: Ports) -> tuple[str, ...]:
    """The folders that a commit of ours wrote. Its trailer names the first ones only, of many."""
    names = [name.strip() for name in commit.trailers.get("Components", "").split(",")]
    if "..." not in names:
        return tuple(name for name in names if name)
    tree = ports.mirror.tree(repo, commit.sha)
    if not commit.parents:
        return tuple(sorted({entry.path.split("/", 1)[0] for entry in tree.list()}))
    changes = ports.mirror.tree(repo, commit.parents[0]).diff(tree)
    return tuple(sorted({change.path.split("/", 1)[0] for change in changes}))


def arrivals(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds what came to the default branch since, and the folders that people changed by hand."""
    whole = next((made.source for made in snapshot.delivered if not made.is_partial), "")
    return replace(
        snapshot, arrivals=_arrivals(snapshot, whole, ports), hand_made=_hand_made(snapshot, ports)
    )


def _arrivals(snapshot: Snapshot, known: str, ports: Ports) -> tuple[Arrival, ...]:
    """Commits since the last rendered one; of a first rendering only the tip, whatever came before it."""
    log = ports.mirror.log(snapshot.repo, snapshot.tip, limit=_LOG)
    shas = [commit.sha for commit in log]
    end = shas.index(known) if known in shas else 1
    pulls: dict[int, Pull] = {}
    return tuple(_arrival(snapshot.repo, commit, pulls, ports) for commit in log[: min(end, _ARRIVALS)])


def _arrival(repo: RepoRef, commit: Commit, pulls: dict[int, Pull], ports: Ports) -> Arrival:
    mirror = ports.mirror
    change = (mirror.tree(repo, commit.parents[0]), mirror.tree(repo, commit.sha)) if commit.parents else None
    for number in ports.forge.pulls_of_commit(repo, commit.sha):
        if number not in pulls:
            pulls[number] = ports.forge.pull(repo, number)
        return Arrival(commit.sha, commit.author_name, pulls[number], change)
    return Arrival(commit.sha, commit.author_name, change=change)


def _hand_made(snapshot: Snapshot, ports: Ports) -> Mapping[str, HandMade]:
    """By folder. A branch without any commit of ours is one that someone prepared for us: taken as it is."""
    branch = snapshot.first_environment
    if branch is None or branch.tip is None or branch.tree is None:
        return {}
    log = ports.mirror.log(snapshot.repo, branch.tip, limit=_MEMORY)
    if not any(hands.is_made_by_us(commit, ports) for commit in log):
        return {}
    found: dict[str, HandMade] = {}
    for folder, trace in hands.traces(snapshot.repo, log, ports).items():
        left = ports.mirror.tree(snapshot.repo, trace.ours).folder_id(folder) if trace.ours else None
        if trace.hands and left != branch.tree.folder_id(folder):
            mends = _mends(folder, snapshot, ports) if trace.ours and len(found) < _MENDS else ()
            found[folder] = HandMade(trace.hands[0].sha, mends)
    return found


def _mends(folder: str, snapshot: Snapshot, ports: Ports) -> tuple[HeadPull, ...]:
    first = _first(snapshot)
    head = f"{MEND}/{first.name}/{folder}" if first else ""
    return tuple(ports.forge.pulls_of_head(snapshot.repo, head)) if head else ()


def _first(snapshot: Snapshot) -> Environment | None:
    if snapshot.tip_tree is None:
        return None
    catalog = check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog
    return next(iter(environments(catalog)), None)


def brought(snapshot: Snapshot, pull: Pull, ports: Ports) -> Snapshot:
    """Adds what a merged pull request began from and what it made of that, however it was merged."""
    mirror, repo = ports.mirror, snapshot.repo
    head = f"refs/pull/{pull.number}/head"
    if not snapshot.tip or mirror.fetch(repo, [head]).get(head) != pull.head_sha:
        return snapshot
    if not mirror.contains(repo, snapshot.tip, pull.base_sha):
        return snapshot  # the default branch was written anew since
    start = mirror.merge_base(repo, pull.base_sha, pull.head_sha)
    if start is None or start == pull.head_sha:
        return snapshot
    return replace(snapshot, brought=(mirror.tree(repo, start), mirror.tree(repo, pull.head_sha)))
