"""The reads about leases: the branches of grants and ledger, and how requests came to the default branch.

Facts only. GitHub is asked about requests that neither began nor ended, and about nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot import hands
from bot.catalog.check import check
from bot.deciders.decider import Arrived, Branch, Leases, Mended, Rights, Snapshot
from bot.deciders.lease_end import END
from bot.gather_origin import before, commits_of, is_as_written, sources
from bot.leases.end import is_to_propose
from bot.leases.grant import GRANTS
from bot.leases.ledger import LEDGER, names
from bot.leases.request import Request, requests
from bot.leases.standing import Standing, standing
from bot.model.event import Commanded, Event, LeasesDue, PullClosed, Pushed, RepoRef
from bot.model.pull import Pull
from bot.model.stage import Hand
from bot.ports import Commit, Ports

_LOG = 1_000
"""Commits of the branch of grants that are looked at to find our newest."""
_REQUESTS = 20
"""Requests that GitHub is asked about at a time, the newest ones: some calls each."""
_MANY = 200
"""As many now and then, so that none is forgotten."""
_DEPTH = 1_000
"""Commits of the default branch that are looked at to find the one that changed a file."""
_PEOPLE = 20
"""Of those who approved."""

RightsOf = Callable[[Iterable[str], Snapshot, Ports], Mapping[str, Rights]]


def gather_leases(event: Event, snapshot: Snapshot, ports: Ports, rights_of: RightsOf) -> Snapshot:
    """Adds the leases, where the event concerns them. Needs the tip."""
    if not _concerns(event, snapshot):
        return snapshot
    refs = [f"refs/heads/{name}" for name in (GRANTS, LEDGER)]
    tips = ports.mirror.fetch(snapshot.repo, refs)
    grants, ledger = (_branch(snapshot.repo, ref, tips, ports) for ref in refs)
    leases = _history(Leases(grants, ledger), snapshot.repo, ports)
    granted = standing(leases.left, snapshot.memo)
    leases = replace(leases, proposed=_proposed(granted, leases, snapshot, ports))
    if isinstance(event, Commanded):
        leases = replace(leases, sources=sources(granted.grants, event, snapshot, ports))
    if isinstance(event, LeasesDue | PullClosed | Pushed):
        waiting = _waiting(granted, event, snapshot, ports)
        found = ((one, _arrived(one, commit, snapshot, ports, rights_of)) for one, commit in waiting)
        leases = replace(leases, arrived={one.path: arrived for one, arrived in found})
    return replace(snapshot, leases=leases)


def _concerns(event: Event, snapshot: Snapshot) -> bool:
    match event:
        case Pushed(branch=branch):
            return branch in (snapshot.default_branch, GRANTS)
        case PullClosed():
            pull = snapshot.pull
            return pull is not None and pull.is_merged and pull.base_branch == snapshot.default_branch
        case _:
            return True


def _branch(repo: RepoRef, ref: str, tips: Mapping[str, str], ports: Ports) -> Branch:
    name, tip = ref.removeprefix("refs/heads/"), tips.get(ref)
    return Branch(name, tip, ports.mirror.tree(repo, tip) if tip else None)


def _history(leases: Leases, repo: RepoRef, ports: Ports) -> Leases:
    """Adds what others did on the branch of grants, and what we put right there."""
    if leases.grants.tip is None:
        return leases
    log = ports.mirror.log(repo, leases.grants.tip, limit=_LOG)
    ours = next((at for at, one in enumerate(log) if hands.is_made_by_us(one, ports)), len(log))
    left = ports.mirror.tree(repo, log[ours].sha) if ours < len(log) else None
    return replace(
        leases,
        left=left,
        hands=tuple(map(_hand, log[:ours])),
        mended=tuple(_mended(one, log) for one in log if _is_mending(one, ports)),
    )


def _is_mending(commit: Commit, ports: Ports) -> bool:
    return "Put-Right" in commit.trailers and hands.is_made_by_us(commit, ports)


def _mended(commit: Commit, log: Sequence[Commit]) -> Mended:
    wrong = set(commit.trailers["Put-Right"].split())
    folders = (one.strip() for one in commit.trailers.get("Folders", "").split(","))
    return Mended(
        commit=commit.sha,
        at=commit.committed_at,
        hands=tuple(_hand(one) for one in log if one.sha in wrong),
        folders=tuple(filter(None, folders)),
    )


def _hand(commit: Commit) -> Hand:
    return Hand(commit.sha, commit.author_name, commit.subject)


def _proposed(granted: Standing, leases: Leases, snapshot: Snapshot, ports: Ports) -> frozenset[str]:
    lasting = [one for one in granted.grants.values() if one.at_end == "propose"]
    recorded = names(leases.ledger.tree, snapshot.memo)
    is_needed = any(is_to_propose(one, snapshot.now, recorded) for one in lasting)
    return frozenset(ports.mirror.branches(snapshot.repo, [END])) if is_needed else frozenset()


def _waiting(
    granted: Standing, event: Event, snapshot: Snapshot, ports: Ports
) -> Iterator[tuple[Request, Commit]]:
    """Requests that neither began nor ended, with the commits that brought them, newest first."""
    if snapshot.tip_tree is None:
        return
    catalog = check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog
    found: list[tuple[Request, Commit]] = []
    for one in requests(catalog):
        commit = None if granted.knows(one.name) else _bringing(one.path, snapshot, ports)
        if commit is not None:
            found.append((one, commit))
    found.sort(key=lambda each: each[1].committed_at, reverse=True)
    is_tick = isinstance(event, LeasesDue) and not event.delivery.startswith("sweep")
    yield from found[: _REQUESTS if is_tick else _MANY]


def _bringing(path: str, snapshot: Snapshot, ports: Ports) -> Commit | None:
    key = ("brought by", str(snapshot.repo), snapshot.tip, path)
    if key not in ports.memo:
        ports.memo[key] = ports.mirror.last_change(snapshot.repo, snapshot.tip, path, limit=_DEPTH)
    found: Commit | None = ports.memo[key]
    return found


def _arrived(
    request: Request, commit: Commit, snapshot: Snapshot, ports: Ports, rights_of: RightsOf
) -> Arrived:
    pull = _pull(commit.sha, snapshot.repo, ports)
    start = before(snapshot.repo, commit, pull, ports) if pull is not None else None
    arrived = Arrived(
        commit.sha, commit.committed_at, commit.author_name, pull, trailers=dict(commit.trailers)
    )
    if pull is None:
        return arrived
    is_ours = pull.is_ours and bool(start) and is_as_written(request.path, commit, start or "", pull, ports)
    is_merged_by_us = pull.merged_by.lower() == _login(ports) and pull.merge_sha == commit.sha
    said = commit.trailers.get("Approved-By", "") if is_merged_by_us else ""
    logins = dict.fromkeys(
        # Whom we merged for first: of many reviews not all are asked for.
        [*(one.strip().removeprefix("@") for one in said.split(",")), *(one.login for one in pull.approvals)]
    )
    return replace(
        arrived,
        rights=rights_of([one for one in logins if one][:_PEOPLE], snapshot, ports),
        before=ports.mirror.tree(snapshot.repo, start) if start else None,
        before_sha=start or "",
        after=ports.mirror.tree(snapshot.repo, pull.merge_sha or commit.sha),
        commits=tuple(commits_of(snapshot.repo, pull.number, ports)) if any(logins) else (),
        is_ours=is_ours,
        is_touched=pull.is_ours and not is_ours,
        is_merged_by_us=is_merged_by_us,
    )


def _pull(sha: str, repo: RepoRef, ports: Ports) -> Pull | None:
    key = ("pull of", str(repo), sha)
    number = ports.memo.get(key)
    if number is None:
        number = next(iter(ports.forge.pulls_of_commit(repo, sha)), None)
    if number is None:
        return None
    ports.memo[key] = number
    return ports.forge.pull(repo, number)


def _login(ports: Ports) -> str:
    """Our account's name, in small letters: it is in the address that our commits bear."""
    return ports.identity_email().partition("@")[0].rpartition("+")[2].lower()
