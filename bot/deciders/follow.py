"""`follow`: when the default branch moved, or a pull request to an environment ended, later ones may differ.

It does no work of its own: it puts the look at all environments into the queue.
"""

from __future__ import annotations

from bot.deciders.decider import Decider, Need, Snapshot, is_unstaged
from bot.model.event import Event, PullClosed, Pushed
from bot.model.plan import Enqueue, Plan


def plan_follow(event: Event, snapshot: Snapshot) -> Plan:
    """One push of the first environment's branch: each look is at all of them."""
    first = snapshot.first_environment
    if first is None or not _concerns(event, snapshot):
        return Plan()
    return Plan(effects=(look_at(event, first.name),))


def look_at(event: Event, branch: str) -> Enqueue:
    """All environments are looked at again."""
    return Enqueue(Pushed(delivery=f"{event.delivery}/stages", repo=event.repo, branch=branch))


def _concerns(event: Event, snapshot: Snapshot) -> bool:
    match event:
        case Pushed(branch=branch):
            return branch == snapshot.default_branch
        case PullClosed():
            pull = snapshot.pull
            return (
                pull is not None
                and Pushed(delivery=event.delivery, repo=event.repo, branch=pull.base_branch).is_staged
            )
        case _:
            return False


FOLLOW = Decider(
    name="follow",
    on=(Pushed, PullClosed),
    needs=Need.TIP | Need.PULL | Need.FIRST_ENVIRONMENT,
    help="Has all environments looked at again when something before them moved.",
    plan=plan_follow,
    where=is_unstaged,
)
