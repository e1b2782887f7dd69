"""Words about what stands in the catalog of requests: what is in force, what waits. For a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bot.leases.request import Request
from bot.leases.standing import Standing
from bot.report.sentences.words import clean

_HEAD = ("REQUEST", "KIND", "SERVICE", "FOR", "STATE", "WHY")


def requests_text(requests: Sequence[Request], there: Standing) -> str:
    """What is in force or waits, by environment and name; what has ended is left out."""
    known = [one for one in requests if one.name not in there.ended]
    if not known:
        return "Nothing that was asked for is in force or waits."
    rows = [_HEAD, *(_row(one, there) for one in sorted(known, key=lambda one: (one.environment, one.name)))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD) - 1)]
    return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)


def _row(one: Request, there: Standing) -> tuple[str, ...]:
    grant = there.grants.get(one.name)
    state = "waits"
    if grant is not None:
        ends = grant.expires_at
        state = f"until {ends:%Y-%m-%d %H:%M} UTC" if ends is not None else "in force"
    subject = one.subject or one.requester
    said = (
        f"{one.environment}/{one.name}",
        one.kind,
        one.service.rpartition("/")[2],
        subject.rpartition("/")[2],
        state,
        one.reason,
    )
    return tuple(map(clean, said))
