"""The brain: pure functions from an event and a snapshot to a plan. One file a capability."""

from __future__ import annotations

from functools import reduce
from operator import add, or_

from bot.deciders.command import ACCEPT, COMMAND
from bot.deciders.decider import Decider, Need, Snapshot
from bot.deciders.deliver import DELIVER
from bot.deciders.drift import DRIFT
from bot.deciders.follow import FOLLOW
from bot.deciders.glass import GLASS
from bot.deciders.lease import LEASE
from bot.deciders.promote import PROMOTE
from bot.deciders.refresh import REFRESH
from bot.deciders.rerun import RERUN
from bot.deciders.review import REVIEW
from bot.deciders.sweep import SWEEP
from bot.model.event import Event
from bot.model.plan import Plan

DECIDERS: tuple[Decider, ...] = (
    REVIEW,
    DELIVER,
    FOLLOW,
    DRIFT,
    PROMOTE,
    REFRESH,
    RERUN,
    ACCEPT,
    COMMAND,
    GLASS,
    LEASE,
    SWEEP,
)


def concerned(event: Event) -> tuple[Decider, ...]:
    """The deciders that want to see this event."""
    return tuple(one for one in DECIDERS if isinstance(event, one.on) and one.where(event))


def needs(event: Event) -> Need:
    """All facts that are needed to decide about this event."""
    return reduce(or_, (decider.needs for decider in concerned(event)), Need.NOTHING)


def decide(event: Event, snapshot: Snapshot) -> Plan:
    """The sum of all plans. The same event and snapshot always give an equal plan."""
    return reduce(add, (decider.plan(event, snapshot) for decider in concerned(event)), Plan())
