"""What Redis knows of each event: payload, state, order, and when somebody must look at it again.

Celery's messages are only hints to look here. A message that is lost, doubled or late changes nothing: every
open event has a time at which `release` sends it again. Lose all of it, and a sweep finds the work.

    roadcrew:event:<delivery>     the payload, once
    roadcrew:job:<delivery>       its state
    roadcrew:newest:<newest key>  which event stands for the others of this key
    roadcrew:open                 deliveries by the time to look again
    roadcrew:running              deliveries by the end of their lease
    roadcrew:failed, untold       the newest failures, and those that nobody was told of
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import redis
from pydantic import ValidationError
from redis.exceptions import RedisError

from bot.adapters.queue.attempt import ENDS, State
from bot.errors import Retry
from bot.model.event import Event, event_from_json, event_to_json
from bot.ports import Backlog, Failure

KEPT: Final = 7 * 24 * 3600
"""Seconds for which an open event is remembered; far more than it is tried."""
REMEMBERED: Final = 3 * 24 * 3600
"""Seconds for which an ended event is: as long as GitHub keeps its delivery log."""
RESEND: Final = 60.0
"""Seconds after which it is doubtful whether a message that nobody took is still there."""
UNSENT: Final = 2.0
"""Seconds after which a message that nobody said to have sent is sent by the next who looks."""
KEPT_FAILURES: Final = 100
SHOWN_FAILURES: Final = 20

_OPEN: Final = "roadcrew:open"
_RUNNING: Final = "roadcrew:running"
_FAILED: Final = "roadcrew:failed"
_UNTOLD: Final = "roadcrew:untold"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an event. The higher `seq`, the newer. `is_parked`: no message is under way."""

    state: State = State.WAITING
    seq: int = 0
    tries: int = 0
    bugs: int = 0
    is_parked: bool = False
    parks: int = 0
    """How often it was parked: tells whether something happened to it in between."""


@dataclass(frozen=True, slots=True)
class Released:
    """An event to send. `is_doubtful`: its message may still be in its queue, or with a worker that died."""

    event: Event
    parks: int
    is_doubtful: bool


@contextmanager
def redis_is_there() -> Iterator[None]:
    """Redis being away is a Retry. Its messages name hosts, not passwords, but we say only what kind."""
    try:
        yield
    except RedisError as error:
        raise Retry(f"Redis is away ({type(error).__name__}).", after=10.0) from error


