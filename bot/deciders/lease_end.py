"""Asks people to end what is over but lasting, such as a database: no clock deletes that. Part of `lease`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.catalog.entity import Catalog
from bot.deciders.decider import Leases, Snapshot, labelled
from bot.deciders.lease_told import entry
from bot.leases.end import proposed_name
from bot.leases.grant import Grant
from bot.model.acts import EnsureIssue, Record
from bot.model.plan import Effect, EnsureFiles
from bot.model.proposal import EnsurePull, Head
from bot.report.grants import say_end

END = "request/end-"
"""How the branches begin with which we propose that."""


def propose(
    grant: Grant, snapshot: Snapshot, leases: Leases, catalog: Catalog, *, by: str = "", reason: str = ""
) -> Iterator[Effect]:
    """A pull request that removes the request's file; an issue where that holds more than the request.

    `by`: the login of who wants it to end before its time.
    """
    branch, said = f"{END}{grant.name}", say_end(grant, by=by, reason=reason)
    if sum(one.path == grant.request for one in catalog.entities) > 1:
        yield EnsureIssue(snapshot.repo, said.marker, said.title, said.body)
    else:
        if branch not in leases.proposed:
            yield EnsureFiles(
                repo=snapshot.repo,
                branch=branch,
                folders={grant.request: {}},
                subject=f"End {grant.name} in {grant.environment}",
                at=snapshot.now,
                trailers=labelled(
                    {
                        "Request": grant.name,
                        "Requested-By": f"@{by}" if by else "",
                        "Reason": reason,
                        "Source-Path": grant.request,
                    }
                ),
                head=Head(tip="", start=snapshot.tip),
            )
        yield EnsurePull(snapshot.repo, branch, snapshot.default_branch, said.title, said.body, said.marker)
    if not by:
        at = grant.expires_at or snapshot.now
        line = entry("end-proposed", "", grant)
        yield Record(snapshot.repo, proposed_name(grant.name), at, line)
