"""What has to be recorded and said of grants: each once, and only what stands on their branch already.

Part of `lease`. The ledger's lines are the memory of that: what has one was said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.deciders.decider import Leases, Mended
from bot.leases.end import began_name, ended_name
from bot.leases.grant import Grant, stamp
from bot.leases.ledger import Said
from bot.leases.standing import Standing
from bot.model.acts import EnsureIssue, Record
from bot.model.event import RepoRef
from bot.model.plan import Effect
from bot.report.grants import say_break_glass, say_broken, say_put_right

_NEVER_BEGAN = frozenset({"late", "broken"})


@dataclass(frozen=True)
class Untold:
    """Who has to be told what. `recorded`: the names of the ledger's lines."""

    repo: RepoRef
    leases: Leases
    granted: Standing
    recorded: Collection[str]

    def effects(self) -> Iterator[Effect]:
        """Records first; then issues, each before the line that says there is one."""
        every = [*self.granted.grants.values(), *filter(None, self.granted.ended.values())]
        for grant in every:
            yield from (one for one in records(self.repo, grant) if one.name not in self.recorded)
        for grant in every:
            yield from self._issues(grant)
        for one in self.leases.mended:
            yield from self._mended(one)

    def _issues(self, grant: Grant) -> Iterator[Effect]:
        said = [("break-glass", say_break_glass)] if grant.is_break_glass else []
        if grant.ended is not None and grant.ended.because == "broken":
            said.append(("broken", say_broken))
        for event, words in said:
            name = f"grant/{grant.name}/{event}"
            if name not in self.recorded:
                issue = words(grant)
                yield EnsureIssue(self.repo, issue.marker, issue.title, issue.body)
                yield Record(self.repo, name, grant.starts_at, entry(event, grant.requested_by, grant))

    def _mended(self, one: Mended) -> Iterator[Effect]:
        for hand in one.hands:
            name = f"put-right/{hand.commit}"
            if name not in self.recorded:
                issue = say_put_right(hand, one.commit, one.folders)
                yield EnsureIssue(self.repo, issue.marker, issue.title, issue.body)
                said: dict[str, Said] = {"event": "refused", "who": hand.author, "commit": hand.commit}
                yield Record(self.repo, name, one.at, {**said, "reason": "put right", "request": one.folders})


def records(repo: RepoRef, grant: Grant) -> Iterator[Record]:
    """All lines that there are of a grant, oldest first."""

    def record(suffix: str, at: datetime, said: dict[str, Said]) -> Record:
        return Record(repo, f"grant/{grant.name}/{suffix}", at, said)

    start, end = grant.starts_at, grant.ended
    if end is None or end.because != "broken":
        yield record("requested", start, entry("requested", grant.requested_by, grant))
    for login in grant.approved_by:
        yield record(f"approved/{login}", start, entry("approved", login, grant))
    if end is None or end.because not in _NEVER_BEGAN:
        yield Record(repo, began_name(grant.name), start, entry("began", grant.requested_by, grant))
    for number, one in enumerate(grant.extensions, start=1):
        said = entry("extended", one.by, grant) | {"until": stamp(one.until)}
        yield record(f"extended-{number}", one.at, said | ({"reason": one.reason} if one.reason else {}))
    if end is not None:
        event = "revoked" if end.because == "revoked" else "ended"
        said = entry(event, end.by, grant) | {"reason": end.reason or end.because, "until": stamp(end.at)}
        yield Record(repo, ended_name(grant.name), end.at, said)


def entry(event: str, who: str, grant: Grant) -> dict[str, Said]:
    """The facts of a line about a grant, without those that have nothing to say."""
    said: dict[str, Said] = {
        "event": event,
        "who": who,
        "kind": grant.kind,
        "request": grant.name,
        "service": grant.service,
        "environment": grant.environment,
        "subject": grant.subject,
        "approvedBy": grant.approved_by,
        "onBehalfOf": grant.on_behalf_of,
        "reason": grant.reason,
        "until": stamp(grant.expires_at),
        "pull": grant.pull,
        "commit": grant.source_commit,
    }
    return {key: value for key, value in said.items() if value}
