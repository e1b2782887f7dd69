"""What each command does. One file a group of commands; the core is `command.py` beside this room."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.commands.roles import Matter
from bot.deciders.commands.asked import Asked, Handler
from bot.deciders.commands.asking import QUESTIONS
from bot.deciders.commands.deciding import DECISIONS
from bot.deciders.commands.leasing import LEASING, matters
from bot.deciders.commands.matters import decided_matters
from bot.deciders.commands.requesting import REQUESTS, service_matter
from bot.deciders.commands.working import WORK

HANDLERS: Mapping[str, Handler] = {
    **QUESTIONS,
    **WORK,
    **DECISIONS,
    **LEASING,
    **REQUESTS,
}
"""By the name of the command. A command of the table without a handler is not there for anybody."""

MATTERS: Mapping[str, Callable[[Asked], tuple[Matter, ...]]] = {
    **dict.fromkeys(("approve", "deny"), decided_matters),
    **dict.fromkeys(LEASING, matters),
    **dict.fromkeys(REQUESTS, service_matter),
}
"""By the name of the command: what it is about where that is not just the pull request in whose thread it
stands. Whoever gives the command must be allowed to in all of these; the handler is given the first."""
