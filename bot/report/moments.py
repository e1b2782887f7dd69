"""Times in words, always UTC. It knows no clock."""

from __future__ import annotations

from datetime import UTC, datetime


def when(at: datetime | None) -> str:
    """A time for people: `2026-11-21 11:00 UTC`; nothing for None."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at is not None else ""
