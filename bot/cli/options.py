"""The settings as options of a command: every flag, variable and default from the one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from bot.settings import SETTINGS_TABLE, Setting

F = TypeVar("F", bound=Callable[..., Any])

_FLAGLESS = "Secrets have no flags, because a command line can be read by others:\n\n\b\n"


def with_settings(function: F) -> F:
    """Adds a flag for each setting. Values stay text: `load_settings` reads and judges them."""
    for setting in reversed(SETTINGS_TABLE):
        if setting.flag:
            function = _option(setting)(function)
    return function


def epilog() -> str:
    """The settings that are variables only."""
    lines = [f"{row.env}\n{_wrapped(row.description)}" for row in SETTINGS_TABLE if not row.flag]
    return _FLAGLESS + "\n".join(lines)


def _option(setting: Setting) -> Callable[[F], F]:
    notes = [setting.env]
    if setting.default:
        notes.append(f"default: {setting.default}")
    if setting.is_required:
        notes.append("required")
    return click.option(
        setting.flag, setting.name, metavar="TEXT", help=f"{setting.description}  [{'; '.join(notes)}]"
    )


def _wrapped(text: str) -> str:
    return click.wrap_text(text, 90, "  ", "  ")
