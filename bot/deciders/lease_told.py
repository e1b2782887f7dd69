"""What has to be recorded and said of grants: each once, and only what stands on their branch already.

Part of `lease`. The ledger's lines are the memory of that: what has one was said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from bot.deciders.commands.refusals import names_of
from bot.deciders.decider import Leases, Mended
from bot.deciders.lease_ground import Ground
from bot.leases.begin import APPROVER, matter_of_grant
from bot.leases.end import ended_name
from bot.leases.grant import Grant
from bot.leases.ledger import Said
from bot.leases.records import facts_of, untold
from bot.leases.standing import Standing
from bot.model.acts import EnsureIssue, Record
from bot.model.event import PullClosed, RepoRef
from bot.model.plan import Effect, Enqueue
from bot.report.grants import REVIEW_LABEL, say_break_glass, say_broken, say_put_right


@dataclass(frozen=True)
class Untold:
    """Who has to be told what. `recorded`: the names of the ledger's lines."""

    repo: RepoRef
    leases: Leases
    ground: Ground
    recorded: Collection[str]

    @property
    def granted(self) -> Standing:
        return self.ground.granted

    def effects(self) -> Iterator[Effect]:
        """Records first, and threads; then issues, each before the line that says there is one."""
        every = [*self.granted.grants.values(), *filter(None, self.granted.ended.values())]
        for grant in every:
            if grant.ended is None or ended_name(grant.name) not in self.recorded:
                yield from self._records(grant)
        for grant in every:
            yield from self._issues(grant)
        for one in self.leases.mended:
            yield from self._mended(one)

    def _records(self, grant: Grant) -> Iterator[Effect]:
        """Before them a look at the pull request, whose comment says how it stood."""
        lines = tuple(untold(grant, self.recorded))
        if lines and grant.pull:
            delivery = f"{lines[-1].name}/thread"
            yield Enqueue(PullClosed(delivery=delivery, repo=self.repo, number=grant.pull))
        for line in lines:
            yield Record(self.repo, line.name, line.at, {"event": line.event, **line.facts})

    def _issues(self, grant: Grant) -> Iterator[Effect]:
        events = ["break-glass"] if grant.is_break_glass else []
        if grant.ended is not None and grant.ended.because == "broken":
            events.append("broken")
        for event in events:
            name = f"grant/{grant.name}/{event}"
            if name not in self.recorded:
                is_glass = event == "break-glass"
                issue = say_break_glass(grant, self._who(grant)) if is_glass else say_broken(grant)
                labels = (REVIEW_LABEL,) if is_glass else ()
                yield EnsureIssue(self.repo, issue.marker, issue.title, issue.body, labels)
                yield Record(self.repo, name, grant.starts_at, entry(event, grant.requested_by, grant))

    def _who(self, grant: Grant) -> tuple[str, ...]:
        """Who could have approved it."""
        kind = self.ground.kinds.get(grant.kind)
        if kind is None:
            return ()
        matter = matter_of_grant(grant, kind.approvers, self.ground.catalog)
        return names_of(APPROVER, [matter], self.ground.settings, self.ground.catalog)

    def _mended(self, one: Mended) -> Iterator[Effect]:
        for hand in one.hands:
            name = f"put-right/{hand.commit}"
            if name not in self.recorded:
                issue = say_put_right(hand, one.commit, one.folders)
                yield EnsureIssue(self.repo, issue.marker, issue.title, issue.body)
                said: dict[str, Said] = {"event": "refused", "who": hand.author, "commit": hand.commit}
                yield Record(self.repo, name, one.at, {**said, "reason": "put right", "request": one.folders})


def entry(event: str, who: str, grant: Grant) -> dict[str, Said]:
    """A line about a grant, with its facts."""
    return {"event": event, **facts_of(grant, who)}
