"""The ledger, the lock and the Celery queue on a real redis-server; the worker's turn without Celery's pool."""

import base64
import json
import threading
import time

import pytest
import redis
from kombu.exceptions import OperationalError

from bot.adapters.queue.attempt import MAX_BUGS, MAX_TRIES, State
from bot.adapters.queue.broker import (
    QUEUES,
    SHORT_QUEUE,
    CeleryQueue,
    Turn,
    celery_app,
    connect,
    queue_name,
    queue_of,
)
from bot.adapters.queue.ledger import RESEND, Ledger, Released
from bot.adapters.queue.locks import held
from bot.errors import Refused, Retry
from bot.model.event import PullChanged, PullClosed, RepoRef, event_to_json
from bot.ports import Work

REPO = RepoRef(owner="acme", name="platform")
DEADLINE = 30.0


def changed(delivery, number=1):
    return PullChanged(delivery=delivery, repo=REPO, number=number)


def closed(delivery, number=1):
    return PullClosed(delivery=delivery, repo=REPO, number=number)


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)


def test_a_repo_is_always_in_the_same_of_a_fixed_set_of_queues():
    repos = [RepoRef(owner="acme", name=f"repo-{number}") for number in range(200)]
    assert {queue_of(repo) for repo in repos} == {queue_name(number) for number in range(QUEUES)}
    assert queue_of(REPO) == queue_of(RepoRef(owner="ACME", name="Platform"))


def test_a_redis_that_is_away_is_a_retry_and_shows_no_password():
    url = "redis://:redis-password@127.0.0.1:1/0"
    with connect(url) as client:
        queue = CeleryQueue(client, celery_app(url))
        for call in (lambda: queue.put(changed("lost")), queue.backlog, queue.release):
            with pytest.raises(Retry, match="Redis is away") as error:
                call()
            assert "password" not in error.value.reason


@pytest.fixture
def app(redis_url):
    app = celery_app(redis_url)
    yield app
    app.close()


@pytest.fixture
def queue(redis_client, app):
    return CeleryQueue(redis_client, app)


@pytest.fixture
def ran():
    return []


@pytest.fixture
def turn(redis_client, ran):
    return Turn(redis_client, Work(ran.append), jitter=lambda: 0.0)


def messages(client):
    return client.llen(queue_of(REPO))


def state(queue, delivery):
    return queue.ledger.standing(delivery).state


@pytest.mark.redis
def test_the_payload_is_stored_once_and_messages_carry_only_the_id(queue, redis_client):
    queue.put(changed("guid-1"))
    (message,) = redis_client.lrange(queue_of(REPO), 0, -1)
    assert (
        base64.b64decode(json.loads(message)["body"])
        == b'[["guid-1"], {}, {"callbacks": null, "errbacks": null, "chain": null, "chord": null}]'
    )
    assert redis_client.keys("roadcrew:event:*") == ["roadcrew:event:guid-1"]
    assert redis_client.get("roadcrew:event:guid-1") == event_to_json(changed("guid-1"))
    assert 0 < redis_client.ttl("roadcrew:event:guid-1") <= 7 * 24 * 3600


@pytest.mark.redis
def test_an_event_that_waits_is_not_sent_twice_and_one_that_ended_is(queue, turn, redis_client, ran):
    queue.put(changed("same"))
    queue.put(changed("same"))
    assert messages(redis_client) == 1
    turn.take("same")
    turn.take("same")
    assert [event.delivery for event in ran] == ["same"]
    assert state(queue, "same") is State.DONE
    queue.put(changed("same"))
    assert messages(redis_client) == 2
    turn.take("same")
    assert len(ran) == 2


@pytest.mark.redis
def test_promise_2_an_older_event_ends_as_superseded(queue, turn, ran):
    queue.put(changed("old"))
    queue.put(changed("new"))
    queue.put(closed("other"))
    for delivery in ("old", "new", "other"):
        turn.take(delivery)
    assert [event.delivery for event in ran] == ["new", "other"]
    assert state(queue, "old") is State.SUPERSEDED


