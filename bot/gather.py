"""All reads. An event and the facts that are needed become one frozen snapshot.

Payloads are hints: everything is read again here. What is not visible yet is waited for in the queue.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.catalog.accounts import is_agent, user_of
from bot.catalog.check import check
from bot.deciders.decider import FailedDelivery, Need, Snapshot
from bot.errors import Retry
from bot.gather_delivery import arrivals, brought, first_environment
from bot.gather_leases import gather_leases
from bot.gather_stages import gather_stages
from bot.gather_thread import approvers_rights, overdue, rights, rights_of, seen, thread, written
from bot.hands import is_made_by_us
from bot.model.event import Commanded, Event, LeasesDue, PullChanged, PullClosed
from bot.model.pull import Pull
from bot.ports import Delivery, Ports

_LOOK_BACK = timedelta(hours=24)
_OWN = 100
"""Commits of a pull request's own that are looked at to find our newest."""


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
        snapshot = replace(snapshot, default_branch=_default_branch(event, ports))
    if Need.TIP in needs:
        snapshot = _tip(snapshot, ports)
    if Need.PULL in needs and isinstance(event, PullChanged | PullClosed):
        snapshot = _pull(snapshot, event.number, ports)
    if isinstance(event, Commanded):
        snapshot = _commanded(event, needs, snapshot, ports)
    if Need.OVERDUE in needs:
        snapshot = overdue(snapshot, ports)
    if Need.LEASES in needs:
        snapshot = gather_leases(event, snapshot, ports, rights_of)
    if needs & Need.LEASES and needs & Need.RIGHTS:
        snapshot = approvers_rights(snapshot, ports)
    return _around(needs, snapshot, ports)


def _around(needs: Need, snapshot: Snapshot, ports: Ports) -> Snapshot:
    """What else stands in the repo and with the App."""
    if Need.FIRST_ENVIRONMENT in needs:
        snapshot = first_environment(snapshot, ports)
    if Need.ARRIVALS in needs and snapshot.first_environment is not None:
        snapshot = arrivals(snapshot, ports)
    if Need.OPEN_PULLS in needs or (Need.LEASES in needs and _is_agents(snapshot)):
        snapshot = replace(snapshot, open_pulls=tuple(ports.forge.open_pulls(snapshot.repo)))
    if Need.STAGES in needs:
        snapshot = gather_stages(snapshot, ports)
    if Need.DELIVERIES in needs:
        snapshot = replace(snapshot, failed_deliveries=_failed(ports))
    return snapshot


def _commanded(event: Commanded, needs: Need, snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Its author waits for the first answer: what it does not need is read when the work is done."""
    if Need.THREAD in needs:
        snapshot = written(event, snapshot, ports)
    if Need.PULL in needs and event.is_pull:
        snapshot = seen(_pull(snapshot, event.number, ports), ports)
    if Need.THREAD in needs and event.is_accepted:
        snapshot = thread(event, snapshot, ports)
    return rights(snapshot, ports) if Need.RIGHTS in needs else snapshot


def _default_branch(event: Event, ports: Ports) -> str:
    """A look at the leases, every few seconds, takes what the newest other event was told."""
    key = ("default branch", str(event.repo))
    if key not in ports.memo or not isinstance(event, LeasesDue):
        ports.memo[key] = ports.forge.default_branch(event.repo)
    found: str = ports.memo[key]
    return found


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
    snapshot = replace(
        snapshot,
        base=base,
        head=head,
        merged=merged.tree,
        conflicts=merged.conflicts,
        unsafe=merged.unsafe,
    )
    return _left(snapshot, pull, refs[base_ref], ports) if pull.is_ours else snapshot


def _left(snapshot: Snapshot, pull: Pull, base: str, ports: Ports) -> Snapshot:
    """Adds what we wrote, whoever wrote to the branch since."""
    own = ports.mirror.own_commits(pull.repo, pull.head_sha, base, limit=_OWN)
    mine = next((one for one in own if is_made_by_us(one, ports)), None)
    if mine is None:
        return snapshot
    is_first = [*own] == [mine] and len(mine.parents) == 1
    is_asking = is_first and pull.base_branch == snapshot.default_branch
    moved = ports.forge.head_moved_at(pull.repo, pull.number) if is_asking else None
    left = ports.mirror.tree(pull.repo, mine.sha)
    return replace(snapshot, head_left=left, is_head_first=is_first, head_moved_at=moved)


def _is_agents(snapshot: Snapshot) -> bool:
    """Whether an agent asks: how many requests it has open is seen among the pull requests."""
    pull, tree = snapshot.pull, snapshot.tip_tree or snapshot.base
    author = snapshot.written.author if snapshot.written else pull.author if pull and pull.is_open else None
    if author is None or tree is None:
        return False
    user = user_of(author.login, check(tree, whole=True, memo=snapshot.memo).catalog)
    return user is not None and is_agent(user)


def _failed(ports: Ports) -> tuple[FailedDelivery, ...]:
    by_guid: dict[str, list[Delivery]] = {}
    for delivery in ports.forge.deliveries(ports.clock() - _LOOK_BACK):
        by_guid.setdefault(delivery.guid, []).append(delivery)
    return tuple(
        FailedDelivery(id=tries[0].id, guid=guid, tries=len(tries))
        for guid, tries in by_guid.items()
        if not any(one.is_ok for one in tries)
    )
