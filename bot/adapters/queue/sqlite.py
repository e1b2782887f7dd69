"""The queue of a single process: one SQLite file, durable when `put` returns, safe to use from many threads.

It belongs to one process at a time. Nothing that matters is only here: lose the file, and a sweep finds the
work again.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Self

from pydantic import ValidationError

from bot.adapters.queue.attempt import MAX_TRIES, State
from bot.adapters.queue.sqlite_file import VERSION, open_file, own
from bot.errors import Retry, UserError
from bot.model.event import Event, event_from_json, event_to_json
from bot.ports import Backlog, Failure

log = logging.getLogger("roadcrew.queue")

REMEMBERED: Final = 3 * 24 * 3600.0
"""Seconds for which an ended event is shown: as long as GitHub keeps its delivery log."""
SHOWN_FAILURES: Final = 20
# The oldest due job whose lock key nobody holds. A running job whose lease ran out counts as waiting.
_CLAIM: Final = """
UPDATE job SET state = 'running', token = token + 1, tries = tries + 1, lease_until = :until
WHERE seq = (
    SELECT seq FROM job AS due
    WHERE (state = 'waiting' AND due <= :now OR state = 'running' AND lease_until <= :now)
      AND NOT EXISTS (
        SELECT 1 FROM job AS held
        WHERE held.lock_key = due.lock_key AND held.state = 'running' AND held.lease_until > :now)
    ORDER BY due, seq LIMIT 1)
RETURNING seq, id, payload, token, tries, bugs
"""

# A job that could wait again, but a newer one that stands for it waits already.
_OVERTAKEN: Final = """
EXISTS (SELECT 1 FROM job AS newer WHERE newer.newest_key = job.newest_key AND job.newest_key <> ''
        AND newer.state = 'waiting' AND newer.seq > job.seq)
"""
_SUPERSEDE_RUNNING: Final = (
    "UPDATE job SET state = 'superseded', ended_at = ? WHERE state = 'running' AND " + _OVERTAKEN  # noqa: S608 - constants
)


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed event. `token` is the fence: once someone claims it anew, this one has no say."""

    seq: int
    event: Event
    token: int
    tries: int
    bugs: int


