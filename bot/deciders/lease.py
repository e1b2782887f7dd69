"""`lease`: what was asked for and approved is in force from then on until its end, and not a moment longer.

It looks at what stands, not at what happened: requests on the default branch, the branch of grants, the
ledger. Running it again changes nothing. To end a grant it needs no template, only the grant's own document;
what has ended never begins again under its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bot.deciders.arrived import Broken, Judged, Late, Ready, Waiting, apart, judge
from bot.deciders.decider import Decider, Leases, Need, Snapshot, is_unstaged
from bot.deciders.granted import Cause, Turn, write
from bot.deciders.lease_end import propose
from bot.deciders.lease_ground import Ground, ground_of
from bot.deciders.lease_thread import asked, used
from bot.deciders.lease_told import Untold
from bot.leases.end import ended, ended_name, is_to_propose, why_over
from bot.leases.grant import Because, Grant
from bot.leases.ledger import names
from bot.model.event import Event, LeasesDue, PullClosed, Pushed
from bot.model.lease import LeasePart, LeaseState
from bot.model.plan import Effect, Enqueue, Part, Plan

AGAIN = "/told"
"""How the delivery ends of the look that follows a write: what was written is recorded then."""


def plan_leases(event: Event, snapshot: Snapshot) -> Plan:
    """Ends, beginnings and what is put right, in one commit; records and issues of what stands already."""
    leases = snapshot.leases
    if leases is None:
        return Plan(why=("It is not about leases.",))
    look = Look(snapshot, leases, ground_of(snapshot), names(leases.ledger.tree, snapshot.memo))
    commit = write(look.turn, leases, Cause(event.repo, snapshot.now, event.delivery))
    effects: list[Effect] = [commit] if commit is not None else []
    if commit is not None and not event.delivery.endswith(AGAIN):
        effects.append(Enqueue(LeasesDue(delivery=f"{event.delivery}{AGAIN}", repo=event.repo)))
    effects += look.proposals()
    effects += Untold(event.repo, leases, look.ground, look.recorded).effects()
    key = commit.key if commit is not None else ""
    parts: tuple[Part, ...] = ()
    if isinstance(event, PullClosed):
        never = used(event.number, snapshot, look.ground)
        parts = (*look.parts(event.number, key), *never, *asked(snapshot))
    why = () if effects else ("All leases are as they should be.",)
    return Plan(parts=parts, effects=tuple(effects), why=why)


@dataclass(frozen=True)
class Look:
    """The world of leases at one moment."""

    snapshot: Snapshot = field(repr=False)
    leases: Leases = field(repr=False)
    ground: Ground = field(repr=False)
    recorded: Collection[str] = field(repr=False)
    """Names of the ledger's lines."""

    @cached_property
    def turn(self) -> Turn:
        """What is to be done to grants now."""
        granted = self.ground.granted
        doubled = tuple(one.folder for one in granted.grants.values() if one.name in granted.ended)
        return Turn(
            begun=tuple((one.grant, one.files) for one in self.judged if isinstance(one, Ready)),
            ended=(
                *self._over(),
                *self._lost(),
                *(one.grant for one in self.judged if isinstance(one, Late)),
            ),
            dropped=(*granted.broken, *doubled),
        )

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """Of all requests that came and have neither begun nor ended."""
        granted, arrived = self.ground.granted, self.leases.arrived
        found = (
            judge(one, arrived[one.path], self.ground)
            for one in self.ground.requests.values()
            if one.path in arrived
            and not granted.knows(one.name)
            and ended_name(one.name) not in self.recorded
        )
        return tuple(apart(found, self.ground))

    def _over(self) -> Iterator[Grant]:
        """Those in force whose time is over, or whose reason to be is gone."""
        for grant in self.ground.granted.grants.values():
            why = self._why_over(grant)
            if why is not None and grant.name not in self.ground.granted.ended:
                yield ended(grant, why, self.snapshot.now)

    def _why_over(self, grant: Grant) -> Because | None:
        tree, is_requested = self.leases.grants.tree, self.ground.is_requested(grant)
        if tree is not None and grant.at_end == "remove" and not tree.list(grant.folder):
            return "by-hand"
        return why_over(grant, self.snapshot.now, is_requested=is_requested, recorded=self.recorded)

    def _lost(self) -> Iterator[Grant]:
        """Folders that nobody can read are taken away; what they were called ends with them."""
        for folder in self.ground.granted.broken:
            environment, _, name = folder.partition("/")
            if not self.ground.granted.knows(name):
                now = self.snapshot.now
                yield ended(Grant(name, "", "", environment, "", "", "", "", now), "broken", now)

    def proposals(self) -> Iterator[Effect]:
        """Pull requests that ask people to end what is over but lasting."""
        for grant in self.ground.granted.grants.values():
            ending = {one.name for one in self.turn.ended}
            if is_to_propose(grant, self.snapshot.now, self.recorded) and grant.name not in ending:
                yield from propose(grant, self.snapshot, self.leases, self.ground.catalog)

    def parts(self, number: int, key: str) -> Iterator[LeasePart]:
        """What there is to tell in the thread of a merged pull request."""
        now = {one.name: one for one in self.turn.grants}
        standing = [*self.ground.granted.grants.values(), *filter(None, self.ground.granted.ended.values())]
        for grant in standing:
            if grant.pull == number:
                mine = now.get(grant.name, grant)
                yield part_of(mine, effect_key=key if grant.name in now else "")
        for one in self.judged:
            if isinstance(one, Ready | Late):
                if one.grant.pull == number:
                    yield part_of(one.grant, effect_key=key)
            elif (pull := self.leases.arrived[one.request.path].pull) is not None and pull.number == number:
                asking = pull.author.login if not pull.is_ours else one.request.requester
                yield _left(one, asking, self.ground.subject_of(one.request, asking))


def part_of(grant: Grant, *, effect_key: str = "") -> LeasePart:
    """How a grant is told of. `effect_key`: of the commit that is still to be made."""
    end = grant.ended
    state: LeaseState = "begun" if end is None else "late" if end.because == "late" else "ended"
    return LeasePart(
        name=grant.name,
        kind=grant.kind,
        environment=grant.environment,
        service=grant.service,
        subject=grant.subject,
        state=state,
        until=end.at if end is not None and state == "ended" else grant.expires_at,
        requested_by=grant.requested_by,
        approved_by=grant.approved_by,
        case=end.because if end is not None else "",
        is_break_glass=grant.is_break_glass,
        at_end=grant.at_end,
        effect_key=effect_key,
    )


def _left(one: Waiting | Broken, requester: str, subject: str) -> LeasePart:
    request = one.request
    is_waiting = isinstance(one, Waiting)
    return LeasePart(
        name=request.name,
        kind=request.kind,
        environment=request.environment,
        service=request.service,
        subject=subject,
        state="waiting" if is_waiting else "broken",
        requested_by=requester,
        approved_by=one.approved_by if isinstance(one, Waiting) else (),
        missing=one.missing if isinstance(one, Waiting) else 0,
        who=one.who if isinstance(one, Waiting) else (),
        strange=one.strange if isinstance(one, Waiting) else (),
        case=one.case if isinstance(one, Broken) else "",
        findings=one.findings if isinstance(one, Broken) else (),
        is_break_glass=request.is_break_glass,
    )


LEASE = Decider(
    name="lease",
    on=(LeasesDue, PullClosed, Pushed),
    needs=Need.TIP | Need.PULL | Need.LEASES,
    help="Begins what was asked for and approved, and ends it when its time is over.",
    plan=plan_leases,
    where=is_unstaged,
)