@pytest.mark.redis
def test_the_event_that_stands_for_a_due_one_is_brought_forward(queue, turn, ran):
    queue.put(changed("old"))
    queue.put(changed("new"), after=3600)
    assert queue.release() == 0
    turn.take("old")
    assert queue.release() == 1
    turn.take("new")
    assert [event.delivery for event in ran] == ["new"]


@pytest.mark.redis
def test_a_busy_lock_key_waits_without_a_try_being_counted(queue, turn, redis_client, ran):
    queue.put(closed("waits"))
    with held(redis_client, f"work:{closed('waits').lock_key}", lease=60):
        turn.take("waits")
    standing = queue.ledger.standing("waits")
    assert (standing.state, standing.tries, standing.is_parked) == (State.WAITING, 0, True)
    until(lambda: queue.release() == 1)
    turn.take("waits")
    assert [event.delivery for event in ran] == ["waits"]


@pytest.mark.redis
def test_promise_2_one_lock_key_is_never_worked_on_twice_at_a_time(queue, redis_url):
    inside, most, guard = [], [], threading.Lock()

    def handle(event):
        with guard:
            inside.append(event)
            most.append(len(inside))
        time.sleep(0.002)  # gives another worker the chance to be wrong
        with guard:
            inside.remove(event)

    deliveries = [f"d{number}" for number in range(12)]
    for number, delivery in enumerate(deliveries):
        queue.put((changed if number % 2 else closed)(delivery))

    def work():
        with connect(redis_url) as client:
            mine = Turn(client, Work(handle))
            deadline = time.monotonic() + DEADLINE
            while queue.backlog().waiting and time.monotonic() < deadline:
                for delivery in deliveries:
                    mine.take(delivery)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE)
    assert set(most) == {1}
    assert {state(queue, delivery) for delivery in deliveries} == {State.DONE, State.SUPERSEDED}


class Time:
    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now


@pytest.mark.redis
def test_a_message_that_is_lost_is_sent_again(redis_client):
    clock = Time()
    ledger = Ledger(redis_client, clock=clock)
    assert ledger.open(changed("lost"), after=0)
    ledger.sent("lost", parks=0)
    clock.now += RESEND - 1
    assert ledger.release() == []
    clock.now += 1
    assert ledger.release() == [Released(changed("lost"), 0, is_doubtful=True)]
    assert ledger.release() == []


@pytest.mark.redis
def test_a_message_that_could_not_be_sent_is_sent_soon(queue, redis_client, monkeypatch):
    def broken(*args, **options):
        raise OperationalError("the connection was closed")

    with monkeypatch.context() as patched:
        patched.setattr(queue._app, "send_task", broken)
        with pytest.raises(Retry):
            queue.put(changed("unsent"))
    # GitHub's redelivery finds it waiting, and it must not wait for a message that never was.
    queue.put(changed("unsent"))
    assert queue.release() == 1
    assert messages(redis_client) == 1


@pytest.mark.redis
def test_who_says_late_that_a_message_was_sent_does_not_unpark_what_was_parked_since(redis_client):
    clock = Time()
    ledger = Ledger(redis_client, clock=clock)
    ledger.open(changed("quick"), after=0)
    ledger.wait_for_lock("quick", after=1)
    ledger.sent("quick", parks=0)
    clock.now += 1
    assert ledger.release() == [Released(changed("quick"), 1, is_doubtful=False)]


@pytest.mark.redis
def test_an_event_of_a_dead_worker_is_sent_again_after_its_lease_and_runs(redis_client, ran):
    clock = Time()
    ledger = Ledger(redis_client, clock=clock)
    ledger.open(changed("orphan"), after=0)
    ledger.begin("orphan", lease=60)
    assert ledger.backlog().running == 1
    clock.now += 61
    assert ledger.release() == [Released(changed("orphan"), 0, is_doubtful=False)]
    Turn(redis_client, Work(ran.append)).take("orphan")
    assert [event.delivery for event in ran] == ["orphan"]
    assert ledger.standing("orphan").tries == 2


