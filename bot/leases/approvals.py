"""Approvals that were given by command, as the ledger names them: of one commit, by one account."""

from __future__ import annotations

from bot.leases.ledger import names
from bot.model.tree import Files, Memo


def approval_name(number: int, head: str, login: str) -> str:
    """The name of the line. A commit that comes later begins without approvals."""
    return f"approved/{number}/{head}/{login}"


def approved_by(ledger: Files | None, memo: Memo, *, number: int, head: str) -> tuple[str, ...]:
    """Logins, sorted. Whether they may still approve is not said here."""
    start = approval_name(number, head, "")
    return tuple(sorted(one.removeprefix(start) for one in names(ledger, memo) if one.startswith(start)))
