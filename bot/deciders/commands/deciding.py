"""What people decide about a request: /approve merges it, /deny and /cancel close it.

Whatever closes the pull request is recorded first: a second run after a restart knows by it that it was the
first. It never merges what the check would deny, and nothing but requests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.commands.roles import asker_of, may
from bot.deciders.commands.asked import Answer, Asked, done, not_done
from bot.deciders.commands.refusals import closed, refused
from bot.deciders.commands.requested import WAIVERS, Requested, change_of, is_requesting, requested
from bot.deciders.decider import Rights, labelled
from bot.deciders.review import plan_review
from bot.leases.approvals import approval_mark, approval_name, approved_by
from bot.leases.begin import APPROVER
from bot.leases.ledger import names
from bot.leases.shown import defaults_of, shown_parameters
from bot.model.acts import EnsureMerged, Record
from bot.model.plan import Effect, Severity
from bot.model.proposal import ClosePull, EnsureNoBranch
from bot.model.pull import HOLD, Person, Pull
from bot.model.tree import Tree

Entry = dict[str, str | int | bool | tuple[str, ...]]
BRANCHES = "request/"
"""How the branches begin that we open for requests: with the pull request, they are done."""


@dataclass(frozen=True)
class Open:
    """An open pull request of requests and nothing else."""

    pull: Pull
    found: tuple[Requested, ...] = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.request.name for one in self.found))

    @property
    def approvals(self) -> int:
        """How many people must approve."""
        return max((one.kind.approvals for one in self.found if one.kind is not None), default=1)


def approve(asked: Asked) -> Answer:
    """With enough approvals of this very commit, the pull request is merged at it."""
    pull = asked.pull
    if pull is not None and not pull.is_open:
        is_mine = pull.is_merged and _approval(asked, pull) in _names(asked)
        return done("approved", pull=pull.number) if is_mine else closed(asked)
    opened = _opened(asked)
    if isinstance(opened, Answer):
        return opened
    return _hindered(asked, opened) or _approved(asked, opened)


def _hindered(asked: Asked, opened: Open) -> Answer | None:
    """Why it cannot be merged, whoever approves."""
    for one in opened.found:
        # Whatever the Platform says of who may use the command: what nobody else approves would never begin.
        if not may(asked.asker, APPROVER, one.matter, asked.settings):
            return refused(APPROVER, one.matter, asked)
    if HOLD in opened.pull.labels:
        return not_done("held-pull")
    if opened.pull.is_draft:
        return not_done("draft")
    judged = plan_review(asked.event, asked.snapshot)
    denied = [one for one in judged.findings if one.severity is Severity.DENY]
    return not_done("denied", *denied) if denied else None


def _approved(asked: Asked, opened: Open) -> Answer:
    """Counted, or merged where it was the last one that was missing."""
    approvers = _approvers(asked, opened)
    record = Record(asked.repo, _approval(asked, opened.pull), asked.at, _entry("approved", asked, opened))
    missing = opened.approvals - len(approvers)
    if missing > 0:
        return _counted(asked, opened, record, missing)
    merge = EnsureMerged(
        asked.repo,
        asked.number,
        opened.pull.head_sha,
        f"Approve {_listed(opened.names)} (#{asked.number})",
        _trailers(asked, opened, approvers),
    )
    return done("approved", record, merge, pull=asked.number)


def _counted(asked: Asked, opened: Open, record: Record, missing: int) -> Answer:
    """The reply is what counts later. To a review we make none that could be held against what it answers."""
    head, mine = opened.pull.head_sha, asked.asker.login
    is_review = asked.event.source != "comment"
    if is_review and not any((one.login, one.head) == (mine, head) for one in opened.pull.approvals):
        return not_done("comment")
    answer = done("counted", record, missing=missing, wanted=opened.approvals)
    return replace(answer, mark=approval_mark(head, mine))


def _opened(asked: Asked) -> Open | Answer:
    """The requests of the pull request, or why this is none to decide about here."""
    pull, snapshot = asked.pull, asked.snapshot
    if pull is None:
        return not_done("not-a-pull", command=asked.command.name)
    change = change_of(snapshot)
    if change is None and snapshot.unsafe:
        return not_done("unsafe", command=asked.command.name, paths=snapshot.unsafe[:5])
    if change is None:
        return not_done("conflict", paths=snapshot.conflicts[:5])
    if pull.base_branch != snapshot.default_branch or not is_requesting(change):
        is_waiver = change.is_all_in(WAIVERS)
        return not_done("waiver" if is_waiver else "no-request", command=asked.command.name)
    return Open(pull, requested(change, asked.catalog, snapshot))


def _approvers(asked: Asked, opened: Open) -> tuple[str, ...]:
    """Logins that approved this commit, by command or by review, and may still; the asker last."""
    mine, head = asked.asker.login, opened.pull.head_sha
    logins = [*approved_by(asked.snapshot.thread, asked.snapshot.replies, head)]
    logins += [one.login for one in opened.pull.approvals if one.head == head]
    others = {one.lower(): one for one in sorted(logins) if one.lower() != mine.lower()}
    return (*(one for one in others.values() if _still_may(one, asked, opened)), mine)


def _still_may(login: str, asked: Asked, opened: Open) -> bool:
    rights = asked.snapshot.rights.get(login, Rights())
    asker = asker_of(Person(login), asked.catalog, rights)
    needed = (asked.settings.allowed(asked.command), APPROVER)
    return all(may(asker, roles, one.matter, asked.settings) for one in opened.found for roles in needed)


def deny(asked: Asked) -> Answer:
    """The pull request is closed, unmerged."""
    return _closing("denied", asked)


def cancel(asked: Asked) -> Answer:
    """Whoever asked for it needs it no more: it is closed, unmerged."""
    return _closing("cancelled", asked)


def _closing(event: str, asked: Asked) -> Answer:
    name = f"{event}/{asked.number}/{asked.name}"
    if asked.pull is not None and not asked.pull.is_open:
        is_mine = not asked.pull.is_merged and name in _names(asked)
        return done(event, reason=asked.text("reason")) if is_mine else closed(asked)
    opened = _opened(asked)
    if isinstance(opened, Answer):
        return opened
    effects: list[Effect] = [
        Record(asked.repo, name, asked.at, _entry(event, asked, opened)),
        ClosePull(asked.repo, asked.number, body=""),
    ]
    pull = opened.pull
    if pull.head_repo == pull.repo and pull.head_branch.startswith(BRANCHES) and pull.is_ours:
        effects.append(EnsureNoBranch(asked.repo, pull.head_branch, pull.head_sha))
    return done(event, *effects, reason=asked.text("reason"))


def _approval(asked: Asked, pull: Pull) -> str:
    return approval_name(asked.number, pull.head_sha, asked.asker.login)


def _ledger(asked: Asked) -> Tree | None:
    leases = asked.snapshot.leases
    return leases.ledger.tree if leases is not None else None


def _names(asked: Asked) -> frozenset[str]:
    """Of what the ledger holds."""
    return names(_ledger(asked), asked.snapshot.memo)


def _entry(event: str, asked: Asked, opened: Open) -> Entry:
    request = opened.found[0].request
    said: Entry = {
        "event": event,
        "who": asked.asker.login,
        "kind": request.kind,
        "request": _listed(opened.names),
        "service": request.service,
        "environment": request.environment,
        "subject": opened.found[0].matter.subject,
        "parameters": _parameters(opened.found[0], asked),
        "onBehalfOf": opened.found[0].matter.on_behalf_of,
        "reason": asked.text("reason"),
        "pull": asked.number,
        "commit": opened.pull.head_sha,
    }
    return {key: value for key, value in said.items() if value}


def _parameters(one: Requested, asked: Asked) -> tuple[str, ...]:
    request, kind = one.request, one.kind
    if kind is None:
        return ()
    return shown_parameters(request.parameters, kind, defaults_of(kind, request.environment, asked.catalog))


def _trailers(asked: Asked, opened: Open, approvers: Iterable[str]) -> tuple[tuple[str, str], ...]:
    found = opened.found
    return labelled(
        {
            "Request": _listed(opened.names),
            "Requested-By": _listed(one.matter.requester for one in found),
            "Approved-By": _listed(approvers),
            "On-Behalf-Of": _listed(filter(None, (one.matter.on_behalf_of for one in found))),
            "Parameters": _listed(one for each in found for one in _parameters(each, asked)),
            "Reason": " / ".join(dict.fromkeys(one.request.reason for one in found)),
            "Pull-Request": f"#{asked.number}",
            "Delivery": asked.event.delivery,
        }
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


DECISIONS: Mapping[str, Callable[[Asked], Answer]] = {
    "approve": approve,
    "deny": deny,
    "cancel": cancel,
}
