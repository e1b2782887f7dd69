"""`sweep`: looks at everything again, so that lost deliveries and restarts cost time and nothing else.

It does no work of its own: it puts the events back into the queue that the world seems to owe.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.deciders.decider import Decider, Need, Snapshot
from bot.deciders.follow import look_at
from bot.model.event import Commanded, Event, Installed, LeasesDue, PullChanged, PullClosed, Pushed, SweepDue
from bot.model.plan import Enqueue, Plan, Redeliver

_TRIES = 3
"""How often one event is asked for again before the sweep's own look must do."""
_TOLD = 5
"""Newest deliveries whose pull requests are looked at again: were they told of it before all was killed?"""


def plan_sweep(event: Event, snapshot: Snapshot) -> Plan:
    """An event for all that is open or was delivered lately, and redelivery of what failed."""
    pulls = tuple(
        Enqueue(
            PullChanged(delivery=f"{event.delivery}/pull/{pull.number}", repo=event.repo, number=pull.number)
        )
        for pull in snapshot.open_pulls
        if pull.base_branch == snapshot.default_branch  # those to environments are looked at with the stages
    )
    push = Enqueue(Pushed(delivery=f"{event.delivery}/push", repo=event.repo, branch=snapshot.default_branch))
    leases = Enqueue(LeasesDue(delivery=f"{event.delivery}/leases", repo=event.repo))
    first = snapshot.first_environment
    stages = (look_at(event, first.name),) if first else ()
    numbers = {number for made in snapshot.delivered[:_TOLD] for number in made.pulls}
    brought = tuple(
        Enqueue(PullClosed(delivery=f"{event.delivery}/brought/{number}", repo=event.repo, number=number))
        for number in sorted(numbers)
    )
    failed = tuple(
        Redeliver(delivery.id) for delivery in snapshot.failed_deliveries if delivery.tries < _TRIES
    )
    return Plan(effects=(push, leases, *stages, *pulls, *brought, *failed, *_commands(event, snapshot)))


def _commands(event: Event, snapshot: Snapshot) -> Iterator[Enqueue]:
    """Commands that nobody ended. Their names stay the same: one that waits already is not put twice."""
    for one in snapshot.overdue:
        spot = one.written.spot
        yield Enqueue(
            Commanded(
                delivery=f"overdue/{spot.source}/{spot.id}",
                repo=event.repo,
                number=spot.number,
                is_pull=one.written.is_pull,
                source=spot.source,
                id=spot.id,
            )
        )


SWEEP = Decider(
    name="sweep",
    on=(SweepDue, Installed),
    needs=Need.TIP | Need.FIRST_ENVIRONMENT | Need.OPEN_PULLS | Need.DELIVERIES | Need.OVERDUE,
    help="Finds what lost deliveries left undone and puts it back into the queue.",
    plan=plan_sweep,
)
