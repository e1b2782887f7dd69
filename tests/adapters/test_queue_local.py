"""The threads that work the SQLite queue off: each event to its end, each lock key one at a time."""

import threading
import time

import pytest

from bot.adapters.queue.attempt import MAX_BUGS, State
from bot.adapters.queue.local import LocalRunner
from bot.adapters.queue.sqlite import SqliteQueue
from bot.errors import Refused, Retry, UserError
from bot.model.event import LeasesDue, PullChanged, PullClosed, RepoRef, SweepDue
from bot.ports import Work

REPO = RepoRef(owner="acme", name="platform")
DEADLINE = 30.0


def changed(delivery, number=1):
    return PullChanged(delivery=delivery, repo=REPO, number=number)


def until(condition):
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.005)


class HurriedClock:
    """Time that runs thousands of times faster."""

    def __init__(self):
        self._start = time.time()

    def __call__(self):
        return self._start + (time.time() - self._start) * 20_000


@pytest.fixture
def hurried(path, monkeypatch):
    """A queue in which the waits between tries are over at once."""
    monkeypatch.setattr("bot.adapters.queue.local._IDLE", 0.01)
    with SqliteQueue(path, clock=HurriedClock(), lease=1e9) as queue:
        yield queue


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue.sqlite"


@pytest.fixture
def queue(path):
    with SqliteQueue(path) as queue:
        yield queue


def open_states(queue):
    return [state for state in queue.states().values() if state in (State.WAITING, State.RUNNING)]


def test_promise_1_every_event_ends_in_exactly_one_state(queue):
    def handle(event):
        match event.number:
            case 1:
                raise Refused("The repo is archived.")
            case 2:
                raise UserError("It is no YAML.", path="a.yaml")
            case _:
                return

    with LocalRunner(queue, Work(handle)):
        for number in range(4):
            queue.put(changed(f"d{number}", number))
        until(lambda: not open_states(queue))
    assert queue.states() == {
        "d0": State.DONE,
        "d1": State.REFUSED,
        "d2": State.REFUSED,
        "d3": State.DONE,
    }


def test_retries_and_bugs_are_tried_again_until_they_work(hurried):
    tries = {"limit": 0, "bug": 0}

    def handle(event):
        tries[event.delivery] += 1
        if tries[event.delivery] < 3:
            raise Retry("limit", after=1) if event.delivery == "limit" else ZeroDivisionError

    with LocalRunner(hurried, Work(handle)):
        hurried.put(changed("limit", 1))
        hurried.put(changed("bug", 2))
        until(lambda: not open_states(hurried))
        assert set(hurried.states().values()) == {State.DONE}
    assert tries == {"limit": 3, "bug": 3}


def test_promise_1_what_is_given_up_is_shown_and_told_once(hurried):
    told = []

    def handle(event):
        raise ZeroDivisionError

    work = Work(handle, lambda event, reason: told.append((event.delivery, reason)))
    with LocalRunner(hurried, work):
        hurried.put(changed("bug"))
        until(lambda: told)
        (failure,) = hurried.backlog().failures
    reason = f"Given up after {MAX_BUGS} tries. An unexpected ZeroDivisionError: the log tells more."
    assert told == [("bug", reason)]
    assert failure.reason == reason


def test_promise_1_a_failure_that_could_not_be_told_is_told_at_the_next_start(path):
    told = []
    with SqliteQueue(path) as queue:
        queue.put(changed("bug"))
        queue.end(queue.claim(), State.FAILED, "so it is")

    def cannot(event, reason):
        told.append("tried")
        raise Retry("GitHub is away.")

    def can(event, reason):
        told.append(reason)

    with SqliteQueue(path) as queue, LocalRunner(queue, Work(lambda event: None, cannot)):
        until(lambda: told)
    with SqliteQueue(path) as queue, LocalRunner(queue, Work(lambda event: None, can)):
        until(lambda: not queue.untold())
    assert told == ["tried", "so it is"]


