"""A process dies after any of its Redis commands, and with it all messages that it had taken: nothing is lost."""

import time

import pytest
from redis.exceptions import RedisError

from bot.adapters.queue.attempt import State
from bot.adapters.queue.broker import CeleryQueue, Turn, connect
from bot.adapters.queue.ledger import RESEND
from bot.errors import Retry
from bot.model.event import PullChanged, PullClosed, RepoRef
from bot.ports import Work

REPO = RepoRef(owner="acme", name="platform")
LEASE = 0.3
DEADLINE = RESEND / 4
"""Far below the time after which messages are sent again on mere doubt: nothing here may need that."""
EVENT = PullChanged(delivery="event", repo=REPO, number=1)
OTHER = PullClosed(delivery="other", repo=REPO, number=1)

pytestmark = pytest.mark.redis


@pytest.fixture(autouse=True)
def hurried(monkeypatch):
    """Waits for what dead processes left unsaid are short; RESEND stays what it is."""
    monkeypatch.setattr("bot.adapters.queue.ledger.UNSENT", 0.3)


class Dead(RedisError):
    """The process is gone: what it had not sent by now it never sends."""


class Messages(list):
    """In place of Celery: what was sent, in order."""

    def send_task(self, name, *, args, queue, ignore_result):
        self.append(args[0])


class Mortal:
    """A process that dies after so many commands."""

    def __init__(self, url, messages, lives):
        self.client = connect(url)
        self.sent = 0
        real = self.client.connection_pool.get_connection

        def get_connection(*args, **options):
            if self.sent >= lives:
                raise Dead
            self.sent += 1
            return real(*args, **options)

        self.client.connection_pool.get_connection = get_connection
        self.queue = CeleryQueue(self.client, messages)
        self.ran = []
        self.turn = Turn(self.client, Work(self.ran.append), lease=LEASE, jitter=lambda: 0.0)


def live_until_dead(url, lives, act):
    """Whether the process was still alive at the end of `act`."""
    process = Mortal(url, Messages(), lives)
    try:
        act(process)
    except (Dead, Retry):
        return False
    else:
        return True
    finally:
        process.client.close()


def work_off(url, *deliveries):
    """A new worker starts and works until these are done."""
    messages = Messages()
    worker = Mortal(url, messages, 10**9)
    worker.queue.release(early=True)
    deadline = time.monotonic() + DEADLINE
    try:
        while not all(is_over(worker, delivery) for delivery in deliveries):
            assert time.monotonic() < deadline, {
                delivery: worker.queue.ledger.standing(delivery) for delivery in deliveries
            }
            while messages:
                worker.turn.take(messages.pop(0))
            worker.queue.release()
            time.sleep(0.01)
        return [event.delivery for event in worker.ran]
    finally:
        worker.client.close()


def is_over(worker, delivery):
    standing = worker.queue.ledger.standing(delivery)
    return standing is not None and standing.state in (State.DONE, State.SUPERSEDED)


def every_death(client, check):
    """Checks with a process that dies before its first command, after it, after its second, until it lives."""
    for lives in range(200):
        client.flushall()
        if check(lives):
            return lives
    raise AssertionError("it never comes to an end")


def test_promise_1_a_worker_may_die_after_any_command(redis_url, redis_client):
    def check(lives):
        with connect(redis_url) as client:
            CeleryQueue(client, Messages()).put(EVENT)
        lived = live_until_dead(redis_url, lives, lambda process: process.turn.take("event"))
        ran = work_off(redis_url, "event")
        assert ran in ([], ["event"])
        return lived

    deaths = every_death(redis_client, check)
    assert deaths >= 5


def test_promise_1_the_clock_may_die_after_any_command(redis_url, redis_client):
    def check(lives):
        with connect(redis_url) as client:
            queue = CeleryQueue(client, Messages())
            queue.put(EVENT, after=0.001)
            queue.put(OTHER, after=0.001)
        time.sleep(0.002)
        lived = live_until_dead(redis_url, lives, lambda process: process.queue.release())
        assert sorted(work_off(redis_url, "event", "other")) == ["event", "other"]
        return lived

    deaths = every_death(redis_client, check)
    assert deaths >= 4


def test_promise_1_a_worker_that_finds_the_lock_taken_may_die_after_any_command(redis_url, redis_client):
    def check(lives):
        with connect(redis_url) as client:
            CeleryQueue(client, Messages()).put(EVENT)
            lock = client.lock(f"roadcrew:lock:work:{EVENT.lock_key}", timeout=LEASE, blocking=False)
            assert lock.acquire()
        lived = live_until_dead(redis_url, lives, lambda process: process.turn.take("event"))
        assert work_off(redis_url, "event") == ["event"]
        return lived

    deaths = every_death(redis_client, check)
    assert deaths >= 3


def test_promise_1_a_front_may_die_after_any_command_and_the_redelivery_is_done(redis_url, redis_client):
    def check(lives):
        lived = live_until_dead(redis_url, lives, lambda process: process.queue.put(EVENT))
        with connect(redis_url) as client:
            CeleryQueue(client, Messages()).put(EVENT)
        assert work_off(redis_url, "event") == ["event"]
        return lived

    deaths = every_death(redis_client, check)
    assert deaths >= 3


def test_promise_1_an_older_event_is_not_lost_when_the_newer_ones_front_dies(redis_url, redis_client):
    newer = PullChanged(delivery="newer", repo=REPO, number=1)

    def check(lives):
        with connect(redis_url) as client:
            CeleryQueue(client, Messages()).put(EVENT)
        lived = live_until_dead(redis_url, lives, lambda process: process.queue.put(newer))
        with connect(redis_url) as client:
            is_known = CeleryQueue(client, Messages()).ledger.standing("newer") is not None
        assert work_off(redis_url, "event", *(["newer"] if is_known else []))
        return lived

    deaths = every_death(redis_client, check)
    assert deaths >= 3