class SqliteQueue:
    """A `WatchableQueue` in one file. `lease` in seconds: how long a claim lasts unless extended."""

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.time, lease: float = 60.0) -> None:
        """Raises UserError when another process owns the file, or the folder cannot be written."""
        self._path = path
        self._clock = clock
        self.lease = lease
        self._changed = threading.Condition(threading.RLock())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._owner = own(path)
        except OSError as error:
            raise UserError(
                f"The queue cannot be kept at {path}: {error.strerror}.",
                fix="Point ROADCREW_CACHE_DIR to a folder that this user can write.",
            ) from error
        try:
            self._db = open_file(path)
            self._recover()
        except BaseException:
            self._owner.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file up. What waits, waits for the next owner."""
        with self._changed:
            self._db.close()
            self._owner.close()

    def put(self, event: Event, *, after: float = 0.0) -> None:
        """Durable when it returns. Known ids that wait or run stay as they are, ended ones are done anew.

        Waiting events with the same newest key are superseded; theirs is then the earliest time of all.
        Raises Retry when the file cannot be written.
        """
        due = self._clock() + after
        with self._transaction() as db:
            if self._is_open(event, due):
                return
            db.execute("DELETE FROM job WHERE id = ?", (event.delivery,))
            if event.newest_key:
                due = min(due, self._supersede(event.newest_key, event.delivery))
            db.execute(
                "INSERT INTO job (id, payload, kind, lock_key, newest_key, state, due) "
                "VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
                (event.delivery, event_to_json(event), event.kind, event.lock_key, event.newest_key, due),
            )
            self._changed.notify_all()

    def take(self, *, wait: float, stopped: Callable[[], bool] = lambda: False) -> Job | None:
        """Claims the next job, waiting for it at most so many seconds, and not at all once stopped.

        Who makes `stopped` true calls `wake` after it: then no taker waits on.
        """
        with self._changed:
            job = None if stopped() else self.claim()
            if job is None and not stopped():
                self._changed.wait(max(0.0, min(wait, self._until_next_due())))
                job = None if stopped() else self.claim()
            return job

    def wake(self) -> None:
        """Ends every `take` that waits."""
        with self._changed:
            self._changed.notify_all()

    def claim(self) -> Job | None:
        """The oldest due job whose lock key is free, now leased to the caller. Raises Retry as `put`."""
        while True:
            now = self._clock()
            with self._transaction() as db:
                row = db.execute(_CLAIM, {"now": now, "until": now + self.lease}).fetchone()
                if row is None:
                    return None
                seq, delivery, payload, token, tries, bugs = row
                try:
                    return Job(seq, event_from_json(payload), token, tries, bugs)
                except ValidationError:
                    # Put by another version of Roadcrew. The sweep looks at the same things again.
                    log.warning("delivery=%s cannot be read by this version", delivery)
                    reason = "This version of Roadcrew cannot read what an older one queued."
                    self._end(seq, State.FAILED, reason, told=True)

    def extend(self, job: Job) -> bool:
        """Renews the lease. False when the job is no longer the caller's."""
        return self._if_mine(job, "lease_until = ?", (self._clock() + self.lease,))

    def end(self, job: Job, state: State, reason: str = "") -> bool:
        """Ends the job as done, refused or failed. False when it is no longer the caller's."""
        changes = "state = ?, reason = ?, ended_at = ?"
        return self._if_mine(job, changes, (state, reason, self._clock()))

    def retry(self, job: Job, *, after: float, reason: str, is_bug: bool = False) -> bool:
        """Lets the job wait again, unless a newer one stands for it. `after` in seconds. As `end`."""
        changes = (
            f"state = CASE WHEN {_OVERTAKEN} THEN 'superseded' ELSE 'waiting' END, "
            f"ended_at = CASE WHEN {_OVERTAKEN} THEN ? END, due = ?, reason = ?, bugs = bugs + ?"
        )
        now = self._clock()
        return self._if_mine(job, changes, (now, now + after, reason, int(is_bug)))

    def give_back(self, job: Job) -> bool:
        """Lets the job wait as if it had never been claimed. As `end`."""
        return self._if_mine(job, "state = 'waiting', tries = tries - 1", ())

    def untold(self) -> tuple[tuple[int, Event, str], ...]:
        """Failed jobs that nobody was told of yet: number, event, reason."""
        with self._transaction() as db:
            rows = db.execute(
                "SELECT seq, payload, reason FROM job WHERE state = 'failed' AND told = 0 "
                "ORDER BY seq LIMIT 100"
            ).fetchall()
        return tuple((seq, event_from_json(payload), reason) for seq, payload, reason in rows)

    def mark_told(self, seq: int) -> None:
        """The failure was said to people."""
        with self._transaction() as db:
            db.execute("UPDATE job SET told = 1 WHERE seq = ?", (seq,))

    def prune(self) -> int:
        """Forgets what ended three days ago; how many."""
        with self._transaction() as db:
            return db.execute("DELETE FROM job WHERE ended_at < ?", (self._clock() - REMEMBERED,)).rowcount

    def backlog(self) -> Backlog:
        """Raises Retry when the file cannot be read."""
        with self._transaction() as db:
            counts = dict(db.execute("SELECT state, count(*) FROM job GROUP BY state").fetchall())
            rows = db.execute(
                "SELECT id, kind, reason, ended_at FROM job WHERE state IN ('failed', 'refused') "
                "ORDER BY ended_at DESC, seq DESC LIMIT ?",
                (SHOWN_FAILURES,),
            ).fetchall()
        failures = tuple(
            Failure(delivery, kind, reason, datetime.fromtimestamp(at, UTC))
            for delivery, kind, reason, at in rows
        )
        return Backlog(
            waiting=counts.get("waiting", 0),
            running=counts.get("running", 0),
            failed=counts.get("failed", 0) + counts.get("refused", 0),
            failures=failures,
        )

    def probe(self) -> None:
        """Raises Retry when the file cannot be written, as on a full disk."""
        with self._transaction() as db:
            # The same number as before, but the page that it is on is written.
            db.execute(f"PRAGMA user_version = {VERSION}")

    def states(self) -> dict[str, State]:
        """Every event that is remembered, by delivery."""
        with self._transaction() as db:
            return {row[0]: State(row[1]) for row in db.execute("SELECT id, state FROM job")}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._changed:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                except BaseException:
                    self._db.execute("ROLLBACK")
                    raise
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise Retry(f"The queue at {self._path} is away: {error}.", after=30.0) from error

    def _is_open(self, event: Event, due: float) -> bool:
        row = self._db.execute("SELECT state FROM job WHERE id = ?", (event.delivery,)).fetchone()
        if row is None or row[0] not in (State.WAITING, State.RUNNING):
            return False
        self._db.execute(
            "UPDATE job SET due = min(due, ?) WHERE id = ? AND state = 'waiting'", (due, event.delivery)
        )
        self._changed.notify_all()
        return True

    def _supersede(self, newest_key: str, by: str) -> float:
        rows = self._db.execute(
            "UPDATE job SET state = 'superseded', reason = ?, ended_at = ? "
            "WHERE newest_key = ? AND state = 'waiting' RETURNING due",
            (f"A newer event stands for it: {by}.", self._clock(), newest_key),
        ).fetchall()
        return min((float(due) for (due,) in rows), default=float("inf"))

    def _if_mine(self, job: Job, changes: str, values: tuple[Any, ...]) -> bool:
        with self._transaction() as db:
            changed = db.execute(
                f"UPDATE job SET {changes} WHERE seq = ? AND token = ? AND state = 'running'",  # noqa: S608 - constants
                (*values, job.seq, job.token),
            ).rowcount
            self._changed.notify_all()
            return changed == 1

    def _end(self, seq: int, state: State, reason: str, *, told: bool) -> None:
        self._db.execute(
            "UPDATE job SET state = ?, reason = ?, ended_at = ?, told = ? WHERE seq = ?",
            (state, reason, self._clock(), int(told), seq),
        )

    def _until_next_due(self) -> float:
        with self._transaction() as db:
            (due,) = db.execute(
                "SELECT min(CASE state WHEN 'waiting' THEN due ELSE lease_until END) FROM job "
                "WHERE state = 'running' OR state = 'waiting' AND due > ?",
                (self._clock(),),
            ).fetchone()
        return float("inf") if due is None else float(due) - self._clock()

    def _recover(self) -> None:
        """What ran when the last owner died waits again, at once: nobody else can be at work on it."""
        now = self._clock()
        with self._transaction() as db:
            db.execute(
                "UPDATE job SET ended_at = ?, state = 'failed', reason = ? "
                "WHERE state = 'running' AND tries >= ?",
                (now, f"Given up: the process died {MAX_TRIES} times at work on it.", MAX_TRIES),
            )
            db.execute(_SUPERSEDE_RUNNING, (now,))
            db.execute("UPDATE job SET state = 'waiting', due = min(due, ?) WHERE state = 'running'", (now,))
