"""`glass`: a break-glass request that we wrote, and nobody touched since, is merged at once.

Who may take it was asked when it was written. It never merges what the check denies, nor anything else.
"""

from __future__ import annotations

from bot.catalog.check import check
from bot.deciders.decider import Decider, Need, Snapshot, labelled
from bot.deciders.requested import is_as_we_left_it
from bot.deciders.review import plan_review
from bot.leases.request import Request, requests
from bot.leases.written import BRANCH
from bot.model.acts import EnsureMerged
from bot.model.event import Event, PullChanged
from bot.model.plan import Enqueue, Plan
from bot.model.pull import HOLD, Pull

_AGAIN = "/glass"
"""Ends the delivery of the second look. By then our check stands on the commit: protection may ask for it."""


def plan_glass(event: Event, snapshot: Snapshot) -> Plan:
    """The merge, once the check of this head was made."""
    pull = snapshot.pull
    if not isinstance(event, PullChanged) or pull is None or not _is_ready(pull, snapshot):
        return Plan()
    request = _request(snapshot)
    if request is None or plan_review(event, snapshot).denies:
        return Plan()
    if not event.delivery.endswith(_AGAIN):
        again = event.model_copy(update={"delivery": f"{event.delivery}{_AGAIN}"})
        return Plan(effects=(Enqueue(again),))
    trailers = labelled(
        {
            "Request": request.name,
            "Requested-By": request.requester,
            "Break-Glass": "true",
            "Reason": request.reason,
            "Pull-Request": f"#{pull.number}",
            "Delivery": event.delivery,
        }
    )
    subject = f"Break the glass for {request.name} (#{pull.number})"
    return Plan(effects=(EnsureMerged(pull.repo, pull.number, pull.head_sha, subject, trailers),))


def _is_ready(pull: Pull, snapshot: Snapshot) -> bool:
    is_ours = pull.is_ours and pull.head_repo == pull.repo and pull.head_branch.startswith(BRANCH)
    is_free = pull.is_open and not pull.is_draft and HOLD not in pull.labels
    return is_ours and is_free and pull.base_branch == snapshot.default_branch


def _request(snapshot: Snapshot) -> Request | None:
    """The one break-glass request that is all of the change, as we wrote it."""
    base, merged = snapshot.base, snapshot.merged
    if base is None or merged is None:
        return None
    changes = base.diff(merged)
    if len(changes) != 1 or changes[0].before is not None:
        return None
    path = changes[0].path
    found = [
        one for one in requests(check(merged, whole=True, memo=snapshot.memo).catalog) if one.path == path
    ]
    is_one = len(found) == 1 and found[0].is_break_glass
    return found[0] if is_one and is_as_we_left_it(path, snapshot) else None


GLASS = Decider(
    name="glass",
    on=(PullChanged,),
    needs=Need.PULL | Need.LEASES,
    help="Merges at once what was asked for as break-glass by someone who may.",
    plan=plan_glass,
)
