"""What a merged pull request is told besides its grants: who asked for it, and what never begins.

Part of `lease`; nothing is granted by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.deciders.decider import Snapshot
from bot.deciders.lease_ground import Ground
from bot.leases.ledger import all_entries
from bot.leases.request import request_of
from bot.leases.written import BRANCH
from bot.model.lease import AskedPart, LeasePart


def asked(snapshot: Snapshot) -> Iterator[AskedPart]:
    """By whose command we opened it, as the ledger has it. It is words only: nothing is granted by it."""
    pull, leases = snapshot.pull, snapshot.leases
    if pull is None or leases is None or not (pull.is_ours and pull.head_branch.startswith(BRANCH)):
        return
    name = pull.head_branch.removeprefix(BRANCH)
    names = {f"request/{name}/requested", f"waiver/{name}/asked"}
    for one in all_entries(leases.ledger.tree, snapshot.memo):
        if one.name in names and one.text("who"):
            yield AskedPart(one.text("who"))
            return


def used(number: int, snapshot: Snapshot, ground: Ground) -> Iterator[LeasePart]:
    """Requests that came under a name that another one has, or had. The check denied them."""
    if snapshot.brought is None or snapshot.pull is None:
        return
    before, after = snapshot.brought
    paths = {one.path for one in before.diff(after) if one.after is not None}
    entities = (one for one in ground.catalog.entities if one.path in paths)
    for request in filter(None, map(request_of, entities)):
        grant = ground.granted.find(request.name)
        is_mine = grant is not None and (grant.pull, grant.request) == (number, request.path)
        if ground.granted.knows(request.name) and not is_mine:
            asking = request.requester or snapshot.pull.author.login
            yield LeasePart(
                name=request.name,
                kind=request.kind,
                environment=request.environment,
                service=request.service,
                subject=ground.subject_of(request, asking),
                state="broken",
                requested_by=asking,
                case="used",
            )
