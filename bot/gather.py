"""All reads. An event and the facts that are needed become one frozen snapshot.

Payloads are hints: everything is read again here. What is not visible yet is waited for in the queue.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from bot.catalog.check import check
from bot.deciders.decider import (
    Arrival,
    Branch,
    Delivered,
    FailedDelivery,
    Need,
    Snapshot,
)
from bot.errors import Retry
from bot.gather_stages import gather_stages
from bot.model.event import Event, PullChanged, PullClosed, RepoRef
from bot.model.pull import Pull
from bot.model.tree import Tree
from bot.ports import Commit, Delivery, Ports
from bot.templating.environment import environments

_LOG = 100
"""Commits of a branch that are looked at."""
_ARRIVALS = 20
"""Commits whose pull requests are asked for: one call each."""
_LOOK_BACK = timedelta(hours=24)


def gather(event: Event, needs: Need, ports: Ports) -> Snapshot:
    """Reads what is needed. Raises Retry while GitHub does not show yet what the event spoke of."""
    snapshot = Snapshot(
        repo=event.repo, now=ports.clock(), run=ports.run, schemas=ports.schemas, memo=ports.memo
    )
    if needs & (Need.TIP | Need.PULL):
        snapshot = replace(snapshot, default_branch=ports.forge.default_branch(event.repo))
    if Need.TIP in needs:
        snapshot = _tip(snapshot, ports)
    if Need.PULL in needs and isinstance(event, PullChanged | PullClosed):
        snapshot = _pull(snapshot, event.number, ports)
    if Need.FIRST_ENVIRONMENT in needs:
        snapshot = _first_environment(snapshot, ports)
    if Need.ARRIVALS in needs and snapshot.first_environment is not None:
        known = snapshot.delivered[0].source if snapshot.delivered else ""
        snapshot = replace(snapshot, arrivals=_arrivals(snapshot, known, ports))
    if Need.OPEN_PULLS in needs:
        snapshot = replace(snapshot, open_pulls=tuple(ports.forge.open_pulls(event.repo)))
    if Need.STAGES in needs:
        snapshot = gather_stages(snapshot, ports)
    if Need.DELIVERIES in needs:
        snapshot = replace(snapshot, failed_deliveries=_failed(ports))
    return snapshot


def _tip(snapshot: Snapshot, ports: Ports) -> Snapshot:
    ref = f"refs/heads/{snapshot.default_branch}"
    tip = ports.mirror.fetch(snapshot.repo, [ref]).get(ref)
    if tip is None:
        return snapshot
    newest = ports.mirror.log(snapshot.repo, tip, limit=1)[0]
    return replace(
        snapshot, tip=tip, tip_at=newest.committed_at, tip_tree=ports.mirror.tree(snapshot.repo, tip)
    )


def _pull(snapshot: Snapshot, number: int, ports: Ports) -> Snapshot:
    pull = ports.forge.pull(snapshot.repo, number)
    snapshot = replace(snapshot, pull=pull)
    return _trees(snapshot, pull, ports) if pull.is_open else snapshot


def _trees(snapshot: Snapshot, pull: Pull, ports: Ports) -> Snapshot:
    base_ref, head_ref = f"refs/heads/{pull.base_branch}", f"refs/pull/{pull.number}/head"
    refs = ports.mirror.fetch(pull.repo, [base_ref, head_ref])
    if refs.get(head_ref) != pull.head_sha or base_ref not in refs:
        # GitHub's API and its git servers are not always of one mind in the first seconds.
        raise Retry(
            f"{pull.repo}#{pull.number} is at {pull.head_sha[:7]}, but git does not show it yet", after=2
        )
    base = ports.mirror.tree(pull.repo, refs[base_ref])
    head = ports.mirror.tree(pull.repo, pull.head_sha)
    root = ports.mirror.merge_base(pull.repo, refs[base_ref], pull.head_sha)
    if root is None:
        return replace(snapshot, base=base, head=head)
    merged = base.merge(base=ports.mirror.tree(pull.repo, root), theirs=head)
    return replace(
        snapshot,
        base=base,
        head=head,
        merged=merged.tree,
        conflicts=merged.conflicts,
        unsafe=merged.unsafe,
    )


def _first_environment(snapshot: Snapshot, ports: Ports) -> Snapshot:
    if snapshot.tip_tree is None:
        return snapshot
    catalog = check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog
    first = next(iter(environments(catalog)), None)
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


def _arrivals(snapshot: Snapshot, known: str, ports: Ports) -> tuple[Arrival, ...]:
    """Commits since the last rendered one; of a first rendering only the tip, whatever came before it."""
    log = ports.mirror.log(snapshot.repo, snapshot.tip, limit=_LOG)
    shas = [commit.sha for commit in log]
    end = shas.index(known) if known in shas else 1
    pulls: dict[int, Pull] = {}
    return tuple(_arrival(snapshot.repo, commit, pulls, ports) for commit in log[: min(end, _ARRIVALS)])


def _arrival(repo: RepoRef, commit: Commit, pulls: dict[int, Pull], ports: Ports) -> Arrival:
    for number in ports.forge.pulls_of_commit(repo, commit.sha):
        if number not in pulls:
            pulls[number] = ports.forge.pull(repo, number)
        return Arrival(commit.sha, commit.author_name, pulls[number])
    return Arrival(commit.sha, commit.author_name)


def _failed(ports: Ports) -> tuple[FailedDelivery, ...]:
    by_guid: dict[str, list[Delivery]] = {}
    for delivery in ports.forge.deliveries(ports.clock() - _LOOK_BACK):
        by_guid.setdefault(delivery.guid, []).append(delivery)
    return tuple(
        FailedDelivery(id=tries[0].id, guid=guid, tries=len(tries))
        for guid, tries in by_guid.items()
        if not any(one.is_ok for one in tries)
    )
