"""`rerun`: someone pressed "Re-run" on our check; GitHub waits until there is a new run."""

from __future__ import annotations

from bot.deciders.decider import Decider, Need, Snapshot
from bot.model.event import CheckRerun, Event, PullChanged
from bot.model.plan import Enqueue, Plan


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
