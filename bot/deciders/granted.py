"""One commit on the branch of grants: what begins, lasts longer, ends, and is put right. Part of `lease`.

Whatever it writes stands on a tip that was looked at as a whole, and leaves nothing there that is not ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.deciders.decider import Leases, labelled
from bot.leases.grant import GRANT_FILE, GRANTS, Grant, ended_path, grant_bytes
from bot.leases.standing import KEEP, KEPT, astray, files_in
from bot.model.event import RepoRef
from bot.model.plan import EnsureFiles
from bot.model.proposal import Head

Files = Mapping[str, bytes]
_NAMED = 20


@dataclass(frozen=True)
class Turn:
    """What is to be done to grants. Manifests by their paths in the grant's folder."""

    begun: tuple[tuple[Grant, Files], ...] = ()
    extended: tuple[tuple[Grant, Files], ...] = ()
    ended: tuple[Grant, ...] = ()
    dropped: tuple[str, ...] = ()
    """Folders that hold no grant of ours, and go."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """All that it is about."""
        return (*(one for one, _ in (*self.begun, *self.extended)), *self.ended)


@dataclass(frozen=True)
class Cause:
    """Why and when the commit is made."""

    repo: RepoRef
    at: datetime
    delivery: str
    by: str = ""
    """The login of who commanded it."""
    reason: str = field(default="", repr=False)


def write(turn: Turn, leases: Leases, cause: Cause) -> EnsureFiles | None:
    """The commit; None when nothing is to be written. If the branch moved since, it is not made."""
    strange = astray(leases.grants.tree, leases.left)
    folders = _folders(turn, leases, strange)
    if not folders:
        return None
    return EnsureFiles(
        repo=cause.repo,
        branch=GRANTS,
        folders={name: folders[name] for name in sorted(folders)},
        subject=_subject(turn),
        at=cause.at,
        trailers=_trailers(turn, leases, cause, strange),
        head=Head(tip=leases.grants.tip or "", start=""),
    )


def _folders(turn: Turn, leases: Leases, strange: Iterable[str]) -> dict[str, dict[str, bytes]]:
    left = leases.left
    found = {folder: files_in(left, folder) for folder in strange}
    for grant, files in (*turn.begun, *turn.extended):
        found[grant.folder] = {**files, GRANT_FILE: grant_bytes(grant)}
        keep = f"{grant.environment}/{KEEP}"
        if files_in(left, keep) != KEPT:
            found[keep] = dict(KEPT)
    for grant in turn.ended:
        found[grant.folder] = {}
        month, _, name = ended_path(grant).rpartition("/")
        found.setdefault(month, files_in(left, month))[name] = grant_bytes(grant)
    return found | {folder: {} for folder in turn.dropped}


def _subject(turn: Turn) -> str:
    said = [
        f"{verb} {_one_or_many(grants)}"
        for verb, grants in (
            ("begin", [one for one, _ in turn.begun]),
            ("extend", [one for one, _ in turn.extended]),
            ("end", [*turn.ended]),
        )
        if grants
    ]
    words = " and ".join(said) or "put right what others changed"
    return f"{words[0].upper()}{words[1:]}"


def _one_or_many(grants: list[Grant]) -> str:
    return f"{grants[0].name} in {grants[0].environment}" if len(grants) == 1 else f"{len(grants)} grants"


def _trailers(
    turn: Turn, leases: Leases, cause: Cause, strange: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    grants = turn.grants
    return labelled(
        {
            "Request": _listed(one.name for one in grants),
            "Requested-By": _logins(one.requested_by for one in grants),
            "Approved-By": _logins(login for one in grants for login in one.approved_by),
            "On-Behalf-Of": _listed(one.on_behalf_of for one in grants),
            "Parameters": _parameters(grants),
            "Reason": cause.reason or " / ".join(dict.fromkeys(one.reason for one in grants)),
            "Began": _listed(one.name for one, _ in turn.begun),
            "Extended": _listed(one.name for one, _ in turn.extended),
            "Ended": _listed(one.name for one in turn.ended),
            "Because": _listed(one.ended.because for one in turn.ended if one.ended),
            "Break-Glass": _listed(one.name for one in grants if one.is_break_glass),
            "By": _logins([cause.by]),
            "Put-Right": " ".join(one.commit for one in leases.hands) if strange else "",
            "Folders": _listed(strange),
            "Pull-Request": _listed(f"{cause.repo}#{one.pull}" for one in grants if one.pull),
            "Source-Commit": _listed(one.source_commit for one in grants),
            "Source-Path": _listed(one.request for one in grants),
            "Delivery": cause.delivery,
        }
    )


def _parameters(grants: Sequence[Grant]) -> str:
    """What was granted; of several, each behind its name."""
    if len(grants) == 1:
        return _listed(grants[0].parameters)
    return _listed(f"{one.name} {each}" for one in grants for each in one.parameters)


def _listed(names: Iterable[str]) -> str:
    known = [name for name in dict.fromkeys(names) if name]
    return ", ".join(known[:_NAMED]) + (", ..." if len(known) > _NAMED else "")


def _logins(logins: Iterable[str]) -> str:
    return _listed(f"@{login}" for login in logins if login)
