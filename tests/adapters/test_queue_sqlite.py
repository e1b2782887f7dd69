"""The SQLite queue by itself: what is put once, in which order it comes, and what survives."""

import sqlite3
import threading

import pytest

from bot.adapters.queue.attempt import MAX_TRIES, State
from bot.adapters.queue.sqlite import REMEMBERED, SqliteQueue
from bot.errors import Retry, UserError
from bot.model.event import Installed, PullChanged, PullClosed, Pushed, RepoRef

REPO = RepoRef(owner="acme", name="platform")


def changed(delivery, number=1):
    return PullChanged(delivery=delivery, repo=REPO, number=number)


def closed(delivery, number=1):
    return PullClosed(delivery=delivery, repo=REPO, number=number)


class Time:
    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Time()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "queue.sqlite"


@pytest.fixture
def queue(path, clock):
    with SqliteQueue(path, clock=clock) as queue:
        yield queue


def claimed(queue):
    job = queue.claim()
    return job and job.event.delivery


def test_what_is_put_comes_out_once_and_in_the_order_of_its_time(queue, clock):
    queue.put(changed("late", 1), after=10)
    queue.put(changed("one", 2))
    clock.now += 1
    queue.put(changed("two", 3))
    assert [claimed(queue), claimed(queue), claimed(queue)] == ["one", "two", None]
    clock.now += 9
    assert claimed(queue) == "late"


def test_an_event_that_waits_or_runs_is_not_put_twice(queue):
    queue.put(changed("same"))
    queue.put(changed("same"))
    assert queue.backlog().waiting == 1
    job = queue.claim()
    queue.put(changed("same"))
    assert queue.backlog().waiting == 0
    assert queue.end(job, State.DONE)
    assert queue.claim() is None


@pytest.mark.parametrize("end", [State.DONE, State.FAILED, State.REFUSED])
def test_githubs_redeliver_button_works_again_on_an_event_that_ended(queue, end):
    queue.put(changed("same"))
    queue.end(queue.claim(), end, "so it was")
    queue.put(changed("same"))
    job = queue.claim()
    assert (job.event.delivery, job.tries, job.bugs) == ("same", 1, 0)


def test_a_redelivery_brings_a_waiting_event_forward(queue):
    queue.put(changed("same"), after=600)
    assert queue.claim() is None
    queue.put(changed("same"))
    assert claimed(queue) == "same"


def test_only_the_newest_of_waiting_events_runs(queue):
    for delivery in ("a", "b", "c"):
        queue.put(changed(delivery))
    queue.put(closed("other-kind"))
    queue.put(changed("other-pull", 2))
    assert queue.states() == {
        "a": State.SUPERSEDED,
        "b": State.SUPERSEDED,
        "c": State.WAITING,
        "other-kind": State.WAITING,
        "other-pull": State.WAITING,
    }


def test_a_newer_event_does_not_wait_longer_than_the_one_it_stands_for(queue):
    queue.put(changed("now"))
    queue.put(changed("later"), after=600)
    assert claimed(queue) == "later"


def test_a_newer_event_waits_for_the_running_one_and_then_runs(queue):
    queue.put(changed("first"))
    first = queue.claim()
    queue.put(changed("second"))
    queue.put(closed("third"))
    queue.put(changed("elsewhere", 2))
    assert claimed(queue) == "elsewhere"
    assert queue.claim() is None
    queue.end(first, State.DONE)
    assert claimed(queue) == "second"


def test_a_retried_event_gives_way_to_a_newer_one(queue):
    queue.put(changed("first"))
    first = queue.claim()
    queue.put(changed("second"))
    assert queue.retry(first, after=0, reason="GitHub is away")
    assert queue.states() == {"first": State.SUPERSEDED, "second": State.WAITING}


def test_a_retried_event_comes_back_with_its_counts(queue, clock):
    queue.put(changed("first"))
    queue.retry(queue.claim(), after=5, reason="bug", is_bug=True)
    assert queue.claim() is None
    clock.now += 5
    job = queue.claim()
    assert (job.tries, job.bugs) == (2, 1)


def test_a_lease_that_ran_out_is_taken_over_and_the_old_holder_is_fenced_off(queue, clock):
    queue.put(changed("slow"))
    old = queue.claim()
    clock.now += queue.lease - 1
    assert queue.extend(old)
    clock.now += queue.lease - 1
    assert queue.claim() is None
    clock.now += 1
    new = queue.claim()
    assert new.event == old.event
    assert not queue.extend(old)
    assert not queue.end(old, State.DONE)
    assert not queue.retry(old, after=0, reason="")
    assert queue.states() == {"slow": State.RUNNING}
    assert queue.end(new, State.DONE)


def test_a_job_of_an_earlier_round_cannot_end_the_same_event_put_anew(queue, clock):
    queue.put(changed("same"))
    stale = queue.claim()
    clock.now += queue.lease
    queue.end(queue.claim(), State.DONE)
    queue.put(changed("same"))
    queue.claim()
    assert not queue.end(stale, State.DONE)


