"""Whether a file on a branch of ours is still what we wrote, so that it speaks for whom it names.

Part of `review` and `glass`. An address in a commit proves nothing: it asks who else can have written there.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.deciders.decider import Snapshot
from bot.leases.request import Request
from bot.model.plan import Finding, Severity


def is_as_we_left_it(path: str, snapshot: Snapshot) -> bool:
    """Whether nobody but us can have written the file. What git merges into it from elsewhere counts too."""
    left, merged = snapshot.head_left, snapshot.merged
    if not snapshot.is_untouched:
        return False
    ours = left.entry(path) if left is not None else None
    now = merged.entry(path) if merged is not None else None
    return ours is not None and now is not None and ours.oid == now.oid


def held_back(request: Request, snapshot: Snapshot) -> Iterator[Finding]:
    """What we wrote and someone changed asks in a name that is not theirs. Glass needs a command."""
    pull = snapshot.pull
    if pull is None or (pull.is_ours and is_as_we_left_it(request.path, snapshot)):
        return
    said = {"request": request.name, "kind": request.kind}
    if pull.is_ours:
        place = request.entity.where("metadata", "name")
        yield Finding("request-requester", Severity.DENY, request.path, *place, {**said, "case": "touched"})
    elif request.is_break_glass:
        place = request.entity.where("spec", "breakGlass")
        yield Finding("request-break-glass", Severity.DENY, request.path, *place, {**said, "case": "by-hand"})
