"""How calls of commands ended, for their reply. Values; the words are found in `bot/report/replies/`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.spot import Spot

if TYPE_CHECKING:
    from bot.model.plan import Fact, Finding


@dataclass(frozen=True, slots=True)
class Told:
    """One call. It is done if `is_done`, and if nothing of `keys` is held."""

    command: str
    """Its name in the table; empty for what is no command at all."""
    text: str
    """As it was written."""
    is_done: bool
    case: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    keys: tuple[str, ...] = ()
    """Of the effects that do it."""
    mark: str = ""
    """A hidden line of the reply, by which it is known later that this was done; may be empty."""


@dataclass(frozen=True, slots=True)
class AnswersPart:
    """All calls of one text, in their order. Its author is told once, and sees one end of it."""

    spot: Spot
    told: tuple[Told, ...]
