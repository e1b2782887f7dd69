"""Whether the author of a command saw the commits that it is about: nobody may slip in others meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

from bot.deciders.decider import Snapshot
from bot.model.event import Commanded
from bot.model.plan import Fact
from bot.model.pull import Pull
from bot.model.thread import Written

SHORTEST = 7
"""Characters of a commit's name that must be given at least."""
_SHOWN = 12


def unseen(event: Commanded, written: Written, at: str, snapshot: Snapshot) -> Mapping[str, Fact] | None:
    """None where the author saw the newest commit; else the case and the facts of a refusal.

    `at`: the commit that the author names; empty where none is.
    """
    pull = snapshot.pull
    if pull is None:
        return None
    facts: dict[str, Fact] = {"head": pull.head_sha[:_SHOWN]}
    has_stood = _stood_before(written, snapshot)
    if at:
        return _named(at, pull, facts, has_stood=has_stood)
    known = written.head or event.head
    if known:
        return None if known == pull.head_sha else facts | {"case": "moved", "seen": known[:_SHOWN]}
    if pull.head_repo != pull.repo:
        return facts | {"case": "fork"}
    return None if has_stood else facts | {"case": "moved-perhaps"}


def _named(at: str, pull: Pull, facts: Mapping[str, Fact], *, has_stood: bool) -> Mapping[str, Fact] | None:
    """Two commits whose names begin alike can be made on purpose: a short name alone tells them not apart."""
    if len(at) < SHORTEST or not all(one in "0123456789abcdef" for one in at.lower()):
        return {**facts, "case": "no-commit", "at": at}
    if not pull.head_sha.startswith(at.lower()):
        return {**facts, "case": "other-commit", "at": at}
    is_certain = has_stood or len(at) == len(pull.head_sha)
    return None if is_certain else {"case": "short", "at": at, "head": pull.head_sha}


def _stood_before(written: Written, snapshot: Snapshot) -> bool:
    """Whether the head was there, and was looked at, when it was written. By GitHub's clock throughout.

    What we opened a pull request with, and nobody has touched since, is all that there ever was to see.
    """
    seen, moved = snapshot.seen_at, snapshot.head_moved_at
    if snapshot.is_head_first and moved is None:
        return True
    return seen is not None and seen <= written.at and (moved is None or moved <= seen)