def test_a_closed_queue_has_its_work_when_it_is_opened_again(path):
    with SqliteQueue(path) as queue:
        queue.put(changed("waits", 1))
        queue.put(changed("runs", 2))
        queue.put(changed("done", 3))
        while (job := queue.claim()) is not None:
            if job.event.delivery == "waits":
                queue.give_back(job)
                break
        assert claimed(queue) == "waits"
        assert claimed(queue) == "runs"
        queue.end(queue.claim(), State.DONE)
    with SqliteQueue(path) as queue:
        assert queue.backlog().running == 0
        assert {claimed(queue), claimed(queue), claimed(queue)} == {"waits", "runs", None}


def test_of_a_dead_process_the_older_event_gives_way_too(path):
    with SqliteQueue(path) as queue:
        queue.put(changed("first"))
        queue.claim()
        queue.put(changed("second"))
    with SqliteQueue(path) as queue:
        assert queue.states() == {"first": State.SUPERSEDED, "second": State.WAITING}


def test_an_event_that_kills_the_process_each_time_is_given_up(path):
    with SqliteQueue(path) as queue:
        queue.put(changed("poison"))
    for _ in range(MAX_TRIES):
        with SqliteQueue(path) as queue:
            assert claimed(queue) == "poison"
    with SqliteQueue(path) as queue:
        assert queue.claim() is None
        (failure,) = queue.backlog().failures
        assert failure.reason == f"Given up: the process died {MAX_TRIES} times at work on it."
        assert [event.delivery for _, event, _ in queue.untold()] == ["poison"]


def test_a_second_process_on_the_same_file_is_refused_with_a_sentence(queue, path):
    with pytest.raises(UserError, match="Another Roadcrew process works on the queue") as refusal:
        SqliteQueue(path)
    assert "ROADCREW_CACHE_DIR" in refusal.value.fix


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="The queue cannot be kept at"):
        SqliteQueue(tmp_path / "file" / "queue.sqlite")


def test_a_damaged_file_is_put_aside(path, caplog):
    path.parent.mkdir()
    path.write_bytes(b"this is no database, " * 500)
    with SqliteQueue(path) as queue:
        queue.put(changed("new"))
        assert claimed(queue) == "new"
    assert path.with_name("queue.sqlite.damaged").exists()
    assert "is damaged" in caplog.text


def test_an_event_of_another_version_ends_as_failed_and_stops_nobody(queue, path, caplog):
    queue.put(changed("old"))
    queue.put(Installed(delivery="new", repo=REPO))
    with sqlite3.connect(path) as db:
        db.execute("UPDATE job SET payload = '{\"kind\": \"gone\"}' WHERE id = 'old'")
    db.close()
    assert claimed(queue) == "new"
    assert queue.states()["old"] == State.FAILED
    assert queue.untold() == ()


def test_what_was_refused_is_shown_too_and_told_to_nobody(queue):
    queue.put(changed("d1", 1))
    queue.end(queue.claim(), State.REFUSED, "The App is not installed.")
    backlog = queue.backlog()
    assert backlog.failed == 1
    assert [failure.reason for failure in backlog.failures] == ["The App is not installed."]
    assert queue.untold() == ()


def test_failures_are_told_once_and_shown_newest_first(queue, clock):
    for number in (1, 2):
        queue.put(changed(f"d{number}", number))
        queue.end(queue.claim(), State.FAILED, f"reason {number}")
        clock.now += 1
    backlog = queue.backlog()
    assert backlog.failed == 2
    assert [(f.delivery, f.kind, f.reason) for f in backlog.failures] == [
        ("d2", "pull_changed", "reason 2"),
        ("d1", "pull_changed", "reason 1"),
    ]
    ((seq, event, reason), _) = queue.untold()
    assert (event.delivery, reason) == ("d1", "reason 1")
    queue.mark_told(seq)
    assert [event.delivery for _, event, _ in queue.untold()] == ["d2"]


def test_what_ended_is_forgotten_after_three_days_and_what_waits_never(queue, clock):
    queue.put(changed("ended", 1))
    queue.end(queue.claim(), State.DONE)
    queue.put(changed("waits", 2), after=REMEMBERED * 10)
    clock.now += REMEMBERED + 1
    assert queue.prune() == 1
    assert queue.states() == {"waits": State.WAITING}


def test_a_queue_that_cannot_be_written_says_try_again(path):
    queue = SqliteQueue(path)
    queue.close()
    with pytest.raises(Retry, match="is away"):
        queue.put(changed("lost"))


def test_a_waiting_taker_is_woken_by_a_put(queue):
    taken = []
    started = threading.Event()

    def take():
        started.set()
        taken.append(queue.take(wait=60))

    taker = threading.Thread(target=take)
    taker.start()
    started.wait(10)
    queue.put(Pushed(delivery="push", repo=REPO, branch="main"))
    taker.join(10)
    assert not taker.is_alive()
    assert taken[0].event.delivery == "push"


def test_many_threads_put_and_nothing_is_lost_or_doubled(queue):
    def put(part):
        for number in range(25):
            queue.put(changed(f"{part}-{number}", number=part * 100 + number))

    putters = [threading.Thread(target=put, args=(part,)) for part in range(4)]
    for thread in putters:
        thread.start()
    for thread in putters:
        thread.join(30)
    deliveries = set()
    while (job := queue.claim()) is not None:
        deliveries.add(job.event.delivery)
        queue.end(job, State.DONE)
    assert len(deliveries) == 100
