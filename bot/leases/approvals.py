"""Approvals that were given by command, each of one commit by one account.

Those that count stand in the thread itself: as our own replies to who wrote them, which nobody edited. The
ledger has their names as a record only: whoever may push can write a line there.
"""

from __future__ import annotations

from collections.abc import Iterable

from bot.commands.call import Call, calls
from bot.model.spot import Spot
from bot.model.thread import DONE, Answered, Written


def approval_name(number: int, head: str, login: str) -> str:
    """The name of the line in the ledger. A commit that comes later begins without approvals."""
    return f"approved/{number}/{head}/{login}"


def approval_mark(head: str, login: str) -> str:
    """The hidden line of our reply to an approval that counts."""
    return f"<!-- roadcrew:approved {head} {login} -->"


def reply_marker(spot: Spot) -> str:
    """The hidden line by which our reply to a text is found again."""
    return f"<!-- roadcrew:reply {spot.source}-{spot.id or spot.number} -->"


def approved_by(thread: Iterable[Answered], replies: Iterable[Written], head: str) -> tuple[str, ...]:
    """Logins, sorted, whose `/approve` we counted for this very commit; whether they may still is not said.

    `replies`: comments of the thread. Within the second in which a comment is made, GitHub tells of no edit;
    so the approval itself must stand there too, unedited, with our rocket.
    """
    ours = [one.body for one in replies if one.is_ours and not one.is_edited]
    found = set()
    for one in thread:
        written = one.written
        lines = {reply_marker(written.spot), approval_mark(head, written.author.login)}
        is_counted = DONE in one.reactions and not written.is_edited and not written.is_ours
        if is_counted and _approves(written.body) and any(lines <= {*body.splitlines()} for body in ours):
            found.add(written.author.login)
    return tuple(sorted(found))


def _approves(body: str) -> bool:
    return any(isinstance(one, Call) and one.name == "approve" for one in calls(body))
