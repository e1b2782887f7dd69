"""What there is to show about a request that came, and the grant that came of it. Values; no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bot.model.plan import Finding

LeaseState = Literal["begun", "waiting", "broken", "late", "ended"]
"""`begun`: in force, or to be so by the effect with `effect_key`. `late`: over before it could begin."""


@dataclass(frozen=True, slots=True)
class LeasePart:
    """One request of a merged pull request."""

    name: str
    kind: str
    environment: str
    service: str
    subject: str
    state: LeaseState
    until: datetime | None = None
    """When it ends by itself, or ended. None: when its file is removed."""
    requested_by: str = ""
    approved_by: tuple[str, ...] = ()
    missing: int = 0
    """How many more people must approve."""
    who: tuple[str, ...] = ()
    """Who could, as `<kind>:<name>`."""
    strange: tuple[str, ...] = ()
    """Addresses in the commits that are no account's: who approves must be known to have another one."""
    case: str = ""
    """Why it ended, or what keeps it from ever beginning."""
    is_break_glass: bool = False
    at_end: str = "remove"
    findings: tuple[Finding, ...] = ()
    effect_key: str = ""
    """Of the commit that is still to be made."""


@dataclass(frozen=True, slots=True)
class AskedPart:
    """Who asked for a pull request of ours, by a command."""

    login: str
