"""A lock among all workers, through Redis: never waited for, kept while it is needed, let go at the end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock

log = logging.getLogger("roadcrew.queue")


@contextmanager
def held(
    client: redis.Redis, key: str, *, lease: float, kept: Callable[[], None] = lambda: None
) -> Iterator[bool]:
    """Whether we hold it, while the block runs. Who dies holding it loses it after `lease` seconds.

    `kept` is called whenever the lease was renewed. Raises RedisError when Redis is away at the start.
    """
    # Renewed by another thread than the one that took it: the token must not be the thread's own.
    lock = client.lock(f"roadcrew:lock:{key}", timeout=lease, blocking=False, thread_local=False)
    if not lock.acquire():
        yield False
        return
    stop = threading.Event()
    keeper = threading.Thread(target=_keep, args=(lock, lease, kept, stop), name="roadcrew-lock", daemon=True)
    keeper.start()
    try:
        yield True
    finally:
        stop.set()
        keeper.join(lease)
        # It was flushed or Redis is away: then it ends by itself.
        with suppress(LockError, RedisError):
            lock.release()


def _keep(lock: Lock, lease: float, kept: Callable[[], None], stop: threading.Event) -> None:
    while not stop.wait(lease / 4):
        try:
            if not _renewed(lock, lease):
                log.warning("%s was lost to another worker", lock.name)
                return
            kept()
        except RedisError as error:
            log.warning("%s could not be renewed: Redis is away (%s)", lock.name, type(error).__name__)


def _renewed(lock: Lock, lease: float) -> bool:
    """Redis may have been flushed: then the lock is free, and ours again unless someone was faster."""
    try:
        return bool(lock.extend(lease, replace_ttl=True))
    except LockError:
        return bool(lock.acquire(token=lock.local.token))
