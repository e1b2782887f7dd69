"""How long something lasts, as people write it: `90m`, `4h`, `2d`, `1h30m`. Reads no calendar."""

from __future__ import annotations

import re
from datetime import timedelta

_FORM = re.compile(r"(?:([0-9]{1,4})d)?(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m)?", re.ASCII)
_MINUTES = (("d", 24 * 60), ("h", 60), ("m", 1))


def duration(text: str) -> timedelta | None:
    """Days, hours and minutes, in this order, any of them left out; None for all else, and for nothing."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        return None
    days, hours, minutes = (int(one or 0) for one in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes) or None


def say_duration(value: timedelta) -> str:
    """What `duration` reads back, with the largest units; whole minutes, what is left is dropped.

    A day is said as such from two days on: a grant of `24h` ends at the same time tomorrow.
    """
    left = max(0, int(value.total_seconds()) // 60)
    if left < 2 * _MINUTES[0][1]:
        return "".join(_parts(left, _MINUTES[1:])) or "0m"
    return "".join(_parts(left, _MINUTES))


def _parts(left: int, units: tuple[tuple[str, int], ...]) -> list[str]:
    made = []
    for name, size in units:
        count, left = divmod(left, size)
        if count:
            made.append(f"{count}{name}")
    return made
