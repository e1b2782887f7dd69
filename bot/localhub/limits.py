"""Rate limits: the primary one by actor and hour, and the secondary one on creating content."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from bot.localhub.access import Actor
from bot.localhub.problems import Problem

HOUR = 3600
MINUTE = 60
_DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation."
    " Please retry your request again later."
)


@dataclass(slots=True)
class LimitSettings:
    """What may be set. None for content: that limit is off, as it is at first."""

    primary: int = 5000
    anonymous: int = 60
    content_a_minute: int | None = None
    content_an_hour: int | None = None
    has_retry_after: bool = True

    def like_github(self) -> None:
        """Turn GitHub's own content limits on: 80 a minute, 500 an hour."""
        self.content_a_minute, self.content_an_hour = 80, 500


@dataclass(slots=True)
class Spent:
    """One actor's hour. `reset` in seconds since 1970."""

    used: int
    reset: int


class Limits:
    """The counters. Thread-safe."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.settings = LimitSettings()
        self._clock = clock
        self._lock = threading.Lock()
        self._spent: dict[str, Spent] = {}
        self._created: dict[str, deque[float]] = {}

    def limit_of(self, actor: Actor) -> int:
        """Requests an hour."""
        is_nobody = actor.account is None and actor.app is None
        return self.settings.anonymous if is_nobody else self.settings.primary

    def state(self, actor: Actor) -> Spent:
        """The actor's current hour."""
        with self._lock:
            now = self._clock()
            spent = self._spent.get(actor.rate_key)
            if spent is None or spent.reset <= now:
                spent = self._spent[actor.rate_key] = Spent(0, int(now) + HOUR)
            return Spent(spent.used, spent.reset)

    def spend(self, actor: Actor) -> None:
        """Count one request."""
        self.state(actor)
        with self._lock:
            self._spent[actor.rate_key].used += 1

    def exhaust(self, actor: Actor) -> None:
        """Use up the actor's hour at once; for tests."""
        self.state(actor)
        with self._lock:
            self._spent[actor.rate_key].used = self.limit_of(actor)

    def refuse_exhausted(self, actor: Actor) -> None:
        """Problem 403 when nothing of the hour is left."""
        if self.state(actor).used < self.limit_of(actor):
            return
        who = f"user ID {actor.account.id}" if actor.account else actor.address or "this address"
        if actor.installation is not None:
            who = f"installation ID {actor.installation.id}"
        raise Problem(HTTPStatus.FORBIDDEN, f"API rate limit exceeded for {who}.", docs=_DOCS)

    def create(self, actor: Actor) -> None:
        """Count one piece of content (comment, pull request, …). Problem 403 where there were too many."""
        settings = self.settings
        with self._lock:
            now = self._clock()
            made = self._created.setdefault(actor.rate_key, deque())
            while made and made[0] <= now - HOUR:
                made.popleft()
            waits = [
                _wait(made, now, MINUTE, settings.content_a_minute),
                _wait(made, now, HOUR, settings.content_an_hour),
            ]
            if not any(waits):
                made.append(now)
                return
        headers = {"Retry-After": str(max(waits))} if settings.has_retry_after else {}
        raise Problem(HTTPStatus.FORBIDDEN, SECONDARY, docs=_DOCS, headers=headers)


def _wait(made: deque[float], now: float, window: int, limit: int | None) -> int:
    """Seconds until there is room in the window; 0 when there is."""
    if limit is None:
        return 0
    recent = [when for when in made if when > now - window]
    if len(recent) < limit:
        return 0
    return max(1, int(recent[-limit] + window - now) + 1) if limit else window