def test_promise_2_one_lock_key_is_never_worked_on_by_two_threads(queue):
    inside, seen, guard = {}, [], threading.Lock()

    def handle(event):
        with guard:
            inside[event.lock_key] = inside.get(event.lock_key, 0) + 1
            seen.append(max(inside.values()))
        time.sleep(0.001)  # gives another thread the chance to be wrong
        with guard:
            inside[event.lock_key] -= 1

    with LocalRunner(queue, Work(handle), threads=8):
        for turn in range(40):
            number = turn % 3
            queue.put(changed(f"c{turn}", number))
            queue.put(PullClosed(delivery=f"x{turn}", repo=REPO, number=number))
        until(lambda: not open_states(queue))
    assert set(seen) == {1}
    states = list(queue.states().values())
    assert len(states) == 80
    assert set(states) <= {State.DONE, State.SUPERSEDED}


def test_promise_2_of_events_that_wait_only_the_newest_runs(queue):
    ran, running, go = [], threading.Event(), threading.Event()

    def handle(event):
        ran.append(event.delivery)
        running.set()
        go.wait(DEADLINE)

    with LocalRunner(queue, Work(handle)):
        queue.put(changed("first"))
        assert running.wait(DEADLINE)
        for delivery in ("second", "third", "fourth"):
            queue.put(changed(delivery))
        go.set()
        until(lambda: not open_states(queue))
    assert ran == ["first", "fourth"]


def test_a_sweep_is_put_at_the_start(queue):
    swept = []
    with LocalRunner(queue, Work(swept.append), sweep=REPO):
        until(lambda: swept)
    assert isinstance(swept[0], SweepDue)
    assert swept[0].repo == REPO


def test_the_leases_are_looked_at_again_and_again(queue):
    looked = []
    with LocalRunner(queue, Work(looked.append), sweep=REPO, lease_seconds=0.05):
        until(lambda: sum(isinstance(one, LeasesDue) for one in looked) > 1)


def test_idle_threads_stop_at_once_every_time(queue):
    started = time.monotonic()
    for _ in range(50):
        with LocalRunner(queue, Work(lambda event: None)):
            pass
    assert time.monotonic() - started < DEADLINE, "a stop was slept over"


def test_the_lease_of_long_work_is_kept(path):
    running, go, tries = threading.Event(), threading.Event(), []

    def handle(event):
        tries.append(event.delivery)
        running.set()
        go.wait(DEADLINE)

    # A lease of 0.2 seconds, and work that lasts until several have passed.
    with SqliteQueue(path, lease=0.2) as queue, LocalRunner(queue, Work(handle), threads=2):
        queue.put(changed("long"))
        assert running.wait(DEADLINE)
        extended = []
        until(lambda: extended.append(lease_of(queue)) or len(set(extended)) >= 5)
        go.set()
        until(lambda: not open_states(queue))
    assert tries == ["long"]


def lease_of(queue):
    with queue._transaction() as db:
        return db.execute("SELECT lease_until FROM job").fetchone()[0]


def test_stopping_lets_work_end_and_gives_back_what_does_not(path):
    running, go = threading.Event(), threading.Event()

    def handle(event):
        if event.delivery == "slow":
            running.set()
            go.wait(DEADLINE)

    with SqliteQueue(path) as queue:
        runner = LocalRunner(queue, Work(handle))
        runner.__enter__()
        queue.put(changed("quick", 1))
        queue.put(changed("slow", 2))
        assert running.wait(DEADLINE)
        until(lambda: queue.states()["quick"] is State.DONE)
        runner.stop(seconds=0.05)
        assert queue.states()["slow"] is State.WAITING
        job = queue.claim()
        assert (job.event.delivery, job.tries) == ("slow", 1)
        go.set()
        runner.stop()
        assert queue.states()["slow"] is State.RUNNING, "the stopped thread has no say any more"
