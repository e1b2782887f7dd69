"""The write budget that all workers of an installation share: GitHub's limits, kept before GitHub must.

Counted in the `limits` library's moving windows, in this process (`memory://`) or in Redis (`redis://...`).
It never waits longer than two seconds: work that must wait longer goes back in the queue with its time.
Losing what it counts costs refusals by GitHub, never correctness.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol

from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import RedisStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from bot.errors import Retry
from bot.ports import Clock

WRITE_LIMITS = "80/minute;500/hour;1/second"
"""GitHub's limits on content that an installation creates: docs.github.com "Rate limits for the REST API"."""
PATIENCE = 2.0
"""Seconds that a worker may sleep for its turn."""
_ROUNDS = 20


class Priority(Enum):
    """Who goes first when the budget is short: answers to people, then campaigns and sweeps."""

    ANSWER = "answer"
    CAMPAIGN = "campaign"


class Budget(Protocol):
    """What the GitHub adapter asks before it sends, and tells after GitHub answered."""

    def take(self, installation: int, priority: Priority) -> None:
        """One content write. May sleep up to two seconds; raises Retry when the turn is further away."""
        ...

    def call(self, installation: int, priority: Priority) -> None:
        """Any request. Raises Retry while GitHub wants quiet, or when a campaign must leave the rest."""
        ...

    def saw(self, installation: int, *, remaining: int, reset: datetime) -> None:
        """GitHub said how many calls of the hour are left, and when the hour ends."""
        ...

    def pause(self, installation: int, *, seconds: float) -> None:
        """GitHub asked for quiet: asking on would prolong it, and may get the App banned."""
        ...


@dataclass(frozen=True, slots=True)
class _Calls:
    remaining: int
    reset: datetime


class SharedBudget:
    """Budget on `limits`. Two objects with one `redis://` storage share it; `memory://` is the object's own.

    `share` (0 to 1) of every limit, and `floor` calls of the hour, are left to answers by campaigns.
    What `saw` and `pause` tell stays in this process: every worker hears it from GitHub by itself.
    """

    def __init__(
        self,
        storage: str = "memory://",
        *,
        clock: Clock,
        limits: str = WRITE_LIMITS,
        share: float = 0.2,
        floor: int = 500,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._items = sorted(parse_many(limits), key=RateLimitItem.get_expiry)
        bounds = {} if storage.startswith("memory") else {"socket_timeout": 2, "socket_connect_timeout": 2}
        self._storage = storage_from_string(storage, wrap_exceptions=True, **bounds)
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._clock = clock
        self._share = share
        self._floor = floor
        self._sleep = sleep
        self._counting = threading.Lock()
        self._calls: dict[int, _Calls] = {}
        self._quiet_until: dict[int, float] = {}

    def take(self, installation: int, priority: Priority) -> None:
        slept = 0.0
        for _ in range(_ROUNDS):
            wait = self._try(installation, priority)
            if wait <= 0:
                return
            if slept + wait > PATIENCE:
                raise Retry("the write budget of this installation is used up for now", after=wait)
            self._sleep(wait)
            slept += wait
        raise Retry("too many workers want to write at once", after=PATIENCE)

    def call(self, installation: int, priority: Priority) -> None:
        now = self._clock()
        quiet = self._quiet_until.get(installation, 0.0) - now.timestamp()
        if quiet > 0:
            raise Retry("GitHub asked this installation to slow down", after=quiet)
        calls = self._calls.get(installation)
        if priority is Priority.ANSWER or calls is None or calls.remaining > self._floor:
            return
        left = (calls.reset - now).total_seconds()
        if left > 0:
            raise Retry("the last calls of this hour are kept for answers to people", after=left + 1)

    def saw(self, installation: int, *, remaining: int, reset: datetime) -> None:
        self._calls[installation] = _Calls(remaining, reset.astimezone(UTC))

    def pause(self, installation: int, *, seconds: float) -> None:
        until = self._clock().timestamp() + seconds
        self._quiet_until[installation] = max(until, self._quiet_until.get(installation, 0.0))

    def close(self) -> None:
        """Gives back the connections to Redis, where there are any."""
        if isinstance(self._storage, RedisStorage):
            self._storage.storage.close()

    def _try(self, installation: int, priority: Priority) -> float:
        """Takes a turn and returns 0, or returns the seconds until there may be one."""
        try:
            with self._counting:
                wait = max(self._wait(item, installation, priority) for item in self._items)
                if wait <= 0 and self._hit(installation):
                    return 0.0
                return max(wait, 0.05)
        except StorageError as error:
            raise Retry("the shared write budget cannot be reached", after=5.0) from error

    def _hit(self, installation: int) -> bool:
        # The shortest window first: a turn lost there to another worker costs nothing in the others.
        return all(self._limiter.hit(item, self._name(installation)) for item in self._items)

    def _wait(self, item: RateLimitItem, installation: int, priority: Priority) -> float:
        kept = int(item.amount * self._share) if priority is Priority.CAMPAIGN else 0
        window = self._limiter.get_window_stats(item, self._name(installation))
        if window.remaining > kept:
            return 0.0
        # `limits` counts in time.time(), whatever our own clock says.
        return max(window.reset_time - time.time(), 0.01)

    @staticmethod
    def _name(installation: int) -> str:
        return f"roadcrew:writes:{installation}"
