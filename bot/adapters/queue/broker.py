"""The queue of many processes: the ledger in Redis, and Celery messages that carry only a delivery id."""

from __future__ import annotations

import logging
import random
import zlib
from collections.abc import Callable
from typing import Final

import redis
from celery import Celery
from kombu.exceptions import OperationalError

from bot.adapters.queue.attempt import ENDS, MAX_TRIES, Again, Ended, State, attempt, settled, tell
from bot.adapters.queue.ledger import Ledger, Released, Standing, redis_is_there
from bot.adapters.queue.locks import held
from bot.errors import Retry
from bot.model.event import Event, RepoRef
from bot.ports import Backlog, Work
from bot.settings import QUEUES

log = logging.getLogger("roadcrew.queue")

CLOCK_QUEUE: Final = "roadcrew-clock"
WORK: Final = "roadcrew.work"
RELEASE: Final = "roadcrew.release"
SWEEP: Final = "roadcrew.sweep"
LEASES: Final = "roadcrew.leases"
LEASE: Final = 60.0
"""Seconds without a sign of life after which a worker counts as dead."""
BUSY: Final = 1.0
"""Seconds after which an event looks again whether another of its lock key has ended."""
PROBE: Final = "roadcrew:probe"
"""The key that is written to see whether Redis takes anything."""
SHORT_QUEUE: Final = 100
"""Messages in a queue below which sending one twice costs nothing that counts."""
TIME_LIMIT: Final = 1800
"""Seconds after which Celery kills a task. It is tried again."""


def queue_of(repo: RepoRef) -> str:
    """Always the same queue for a repo, so that its mirror stays warm with the workers of that queue."""
    return queue_name(zlib.crc32(str(repo).lower().encode()) % QUEUES)


def queue_name(number: int) -> str:
    """Of the queue with this number, counted from 0."""
    return f"roadcrew-{number}"


def connect(url: str) -> redis.Redis:
    """A client with bounded waits: GitHub gives a webhook 10 seconds."""
    return redis.Redis.from_url(
        url, decode_responses=True, socket_connect_timeout=2.0, socket_timeout=5.0, health_check_interval=30
    )


def celery_app(url: str) -> Celery:
    """What sender and worker must agree on. JSON only; no result backend, results are in the ledger."""
    app = Celery("roadcrew", broker=url, set_as_current=False)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_ignore_result=True,
        broker_connection_retry_on_startup=True,
        task_publish_retry_policy={"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1},
        broker_transport_options={
            # Longer than the longest task, or it would be delivered again while it runs.
            "visibility_timeout": 2 * TIME_LIMIT,
            # kombu looks for lost messages every interval x throttle seconds: 100 by default.
            "unacked_restore_interval": 2,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 2.0,
            "socket_keepalive": True,
        },
    )
    return app


class CeleryQueue:
    """A `WatchableQueue` for many processes."""

    def __init__(self, client: redis.Redis, app: Celery) -> None:
        self._client = client
        self._app = app
        self.ledger = Ledger(client)

    def put(self, event: Event, *, after: float = 0.0) -> None:
        """Raises Retry when Redis is away."""
        with redis_is_there():
            if self.ledger.open(event, after=after):
                self._send(event, parks=0)
            self.ledger.stand_for_older(event)

    def release(self, *, early: bool = False) -> int:
        """Sends a message for each open event whose time has come; how many. Raises Retry as `put`.

        `early`, for the start of a worker: also for those whose message died with a worker, perhaps.
        """
        with redis_is_there():
            due = [released for released in self.ledger.release(early=early) if self._is_needed(released)]
            for released in due:
                self._send(released.event, parks=released.parks)
            return len(due)

    def _is_needed(self, released: Released) -> bool:
        """In a long queue the message is most likely still there, and more would only make it longer."""
        return not released.is_doubtful or self._client.llen(queue_of(released.event.repo)) < SHORT_QUEUE

    def is_sweep_due(self, seconds: float) -> bool:
        """True for one of all that ask within so many seconds. Raises Retry as `put`."""
        with redis_is_there():
            return bool(self._client.set("roadcrew:swept", 1, nx=True, px=int(seconds * 1000)))

    def is_look_due(self, seconds: float) -> bool:
        """As `is_sweep_due`, for the look at the leases."""
        with redis_is_there():
            return bool(self._client.set("roadcrew:looked", 1, nx=True, px=int(seconds * 1000)))

    def backlog(self) -> Backlog:
        """Raises Retry as `put`."""
        with redis_is_there():
            return self.ledger.backlog()

    def probe(self) -> None:
        """Raises Retry as `put`: Redis is away, or takes nothing (full, or a replica)."""
        with redis_is_there():
            self._client.set(PROBE, 1, ex=60)

    def _send(self, event: Event, *, parks: int) -> None:
        try:
            self._app.send_task(WORK, args=[event.delivery], queue=queue_of(event.repo), ignore_result=True)
        except OperationalError as error:
            raise Retry(f"Redis is away ({type(error).__name__}).", after=10.0) from error
        self.ledger.sent(event.delivery, parks=parks)


class Turn:
    """Works off the events that messages name: one of a lock key at a time, the newest of its kind."""

    def __init__(
        self,
        client: redis.Redis,
        work: Work,
        *,
        lease: float = LEASE,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._ledger = Ledger(client)
        self._work = work
        self._lease = lease
        self._jitter = jitter

    def take(self, delivery: str) -> None:
        """Does what is to be done about this event now, perhaps nothing. Raises RedisError."""
        event = self._ledger.event(delivery)
        if event is None:
            log.warning("delivery=%s is forgotten; the sweep looks at the same things", delivery)
            self._ledger.forget(delivery)
            return
        kept = self._renew(delivery)
        with held(self._client, f"work:{event.lock_key}", lease=self._lease, kept=kept) as is_ours:
            if is_ours:
                self._run(event, self._ledger.standing(delivery) or Standing())
            else:
                self._ledger.wait_for_lock(delivery, after=BUSY)

    def tell_failures(self) -> None:
        """Failures that could not be told when they happened are told now."""
        for event, reason in self._ledger.untold():
            if tell(self._work, event, reason):
                self._ledger.mark_told(event.delivery)

    def _renew(self, delivery: str) -> Callable[[], None]:
        return lambda: self._ledger.keep(delivery, lease=self._lease)

    def _run(self, event: Event, standing: Standing) -> None:
        if standing.state in ENDS:
            return
        if newer := self._ledger.newer(event, standing.seq):
            self._ledger.end(event, State.SUPERSEDED, f"A newer event stands for it: {newer}.")
            self._ledger.hurry(newer)
            return
        if standing.tries >= MAX_TRIES:
            self._end(event, Ended(State.FAILED, f"Given up: workers died {MAX_TRIES} times at work on it."))
            return
        tries = self._ledger.begin(event.delivery, lease=self._lease)
        result = settled(attempt(self._work, event), tries=tries, bugs=standing.bugs, jitter=self._jitter())
        if isinstance(result, Again):
            self._ledger.park(event.delivery, after=result.after, reason=result.reason, is_bug=result.is_bug)
        else:
            self._end(event, result)

    def _end(self, event: Event, result: Ended) -> None:
        self._ledger.end(event, result.state, result.reason)
        if result.state is State.FAILED:
            log.error("delivery=%s %s", event.delivery, result.reason)
            self.tell_failures()