class Ledger:
    """All reads and writes of the keys above. Each method raises RedisError when Redis is away."""

    def __init__(self, client: redis.Redis, *, clock: Callable[[], float] = time.time) -> None:
        """`client` must decode responses."""
        self._redis: Any = client
        self._clock = clock

    def open(self, event: Event, *, after: float) -> bool:
        """Writes the event down as waiting; whether a message must be sent now.

        One that waits or runs stays as it is, but a waiting one may come earlier.
        """
        now = self._clock()
        standing = self.standing(event.delivery)
        if standing is not None and standing.state not in ENDS:
            if standing.is_parked:
                self._redis.zadd(_OPEN, {event.delivery: now + after}, lt=True)
            return False
        job = _job(event.delivery)
        fields = {
            "state": State.WAITING,
            "seq": self._redis.incr("roadcrew:seq"),
            "kind": event.kind,
            "tries": 0,
            "bugs": 0,
            # Until the message is said to be sent: whoever dies before, `release` sends it.
            "parked": 1,
            "parks": 0,
        }
        with self._redis.pipeline() as pipe:
            pipe.set(_event(event.delivery), event_to_json(event), ex=KEPT)
            pipe.delete(job)
            pipe.hset(job, mapping=fields)
            pipe.expire(job, KEPT)
            pipe.zadd(_OPEN, {event.delivery: now + (after or UNSENT)})
            pipe.zrem(_FAILED, event.delivery)
            pipe.srem(_UNTOLD, event.delivery)
            pipe.execute()
        return after <= 0

    def sent(self, delivery: str, *, parks: int) -> None:
        """Its message is under way, unless a worker was so quick that it has parked it anew already."""

        def unpark(pipe: Any) -> None:
            state, known = pipe.hmget(_job(delivery), "state", "parks")
            pipe.multi()
            if state == State.WAITING and int(known or 0) == parks:
                pipe.hset(_job(delivery), "parked", 0)
                pipe.zadd(_OPEN, {delivery: self._clock() + RESEND}, xx=True)

        self._redis.transaction(unpark, _job(delivery))

    def stand_for_older(self, event: Event) -> None:
        """From now on older events with the same newest key need not run.

        Only after the message is sent: a crash before it must not leave both undone.
        """
        standing = self.standing(event.delivery)
        if event.newest_key and standing is not None:
            self._redis.set(_newest(event), f"{standing.seq} {event.delivery}", ex=KEPT)

    def event(self, delivery: str) -> Event | None:
        """None when it is forgotten, or was written by a version that this one cannot read."""
        text = self._redis.get(_event(delivery))
        try:
            return event_from_json(text) if text else None
        except ValidationError:
            return None

    def standing(self, delivery: str) -> Standing | None:
        """None when nothing is known of it."""
        known = self._redis.hgetall(_job(delivery))
        if "state" not in known:
            return None
        return Standing(
            state=State(known["state"]),
            seq=int(known.get("seq", 0)),
            tries=int(known.get("tries", 0)),
            bugs=int(known.get("bugs", 0)),
            is_parked=known.get("parked") == "1",
            parks=int(known.get("parks", 0)),
        )

    def newer(self, event: Event, seq: int) -> str:
        """The delivery that stands for this one; empty when it stands for itself."""
        known = self._redis.get(_newest(event)) if event.newest_key else None
        newest, _, delivery = (known or "0 ").partition(" ")
        return delivery if int(newest) > seq else ""

    def hurry(self, delivery: str) -> None:
        """If this event is parked, its time has come."""
        standing = self.standing(delivery)
        if standing is not None and standing.is_parked:
            self._redis.zadd(_OPEN, {delivery: self._clock()}, lt=True, xx=True)

    def begin(self, delivery: str, *, lease: float) -> int:
        """The event runs; returns which try this is, counted from 1."""
        with self._redis.pipeline() as pipe:
            pipe.hincrby(_job(delivery), "tries", 1)
            pipe.hset(_job(delivery), mapping={"state": State.RUNNING, "parked": 0})
            pipe.expire(_job(delivery), KEPT)
            # In the same step: a worker that dies right after it is missed when its lease ends.
            self._lease(pipe, delivery, lease)
            return int(pipe.execute()[0])

    def keep(self, delivery: str, *, lease: float) -> None:
        """The event still runs. If nobody says so within `lease` seconds, `release` sends it again."""
        with self._redis.pipeline() as pipe:
            self._lease(pipe, delivery, lease)
            pipe.execute()

    def _lease(self, pipe: Any, delivery: str, seconds: float) -> None:
        until = {delivery: self._clock() + seconds}
        pipe.zadd(_OPEN, until)
        pipe.zadd(_RUNNING, until)

    def park(self, delivery: str, *, after: float, reason: str = "", is_bug: bool = False) -> None:
        """The event waits for so many seconds without a message."""
        with self._redis.pipeline() as pipe:
            pipe.hset(_job(delivery), mapping={"state": State.WAITING, "parked": 1, "reason": reason})
            pipe.hincrby(_job(delivery), "bugs", int(is_bug))
            pipe.hincrby(_job(delivery), "parks", 1)
            pipe.expire(_job(delivery), KEPT)
            pipe.zadd(_OPEN, {delivery: self._clock() + after})
            pipe.zrem(_RUNNING, delivery)
            pipe.execute()

    def wait_for_lock(self, delivery: str, *, after: float) -> None:
        """Parks it until the event that holds its lock key has ended, unless that is itself."""

        def park(pipe: Any) -> None:
            state, lease_until = pipe.hget(_job(delivery), "state"), pipe.zscore(_RUNNING, delivery)
            now = self._clock()
            pipe.multi()
            is_dead = state == State.RUNNING and float(lease_until or 0) <= now
            if state == State.WAITING or is_dead:
                pipe.hset(_job(delivery), mapping={"state": State.WAITING, "parked": 1})
                pipe.hincrby(_job(delivery), "parks", 1)
                pipe.zadd(_OPEN, {delivery: now + after})

        # Whoever begins or ends the event meanwhile changes the watched key, and it is looked at anew.
        self._redis.transaction(park, _job(delivery))

    def end(self, event: Event, state: State, reason: str) -> None:
        """The event is over."""
        now = self._clock()
        delivery = event.delivery
        with self._redis.pipeline() as pipe:
            pipe.hset(
                _job(delivery), mapping={"state": state, "reason": reason, "kind": event.kind, "parked": 0}
            )
            pipe.expire(_job(delivery), REMEMBERED)
            pipe.expire(_event(delivery), REMEMBERED)
            pipe.zrem(_OPEN, delivery)
            pipe.zrem(_RUNNING, delivery)
            if state is State.FAILED:
                pipe.sadd(_UNTOLD, delivery)
            if state in (State.FAILED, State.REFUSED):
                pipe.zadd(_FAILED, {delivery: now})
                pipe.zremrangebyrank(_FAILED, 0, -KEPT_FAILURES - 1)
            pipe.zremrangebyscore(_FAILED, "-inf", now - REMEMBERED)
            pipe.execute()

    def forget(self, delivery: str) -> None:
        """Nothing can be done about an event whose payload is gone."""
        with self._redis.pipeline() as pipe:
            pipe.delete(_job(delivery))
            pipe.zrem(_OPEN, delivery)
            pipe.zrem(_RUNNING, delivery)
            pipe.srem(_UNTOLD, delivery)
            pipe.execute()

    def release(self, *, early: bool = False, limit: int = 200) -> list[Released]:
        """Open events whose time has come, and which need a message now.

        `early`: those, too, of which it is only doubtful whether their message is still there.
        """
        now = self._clock()
        released = []
        for delivery in self._redis.zrangebyscore(
            _OPEN, "-inf", "+inf" if early else now, start=0, num=limit
        ):
            event = self.event(delivery)
            if event is None:
                self.forget(delivery)
                continue
            standing = self.standing(delivery) or Standing()
            is_doubtful = standing.state is State.WAITING and not standing.is_parked
            if early and not is_doubtful:
                continue
            # Until it is said to be sent; meanwhile others need not send it, too.
            self._redis.zadd(_OPEN, {delivery: now + UNSENT}, xx=True)
            released.append(Released(event, standing.parks, is_doubtful))
        return released

    def untold(self) -> list[tuple[Event, str]]:
        """Failed events that nobody was told of, with the reason."""
        found = []
        for delivery in sorted(self._redis.smembers(_UNTOLD)):
            event = self.event(delivery)
            if event is None:
                self._redis.srem(_UNTOLD, delivery)
            else:
                found.append((event, self._redis.hget(_job(delivery), "reason") or ""))
        return found

    def mark_told(self, delivery: str) -> None:
        """The failure was said to people."""
        self._redis.srem(_UNTOLD, delivery)

    def backlog(self) -> Backlog:
        """Numbers are of one moment only as far as nobody works meanwhile."""
        with self._redis.pipeline() as pipe:
            pipe.zcard(_OPEN)
            pipe.zcount(_RUNNING, self._clock(), "+inf")
            pipe.zcard(_FAILED)
            pipe.zrevrange(_FAILED, 0, SHOWN_FAILURES - 1, withscores=True)
            opened, running, failed, newest = pipe.execute()
        failures = []
        for delivery, at in newest:
            kind, reason = self._redis.hmget(_job(delivery), "kind", "reason")
            failures.append(Failure(delivery, kind or "", reason or "", datetime.fromtimestamp(at, UTC)))
        return Backlog(max(0, opened - running), running, failed, tuple(failures))


def _event(delivery: str) -> str:
    return f"roadcrew:event:{delivery}"


def _job(delivery: str) -> str:
    return f"roadcrew:job:{delivery}"


def _newest(event: Event) -> str:
    return f"roadcrew:newest:{event.newest_key}"
