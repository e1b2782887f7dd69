"""`refresh`: when the default branch has moved, every open pull request merges into something else."""

from __future__ import annotations

from bot.deciders.decider import Decider, Need, Snapshot, is_unstaged
from bot.model.event import Event, PullChanged, Pushed
from bot.model.plan import Enqueue, Plan


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
    where=is_unstaged,
)
