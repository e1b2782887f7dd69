"""`glass`: a break-glass request that we wrote, and nobody touched since, is merged at once.

Who may take it was asked when it was written. It never merges what the check denies, nor anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.catalog.check import check
from bot.commands.settings import command_settings
from bot.deciders.commands.refusals import names_of
from bot.deciders.commands.requested import change_of, requested
from bot.deciders.decider import Decider, Need, Snapshot, labelled
from bot.deciders.left import is_as_we_left_it
from bot.deciders.review import plan_review
from bot.leases.begin import APPROVER
from bot.leases.kind import request_kind
from bot.leases.ledger import GLASS_KEY, Said, all_entries
from bot.leases.request import Request, requests
from bot.leases.shown import defaults_of, shown_parameters
from bot.leases.written import BRANCH
from bot.model.acts import EnsureMerged
from bot.model.event import Event, PullChanged, PullClosed
from bot.model.glass_part import GlassPart
from bot.model.plan import Enqueue, Plan
from bot.model.pull import HOLD, Pull

_AGAIN = "/glass"
"""Ends the delivery of the second look. By then our check stands on the commit: protection may ask for it."""


def plan_glass(event: Event, snapshot: Snapshot) -> Plan:
    """The merge, once the check of this head was made. Of one that is closed, what there is to tell."""
    pull = snapshot.pull
    if isinstance(event, PullClosed) and pull is not None and not pull.is_open:
        name = pull.head_branch.removeprefix(BRANCH)
        return Plan(parts=(_part(name, pull, snapshot),)) if _is_glass(name, pull, snapshot) else Plan()
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
            "Parameters": ", ".join(_parameters(request, snapshot)),
            "Break-Glass": "true",
            "Reason": request.reason,
            "Pull-Request": f"#{pull.number}",
            "Delivery": event.delivery,
        }
    )
    subject = f"Break the glass for {request.name} (#{pull.number})"
    merge = EnsureMerged(pull.repo, pull.number, pull.head_sha, subject, trailers)
    part = replace(_part(request.name, pull, snapshot), effect_key=merge.key, who=_approvers(snapshot))
    return Plan(parts=(part,), effects=(merge,))


def _part(name: str, pull: Pull, snapshot: Snapshot) -> GlassPart:
    said = _recorded(name, snapshot)
    thread = said.get("thread", 0)
    return GlassPart(
        name=name,
        number=pull.number,
        head_sha=pull.head_sha,
        thread=thread if isinstance(thread, int) else 0,
        is_open=pull.is_open,
        is_merged=pull.is_merged,
    )


def _is_glass(name: str, pull: Pull, snapshot: Snapshot) -> bool:
    return (
        pull.is_ours
        and pull.head_branch.startswith(BRANCH)
        and bool(_recorded(name, snapshot).get(GLASS_KEY))
    )


def _recorded(name: str, snapshot: Snapshot) -> Mapping[str, Said]:
    """What the ledger says of the command that asked for it."""
    ledger = snapshot.leases.ledger.tree if snapshot.leases is not None else None
    lines = (
        one.facts for one in all_entries(ledger, snapshot.memo) if one.name == f"request/{name}/requested"
    )
    return next(lines, {})


def _approvers(snapshot: Snapshot) -> tuple[str, ...]:
    """Who could approve it as any other request."""
    base, merged = snapshot.base, snapshot.merged
    if base is None or merged is None:
        return ()
    catalog = check(base, whole=True, memo=snapshot.memo).catalog
    settings = command_settings(catalog)
    change = change_of(snapshot)
    found = requested(change, catalog, replace(snapshot, tip_tree=base)) if change is not None else ()
    return names_of(APPROVER, (one.matter for one in found), settings, catalog)


def _parameters(request: Request, snapshot: Snapshot) -> tuple[str, ...]:
    base = snapshot.base
    catalog = check(base, whole=True, memo=snapshot.memo).catalog if base is not None else None
    if base is None or catalog is None:
        return ()
    kind = request_kind(base, catalog, request.kind, snapshot.memo)
    if kind is None:
        return ()
    return shown_parameters(request.parameters, kind, defaults_of(kind, request.environment, catalog))


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
    on=(PullChanged, PullClosed),
    needs=Need.PULL | Need.LEASES,
    help="Merges at once what was asked for as break-glass by someone who may.",
    plan=plan_glass,
)
