"""`sweep`: looks at everything again, so that lost deliveries and restarts cost time and nothing else.

It does no work of its own: it puts the events back into the queue that the world seems to owe.
"""

from __future__ import annotations

from bot.deciders.decider import Decider, Need, Snapshot
from bot.model.event import CheckRerun, Event, Installed, PullChanged, Pushed, SweepDue
from bot.model.plan import Enqueue, Plan, Redeliver

_TRIES = 3
"""How often one event is asked for again before the sweep's own look must do."""


def plan_sweep(event: Event, snapshot: Snapshot) -> Plan:
    """An event for each open pull request and for the default branch; redelivery of what failed."""
    pulls = tuple(
        Enqueue(
            PullChanged(delivery=f"{event.delivery}/pull/{pull.number}", repo=event.repo, number=pull.number)
        )
        for pull in snapshot.open_pulls
    )
    push = Enqueue(Pushed(delivery=f"{event.delivery}/push", repo=event.repo, branch=snapshot.default_branch))
    failed = tuple(
        Redeliver(delivery.id) for delivery in snapshot.failed_deliveries if delivery.tries < _TRIES
    )
    return Plan(effects=(push, *pulls, *failed))


SWEEP = Decider(
    name="sweep",
    on=(SweepDue, Installed),
    needs=Need.TIP | Need.OPEN_PULLS | Need.DELIVERIES,
    help="Finds what lost deliveries left undone and puts it back into the queue.",
    plan=plan_sweep,
)


def plan_refresh(event: Event, snapshot: Snapshot) -> Plan:
    """The default branch moved: every open pull request merges into something else now."""
    if not isinstance(event, Pushed) or event.branch != snapshot.default_branch:
        return Plan(why=("It is not about the default branch.",))
    return Plan(
        effects=tuple(
            Enqueue(
                PullChanged(
                    delivery=f"{event.delivery}/pull/{pull.number}", repo=event.repo, number=pull.number
                )
            )
            for pull in snapshot.open_pulls
            if pull.base_branch == event.branch
        )
    )


REFRESH = Decider(
    name="refresh",
    on=(Pushed,),
    needs=Need.TIP | Need.OPEN_PULLS,
    help="Looks at open pull requests again when the branch that they go to has moved.",
    plan=plan_refresh,
)


def plan_rerun(event: Event, snapshot: Snapshot) -> Plan:
    """Someone pressed "Re-run": the pull requests of that commit are judged anew."""
    if not isinstance(event, CheckRerun):
        return Plan()
    numbers = {pull.number for pull in snapshot.open_pulls if pull.head_sha == event.head_sha}
    return Plan(
        effects=tuple(
            Enqueue(
                PullChanged(
                    delivery=f"{event.delivery}/pull/{number}", repo=event.repo, number=number, rerun=True
                )
            )
            for number in sorted(numbers)
        ),
        why=() if numbers else ("No open pull request has this commit as its head.",),
    )


RERUN = Decider(
    name="rerun",
    on=(CheckRerun,),
    needs=Need.OPEN_PULLS,
    help='Judges a pull request anew when someone presses "Re-run".',
    plan=plan_rerun,
)
