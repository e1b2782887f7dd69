"""Threads that work a SqliteQueue off, and the clock that puts sweeps in it. One process, no other server."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from bot.adapters.queue.attempt import Again, Ended, State, attempt, settled, tell
from bot.adapters.queue.sqlite import Job, SqliteQueue
from bot.errors import Retry
from bot.model.event import LeasesDue, RepoRef, SweepDue
from bot.ports import Work

log = logging.getLogger("roadcrew.queue")

_IDLE = 30.0
"""Seconds after which a waiting thread looks again although nobody woke it: for clocks that jump."""


def sweep_due(repo: RepoRef, now: datetime) -> SweepDue:
    """The event of a sweep that starts now."""
    return SweepDue(delivery=f"sweep-{now:%Y%m%dT%H%M%S.%fZ}", repo=repo)


def leases_due(repo: RepoRef, now: datetime) -> LeasesDue:
    """The event of a look at the leases that starts now."""
    return LeasesDue(delivery=f"leases-{now:%Y%m%dT%H%M%S.%fZ}", repo=repo)


class LocalRunner:
    """Runs the events of a queue, each lock key one at a time, in so many threads.

    With `sweep` a SweepDue for that repo is put at the start and every `sweep_seconds`, and a LeasesDue every
    `lease_seconds`, if that is not 0.
    """

    def __init__(
        self,
        queue: SqliteQueue,
        work: Work,
        *,
        threads: int = 4,
        sweep: RepoRef | None = None,
        sweep_seconds: float = 300.0,
        lease_seconds: float = 0.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._queue = queue
        self._work = work
        self._sweep = sweep
        self._sweep_seconds = sweep_seconds
        self._lease_seconds = lease_seconds
        self._jitter = jitter
        self._stopping = threading.Event()
        self._telling = threading.Lock()
        self._running: dict[int, Job] = {}
        self._threads = [
            self._thread(self._keep_leases, "leases"),
            self._thread(self._keep_sweeping, "sweep"),
            self._thread(self._keep_looking, "grants"),
            *(self._thread(self._work_off, f"work-{number}") for number in range(threads)),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, seconds: float = 20.0) -> None:
        """Takes no new work and lets what runs end in time; the rest runs again at the next start."""
        self._stopping.set()
        self._queue.wake()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for job in list(self._running.values()):
            log.warning(
                "delivery=%s did not end in time; it runs again at the next start", job.event.delivery
            )
            with suppress(Retry):
                self._queue.give_back(job)

    def _thread(self, target: Callable[[], None], name: str) -> threading.Thread:
        # Daemons: a handler that hangs must not keep the process from ending.
        return threading.Thread(target=target, name=f"roadcrew-{name}", daemon=True)

    def _work_off(self) -> None:
        while not self._stopping.is_set():
            try:
                job = self._queue.take(wait=_IDLE, stopped=self._stopping.is_set)
                if job is not None:
                    self._run(job)
            except Retry as error:
                log.warning("%s", error.reason)
                self._stopping.wait(1.0)

    def _run(self, job: Job) -> None:
        self._running[job.seq] = job
        try:
            self._settle(job, attempt(self._work, job.event))
        finally:
            del self._running[job.seq]

    def _settle(self, job: Job, result: Ended | Again) -> None:
        result = settled(result, tries=job.tries, bugs=job.bugs, jitter=self._jitter())
        if isinstance(result, Again):
            self._queue.retry(job, after=result.after, reason=result.reason, is_bug=result.is_bug)
            return
        if not self._queue.end(job, result.state, result.reason):
            log.warning("delivery=%s was taken over by another thread", job.event.delivery)
        elif result.state is State.FAILED:
            log.error("delivery=%s %s", job.event.delivery, result.reason)
            self._tell_failures()

    def _keep_leases(self) -> None:
        while not self._stopping.wait(self._queue.lease / 4):
            for job in list(self._running.values()):
                try:
                    self._queue.extend(job)
                except Retry as error:
                    log.warning("%s", error.reason)

    def _keep_sweeping(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._sweep is not None:
                    self._queue.put(sweep_due(self._sweep, datetime.now(UTC)))
                self._tell_failures()
                self._queue.prune()
            except Retry as error:
                log.warning("%s", error.reason)
            self._stopping.wait(self._sweep_seconds)

    def _keep_looking(self) -> None:
        """A sweep looks at the leases too, so the first look of this kind can wait."""
        if self._sweep is None or not self._lease_seconds:
            return
        while not self._stopping.wait(self._lease_seconds):
            try:
                self._queue.put(leases_due(self._sweep, datetime.now(UTC)))
            except Retry as error:
                log.warning("%s", error.reason)

    def _tell_failures(self) -> None:
        """The state was saved first: a failure that could not be told is told at a later sweep or start."""
        with self._telling:
            for seq, event, reason in self._queue.untold():
                if tell(self._work, event, reason):
                    self._queue.mark_told(seq)
