"""Where in a thread something stands. Values that events carry; nothing here knows of texts or people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["comment", "review", "description"]
"""Where a command may stand: a comment, the body of a review, the description of a new pull request."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a thread that can be reacted to. `id`: of the comment or review; 0 for a description."""

    number: int
    """Of the issue or pull request."""
    source: Source = "comment"
    id: int = 0
