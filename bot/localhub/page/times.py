"""Times and sizes in words. Pure: the present is an argument."""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((365 * 86400, "year"), (30 * 86400, "month"), (86400, "day"), (3600, "hour"), (60, "minute"))
_SMALL = 10_000


def seconds_of(text: str) -> float | None:
    """Seconds since 1970 of an ISO 8601 time, UTC where it names no zone; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def ago(then: str, now: float) -> str:
    """The distance of an ISO 8601 time to `now`: `3 minutes ago`. What is no time is given back."""
    at = seconds_of(then)
    if at is None:
        return then
    for length, unit in _UNITS:
        if now - at >= length:
            count = int((now - at) // length)
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def size(count: int) -> str:
    """Bytes in words."""
    return f"{count:,} bytes" if count < _SMALL else f"{count / 1000:,.0f} kB"
