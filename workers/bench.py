"""What one worker process needs for its work, made at its first task: connections do not survive a fork."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import redis
from celery import Celery

from bot.adapters.queue.broker import LEASE, CeleryQueue, Turn, connect
from bot.adapters.queue.local import leases_due, sweep_due
from bot.errors import UserError
from bot.ports import Queue, Work
from bot.settings import Settings

BuildWork = Callable[[Settings, Queue], Work]
"""Makes the work from settings and the queue for what follows from it: `bot.wiring.build_work`."""


class Bench:
    """Queue and work of this process."""

    def __init__(
        self, app: Celery, settings: Settings, build_work: BuildWork, *, lease: float = LEASE
    ) -> None:
        self._app = app
        self._settings = settings
        self._build_work = build_work
        self._lease = lease
        self._guard = threading.Lock()
        self._client: redis.Redis | None = None
        self._made: tuple[CeleryQueue, Turn] | None = None
        self._work: Work | None = None

    def take(self, delivery: str) -> None:
        """Works on one event."""
        _, turn = self._ready()
        turn.take(delivery)

    def release(self) -> None:
        """Sends messages for the events whose time has come."""
        queue, _ = self._ready()
        queue.release()

    def sweep(self) -> None:
        """Puts a sweep, and tells what could not be told. Of several workers one does it."""
        queue, turn = self._ready()
        # A little less than the interval, or a clock that runs late would skip every other one.
        if queue.is_sweep_due(self._settings.sweep_seconds * 0.9):
            queue.put(sweep_due(self._settings.platform_repo, datetime.now(UTC)))
            turn.tell_failures()

    def leases(self) -> None:
        """Puts a look at the leases. Of several workers one does it."""
        queue, _ = self._ready()
        if queue.is_look_due(self._settings.lease_seconds * 0.9):
            queue.put(leases_due(self._settings.platform_repo, datetime.now(UTC)))

    def close(self) -> None:
        """Lets go of what was made."""
        with self._guard:
            if self._work is not None:
                self._work.close()
            self._made = self._work = None
            if self._client is not None:
                self._client.close()

    def _ready(self) -> tuple[CeleryQueue, Turn]:
        with self._guard:
            if self._made is None:
                self._client = connect(redis_url(self._settings))
                queue = CeleryQueue(self._client, self._app)
                self._work = work = self._build_work(self._settings, queue)
                self._made = queue, Turn(self._client, work, lease=self._lease)
            return self._made


def redis_url(settings: Settings) -> str:
    """Raises UserError when there is none."""
    if settings.redis_url is None:
        raise UserError(
            "ROADCREW_REDIS_URL is missing: a worker takes its work from Redis.",
            fix="Set it for `roadcrew worker` and for `roadcrew serve`, or run only `roadcrew serve`, "
            "which without it does all the work itself.",
        )
    return settings.redis_url.get_secret_value()
