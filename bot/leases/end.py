"""How a grant ends or lasts longer. Pure; all that it needs is the grant's own document, and the time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from bot.leases.grant import Because, Ending, Extension, Grant

TooLong = Literal["lasting", "over", "latest"]


@dataclass(frozen=True)
class Refusal:
    """Why it cannot be extended. `latest`: the end that no extension passes."""

    case: TooLong
    latest: datetime | None = None


def why_over(grant: Grant, now: datetime, *, is_requested: bool, recorded: Collection[str]) -> Because | None:
    """Why a grant that is in force has to end now; None: it has not.

    `is_requested`: its request is on the default branch. `recorded`: names of the ledger's lines.
    """
    if ended_name(grant.name) in recorded:
        return "recorded"
    if not is_requested:
        return "removed"
    return "expired" if grant.is_over(now) and grant.at_end == "remove" else None


def is_to_propose(grant: Grant, now: datetime, recorded: Collection[str]) -> bool:
    """Whether its time is over, and people have not been asked yet to end it."""
    return grant.at_end == "propose" and grant.is_over(now) and proposed_name(grant.name) not in recorded


def ended(grant: Grant, because: Because, at: datetime, *, by: str = "", reason: str = "") -> Grant:
    """The same grant, over."""
    return replace(grant, ended=Ending(at.replace(microsecond=0), because, by, reason))


def extended(
    grant: Grant, by: str, at: datetime, longer: timedelta, *, reason: str = "", command: str = ""
) -> Grant | Refusal:
    """The same grant with a later end. `at`: when that was asked for, by which command."""
    if grant.expires_at is None or grant.latest_end is None:
        return Refusal("lasting")
    if grant.is_over(at):
        return Refusal("over")
    until = grant.expires_at + longer
    if until > grant.latest_end:
        return Refusal("latest", grant.latest_end)
    more = Extension(at.replace(microsecond=0), by, until, reason, command)
    return replace(grant, expires_at=until, extensions=(*grant.extensions, more))


def began_name(name: str) -> str:
    """The name of the ledger's line that says that a grant began; so for the others."""
    return f"grant/{name}/began"


def ended_name(name: str) -> str:
    """As `began_name`."""
    return f"grant/{name}/ended"


def proposed_name(name: str) -> str:
    """As `began_name`: people were asked to end it."""
    return f"grant/{name}/end-proposed"
