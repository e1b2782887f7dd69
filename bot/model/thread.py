"""What people write in the thread of an issue or a pull request, and how we mark that we have read it.

Facts as GitHub tells them when the work is done; nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.model.pull import Person
from bot.model.spot import Spot

Reaction = Literal["eyes", "rocket", "confused"]
"""The reactions that we use: read, done, not done. Names of GitHub's REST API."""
SEEN: Reaction = "eyes"
DONE: Reaction = "rocket"
NOT_DONE: Reaction = "confused"
ENDS: frozenset[Reaction] = frozenset({DONE, NOT_DONE})
"""Exactly one of these ends a command."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text in a thread, as it stands now."""

    spot: Spot
    author: Person
    body: str
    at: datetime
    """When it was made, by GitHub's clock."""
    is_edited: bool = False
    """Whether GitHub tells that it was changed since. Of reviews and descriptions its REST API does not."""
    head: str = ""
    """The commit that its author had before the eyes, where GitHub tells: of reviews."""
    is_ours: bool = False
    is_pull: bool = True
    """Whether the thread is that of a pull request, as far as GitHub tells it with the text: of comments."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A comment of the thread that held commands, and how it ended: by our own reaction to it."""

    written: Written
    reactions: tuple[Reaction, ...] = ()
    """Ours."""