@pytest.mark.redis
def test_a_worker_that_starts_sends_again_what_a_dead_one_may_have_taken_along(queue, redis_client):
    queue.put(changed("taken", 1))
    queue.put(changed("parked", 2), after=3600)
    queue.put(changed("runs", 3))
    queue.ledger.begin("runs", lease=60)
    redis_client.delete(queue_of(REPO))
    assert queue.release() == 0
    assert queue.release(early=True) == 1
    assert messages(redis_client) == 1


@pytest.mark.redis
def test_a_long_queue_is_not_made_longer(queue, redis_client):
    for number in range(SHORT_QUEUE):
        queue.put(changed(f"d{number}", number))
    assert queue.release(early=True) == 0
    assert messages(redis_client) == SHORT_QUEUE


@pytest.mark.redis
def test_an_orphan_that_finds_its_lock_taken_waits_on(queue, turn, redis_client, ran):
    queue.put(changed("orphan"))
    queue.ledger.begin("orphan", lease=0)
    with held(redis_client, f"work:{changed('orphan').lock_key}", lease=60):
        turn.take("orphan")
    assert queue.ledger.standing("orphan").is_parked
    turn.take("orphan")
    assert [event.delivery for event in ran] == ["orphan"]


@pytest.mark.redis
def test_a_doubled_message_of_an_event_that_runs_changes_nothing(queue, turn, redis_client, ran):
    queue.put(changed("runs"))
    queue.ledger.begin("runs", lease=60)
    with held(redis_client, f"work:{changed('runs').lock_key}", lease=60):
        turn.take("runs")
    assert ran == []
    assert state(queue, "runs") is State.RUNNING


@pytest.mark.redis
def test_a_doubled_message_of_an_event_that_ended_changes_nothing(queue, turn, redis_client, ran):
    queue.put(changed("over"))
    turn.take("over")
    with held(redis_client, f"work:{changed('over').lock_key}", lease=60):
        turn.take("over")
    assert state(queue, "over") is State.DONE
    assert queue.backlog().waiting == 0


@pytest.mark.redis
def test_an_event_that_kills_its_workers_is_given_up(queue, turn, redis_client, ran):
    queue.put(changed("poison"))
    for _ in range(MAX_TRIES):
        queue.ledger.begin("poison", lease=0)
    turn.take("poison")
    assert ran == []
    (failure,) = queue.backlog().failures
    assert failure.reason == f"Given up: workers died {MAX_TRIES} times at work on it."


@pytest.mark.redis
@pytest.mark.parametrize(
    ("error", "end", "reason"),
    [(Refused("The repo is archived."), State.REFUSED, "The repo is archived."), (None, State.DONE, "")],
)
def test_promise_1_an_event_ends_in_one_state_with_its_reason(queue, redis_client, error, end, reason):
    def handle(event):
        if error:
            raise error

    queue.put(changed("one"))
    Turn(redis_client, Work(handle)).take("one")
    assert state(queue, "one") is end
    assert redis_client.hget("roadcrew:job:one", "reason") == reason
    assert queue.backlog().waiting == 0


@pytest.mark.redis
def test_promise_1_retries_wait_and_bugs_are_given_up_and_told(queue, redis_client):
    told, raised = [], [Retry("GitHub is away.", after=0)] + [ZeroDivisionError()] * MAX_BUGS

    def handle(event):
        raise raised.pop(0)

    turn = Turn(redis_client, Work(handle, lambda event, reason: told.append(reason)), jitter=lambda: 0.0)
    queue.put(changed("bug"))
    while raised:
        assert state(queue, "bug") is State.WAITING
        turn.take("bug")
    assert state(queue, "bug") is State.FAILED
    reason = f"Given up after {MAX_BUGS + 1} tries. An unexpected ZeroDivisionError: the log tells more."
    assert told == [reason]
    assert [failure.reason for failure in queue.backlog().failures] == [reason]
    turn.tell_failures()
    assert told == [reason]


