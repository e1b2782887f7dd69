"""How a merged pull request came to be: what stood before it, who wrote it, whether our hand alone was on it.

Reads only. An address in a commit proves nothing: who may push can write any. So our commit is taken for ours
only where it is the one commit of a pull request that we opened, and nobody moved that by force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot import hands
from bot.deciders.decider import Snapshot, Source
from bot.leases.grant import Grant
from bot.model.event import Commanded, RepoRef
from bot.model.pull import Pull, PullCommit
from bot.model.tree import Tree
from bot.ports import Commit, Ports

_OWN = 100
"""Commits of one pull request that are followed."""


def before(repo: RepoRef, commit: Commit, pull: Pull, ports: Ports) -> str | None:
    """The default branch's commit before `commit`'s pull request came; None where that cannot be told."""
    if len(commit.parents) != 1:
        return commit.parents[0] if commit.parents else None
    key = ("before", str(repo), commit.sha, pull.number)
    if key not in ports.memo:
        ports.memo[key] = _first(repo, commit, pull, ports)
    found: str | None = ports.memo[key]
    return found


def _first(repo: RepoRef, commit: Commit, pull: Pull, ports: Ports) -> str | None:
    """Rebased pull requests come in several commits, one after the other."""
    at = commit
    for _ in range(_OWN):
        if not at.parents:
            return None
        (parent,) = ports.mirror.log(repo, at.parents[0], limit=1)
        if pull.number not in ports.forge.pulls_of_commit(repo, parent.sha):
            return parent.sha
        at = parent
    return None


def is_as_written(path: str, commit: Commit, start: str, pull: Pull, ports: Ports) -> bool:
    """Whether the file came by a pull request that holds one commit, ours, and no other hand on it.

    `start`: what stood before it on the default branch.
    """
    mirror, head = ports.mirror, f"refs/pull/{pull.number}/head"
    if mirror.fetch(pull.repo, [head]).get(head) != pull.head_sha:
        return False
    own = mirror.own_commits(pull.repo, pull.head_sha, start, limit=2)
    if len(own) != 1 or len(own[0].parents) != 1 or not hands.is_made_by_us(own[0], ports):
        return False
    if len(commit.parents) > 1 and commit.parents[1:] != (pull.head_sha,):
        return False
    then, now = (mirror.tree(pull.repo, one).entry(path) for one in (pull.head_sha, commit.sha))
    is_same = then is not None and then == now
    return is_same and ports.forge.head_moved_at(pull.repo, pull.number) is None


def commits_of(repo: RepoRef, number: int, ports: Ports) -> Sequence[PullCommit]:
    """Of a pull request. Our own address is not strange to us, whatever GitHub makes of it."""
    ours = ports.identity_email().lower()
    return [
        PullCommit(one.sha, one.logins, tuple(address for address in one.strange if address != ours))
        for one in ports.forge.pull_commits(repo, number)
    ]


def sources(
    granted: Mapping[str, Grant], event: Commanded, snapshot: Snapshot, ports: Ports
) -> Mapping[str, Source]:
    """By name: what the grants were approved with that a text in a thread may be about."""
    text = snapshot.written.body if snapshot.written is not None else ""
    meant = [one for one in granted.values() if one.pull == event.number or one.name in text]
    found = ((one.name, _source(one, snapshot.tip, event.repo, ports)) for one in meant)
    return {name: source for name, source in found if source is not None}


def _source(grant: Grant, tip: str, repo: RepoRef, ports: Ports) -> Source | None:
    trees = [_tree(sha, tip, repo, ports) for sha in (grant.source_commit, grant.base_commit)]
    asked, base = trees
    return Source(asked, base) if asked is not None and base is not None else None


def _tree(sha: str, tip: str, repo: RepoRef, ports: Ports) -> Tree | None:
    """Only what the default branch holds: whatever else a document names, nobody approved."""
    is_there = bool(sha) and ports.mirror.contains(repo, tip, sha)
    return ports.mirror.tree(repo, sha) if is_there else None
