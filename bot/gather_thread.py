"""The reads about commands: what was written, our marks on it, what its author may do.

Facts as they are now. Whether a command may run, and what ended without an end, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta

from bot.catalog.check import check
from bot.commands.call import calls
from bot.commands.settings import CommandSettings, command_settings
from bot.deciders.decider import Rights, Snapshot
from bot.gather_origin import commits_of
from bot.leases.approvals import approved_by, reply_marker
from bot.leases.request import FOLDER
from bot.model.checked import pull_of_run
from bot.model.event import Commanded, RepoRef
from bot.model.spot import Spot
from bot.model.thread import DONE, ENDS, SEEN, Answered, Reaction, Written
from bot.ports import Ports
from bot.report.review import CHECK

_LOOK_BACK = timedelta(hours=24)
_LOOKS = 100
"""Comments whose reactions are read, the newest: one call each."""
_TEAMS = 20
"""Teams that are asked for: one call each and person."""
_PEOPLE = 20
"""Of those who approved."""


def written(event: Commanded, snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds the text, and our reactions to it."""
    found = ports.forge.written(event.repo, event.spot)
    if found is None:
        return snapshot
    return replace(snapshot, written=found, reactions=marks(event.repo, event.spot, ports))


def marks(repo: RepoRef, spot: Spot, ports: Ports) -> tuple[Reaction, ...]:
    """Our reactions. A review bears none: there, our reply is the end that people see."""
    if spot.source != "review":
        return tuple(ports.forge.reactions(repo, spot))
    comments = ports.forge.comments(repo, spot.number)
    is_answered = any(one.is_ours and reply_marker(spot) in one.body for one in comments)
    return (DONE,) if is_answered else ()


def thread(event: Commanded, snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds the comments around it that may hold commands, how each of them ended, and our own."""
    every = ports.forge.thread(event.repo, event.number)
    # What the settings say of the bare form is not asked: of those that matter none may be missing.
    asking = [one for one in every if _asks(one)]
    looked = tuple(_answered(one, event.repo, ports) for one in asking[-_LOOKS:])
    return replace(snapshot, thread=looked, replies=tuple(one for one in every if one.is_ours))


def _asks(one: Written, *, bare: bool = True) -> bool:
    """Whether a person's text holds commands."""
    return _is_a_persons(one) and bool(calls(one.body, bare=bare))


def _is_a_persons(one: Written) -> bool:
    return not (one.is_ours or one.author.is_bot)


def _answered(one: Written, repo: RepoRef, ports: Ports) -> Answered:
    return Answered(one, tuple(ports.forge.reactions(repo, one.spot)))


def seen(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds when the pull request's head could be seen first, and when it was last moved by force."""
    pull = snapshot.pull
    if pull is None or not pull.is_open:
        return snapshot
    runs = ports.forge.check_runs(snapshot.repo, pull.head_sha, CHECK)
    moved = ports.forge.head_moved_at(snapshot.repo, pull.number)
    # Made for another pull request, or before the head was somewhere else, a run shows nothing of when the
    # commit came to where it is.
    mine = (run.started_at for run in runs if pull_of_run(run.external_id) == pull.number)
    begun = [at for at in mine if at is not None and (moved is None or at >= moved)]
    return replace(snapshot, seen_at=min(begun, default=None), head_moved_at=moved)


def rights(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds what the author of the text may do, and those who approved the pull request."""
    if snapshot.written is None:
        return snapshot
    approvers = snapshot.pull.approvers[:_PEOPLE] if snapshot.pull else ()
    logins = dict.fromkeys((snapshot.written.author.login, *approvers))
    return replace(snapshot, rights=rights_of(logins, snapshot, ports))


def approvers_rights(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds what those may do who approved this very commit by command, and whose the commits are."""
    pull = snapshot.pull
    if pull is None or not pull.is_open or not _holds_requests(snapshot):
        return snapshot
    commits = tuple(commits_of(snapshot.repo, pull.number, ports))
    snapshot = replace(snapshot, pull_commits=commits)
    named = approved_by(snapshot.thread, snapshot.replies, pull.head_sha)
    more = [one for one in named if one not in snapshot.rights][:_PEOPLE]
    return replace(snapshot, rights={**snapshot.rights, **rights_of(more, snapshot, ports)})


def _holds_requests(snapshot: Snapshot) -> bool:
    base, merged = snapshot.base, snapshot.merged
    changes = base.diff(merged) if base is not None and merged is not None else ()
    return any(f"/{FOLDER}/" in f"/{one.path}" for one in changes)


def rights_of(logins: Iterable[str], snapshot: Snapshot, ports: Ports) -> Mapping[str, Rights]:
    """By login. Teams asked for are those that the tip's Platform names, twenty at most."""
    teams = sorted(_settings(snapshot).teams)[:_TEAMS]
    return {login: _rights(snapshot.repo, login, teams, ports) for login in logins}


def _rights(repo: RepoRef, login: str, teams: Iterable[str], ports: Ports) -> Rights:
    named = (team.partition("/") for team in teams)
    return Rights(
        permission=ports.forge.permission(repo, login),
        teams=frozenset(
            f"{organization}/{slug}"
            for organization, _, slug in named
            if ports.forge.is_team_member(organization, slug, login)
        ),
    )


def _settings(snapshot: Snapshot) -> CommandSettings:
    if snapshot.tip_tree is None:
        return CommandSettings()
    return command_settings(check(snapshot.tip_tree, whole=True, memo=snapshot.memo).catalog)


def overdue(snapshot: Snapshot, ports: Ports) -> Snapshot:
    """Adds comments of the last day that hold commands and bear no end of ours.

    Of those that were edited only such as we have accepted, whatever they hold now: others are what their
    authors made of them.
    """
    bare, since = _settings(snapshot).bare, snapshot.now - _LOOK_BACK
    recent = ports.forge.recent_comments(snapshot.repo, since)
    asking = [
        one
        for one in recent
        if one.at >= since and (_asks(one, bare=bare) or (one.is_edited and _is_a_persons(one)))
    ]
    looked = (_answered(one, snapshot.repo, ports) for one in asking[-_LOOKS:])
    return replace(snapshot, overdue=tuple(one for one in looked if _is_overdue(one)))


def _is_overdue(one: Answered) -> bool:
    if ENDS.intersection(one.reactions):
        return False
    return not one.written.is_edited or SEEN in one.reactions