@pytest.mark.redis
def test_a_failure_that_could_not_be_told_is_told_later(queue, redis_client):
    told = []

    def cannot(event, reason):
        raise Retry("GitHub is away.")

    queue.put(changed("bug"))
    queue.ledger.end(changed("bug"), State.FAILED, "so it is")
    Turn(redis_client, Work(lambda event: None, cannot)).tell_failures()
    Turn(redis_client, Work(lambda event: None, lambda event, reason: told.append(reason))).tell_failures()
    assert told == ["so it is"]


@pytest.mark.redis
def test_what_was_refused_is_shown_too_and_told_to_nobody(queue):
    queue.put(changed("no"))
    queue.ledger.end(changed("no"), State.REFUSED, "The App is not installed.")
    backlog = queue.backlog()
    assert [failure.reason for failure in backlog.failures] == ["The App is not installed."]
    assert list(queue.ledger.untold()) == []


@pytest.mark.redis
def test_redeliver_wipes_the_failure(queue):
    queue.put(changed("bug"))
    queue.ledger.end(changed("bug"), State.FAILED, "so it is")
    queue.put(changed("bug"))
    backlog = queue.backlog()
    assert (backlog.waiting, backlog.failed, backlog.failures) == (1, 0, ())


@pytest.mark.redis
def test_promise_2_flushall_at_any_time_loses_only_time(queue, redis_client, ran):
    def handle(event):
        ran.append(event)
        redis_client.flushall()

    queue.put(changed("before"))
    redis_client.flushall()
    turn = Turn(redis_client, Work(handle))
    turn.take("before")
    assert ran == []
    assert queue.backlog().waiting == 0
    queue.put(changed("during"))
    turn.take("during")
    queue.put(changed("during"))
    queue.put(changed("after"))
    turn.take("during")
    turn.take("after")
    assert [event.delivery for event in ran] == ["during", "after"]
    assert queue.backlog().waiting == 0


@pytest.mark.redis
def test_of_many_sweeps_one_is_due(queue):
    assert [queue.is_sweep_due(3600) for _ in range(3)] == [True, False, False]
    assert [queue.is_look_due(3600) for _ in range(3)] == [True, False, False]


@pytest.mark.redis
def test_a_lock_has_one_holder_and_is_let_go(redis_url, redis_client):
    with connect(redis_url) as other:
        with held(redis_client, "one", lease=60) as mine, held(other, "one", lease=60) as theirs:
            assert (mine, theirs) == (True, False)
        with held(other, "one", lease=60) as theirs:
            assert theirs


@pytest.mark.redis
def test_a_lock_is_let_go_when_its_holder_fails(redis_client):
    with pytest.raises(ZeroDivisionError), held(redis_client, "one", lease=60):
        raise ZeroDivisionError
    assert redis_client.keys("roadcrew:lock:*") == []


@pytest.mark.redis
def test_a_lock_is_kept_while_it_is_held_and_taken_again_after_a_flush(redis_client):
    renewed = []
    with held(redis_client, "one", lease=0.4, kept=lambda: renewed.append(1)) as mine:
        assert mine
        until(lambda: len(renewed) > 4)
        redis_client.flushall()
        until(lambda: redis_client.exists("roadcrew:lock:one"))
    assert not redis_client.exists("roadcrew:lock:one")


@pytest.mark.redis
def test_a_flushed_lock_is_not_taken_from_the_next_holder(redis_client):
    with held(redis_client, "one", lease=60):
        redis_client.set("roadcrew:lock:one", "someone else")
    assert redis_client.get("roadcrew:lock:one") == "someone else"


def test_the_clients_waits_are_bounded():
    with connect("redis://127.0.0.1:1/0") as client:
        options = client.connection_pool.connection_kwargs
        assert options["socket_connect_timeout"] + options["socket_timeout"] < 10
        with pytest.raises(redis.exceptions.ConnectionError):
            client.ping()
