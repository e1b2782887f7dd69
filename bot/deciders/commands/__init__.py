"""What each command does. One file a group of commands; the core is `command.py` beside this room."""

from __future__ import annotations

from collections.abc import Mapping

from bot.deciders.commands.asked import Handler

HANDLERS: Mapping[str, Handler] = {}
"""By the name of the command. A command of the table without a handler is not there for anybody."""
