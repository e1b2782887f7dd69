"""All reads. An event and the facts that are needed become one frozen snapshot.

Payloads are hints: everything is read again here. What is not visible yet is waited for in the queue.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.deciders.decider import FailedDelivery, Need, Snapshot
from bot.errors import Retry
from bot.gather_delivery import arrivals, brought, first_environment
from bot.gather_stages import gather_stages
from bot.model.event import Event, PullChanged, PullClosed
from bot.model.pull import Pull
from bot.ports import Delivery, Ports

_LOOK_BACK = timedelta(hours=24)


def gather(event: Event, needs: Need, ports: Ports) -> Snapshot:
    """Reads what is needed. Raises Retry while GitHub does not show yet what the event spoke of."""
    snapshot = Snapshot(
        repo=event.repo,
        now=ports.clock(),
        run=ports.run,
        schemas=ports.schemas,
        judge=ports.judge,
        clock=ports.clock,
        memo=ports.memo,
    )
    if needs & (Need.TIP | Need.PULL):
        snapshot = replace(snapshot, default_branch=ports.forge.default_branch(event.repo))
    if Need.TIP in needs:
        snapshot = _tip(snapshot, ports)
    if Need.PULL in needs and isinstance(event, PullChanged | PullClosed):
        snapshot = _pull(snapshot, event.number, ports)
    if Need.FIRST_ENVIRONMENT in needs:
        snapshot = first_environment(snapshot, ports)
    if Need.ARRIVALS in needs and snapshot.first_environment is not None:
        snapshot = arrivals(snapshot, ports)
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
    if pull.is_open:
        return _trees(snapshot, pull, ports)
    is_ours = pull.is_merged and pull.base_branch == snapshot.default_branch
    return brought(snapshot, pull, ports) if is_ours else snapshot


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


def _failed(ports: Ports) -> tuple[FailedDelivery, ...]:
    by_guid: dict[str, list[Delivery]] = {}
    for delivery in ports.forge.deliveries(ports.clock() - _LOOK_BACK):
        by_guid.setdefault(delivery.guid, []).append(delivery)
    return tuple(
        FailedDelivery(id=tries[0].id, guid=guid, tries=len(tries))
        for guid, tries in by_guid.items()
        if not any(one.is_ok for one in tries)
    )
