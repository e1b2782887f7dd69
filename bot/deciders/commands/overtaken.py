"""Whether something that was written later was done already: then what was written before comes too late."""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands.call import Call, calls
from bot.commands.table import Command, find_command
from bot.model.thread import DONE, Answered, Written


def overtaken_by(
    command: Command, written: Written, thread: Sequence[Answered], *, bare: bool
) -> tuple[str, str] | None:
    """The name of the command that took its place, and the login of its author.

    The same command of someone else takes no place: two may hold, and two may approve.
    """
    if not command.topic:
        return None
    last: tuple[str, str] | None = None
    for one in thread:
        later = one.written
        if later.spot == written.spot or later.at <= written.at or DONE not in one.reactions:
            continue
        names = [name for name in _names(later.body, bare=bare) if _topic(name) == command.topic]
        last = (names[-1], later.author.login) if names else last
    return last if last and last[0] != command.name else None


def _names(body: str, *, bare: bool) -> list[str]:
    return [call.name for call in calls(body, bare=bare) if isinstance(call, Call)]


def _topic(name: str) -> str:
    other = find_command(name)
    return other.topic if other is not None else ""
