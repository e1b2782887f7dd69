"""Promise 9: one write budget for all workers of an installation, by priority, waiting in the queue."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.budget import PATIENCE, Priority, SharedBudget
from bot.errors import Retry

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def budget(limits="3/minute", **options):
    naps: list[float] = []
    made = SharedBudget(
        options.pop("storage", "memory://"), clock=lambda: NOW, limits=limits, sleep=naps.append, **options
    )
    return made, naps


def test_promise_9_a_spent_budget_puts_the_work_back_with_its_time():
    taken, naps = budget("3/minute")
    for _ in range(3):
        taken.take(7, Priority.ANSWER)
    with pytest.raises(Retry) as refused:
        taken.take(7, Priority.ANSWER)
    assert 55 < refused.value.after <= 60
    assert naps == []


def test_promise_9_installations_do_not_share():
    taken, _ = budget("1/minute")
    taken.take(7, Priority.ANSWER)
    taken.take(8, Priority.ANSWER)
    with pytest.raises(Retry):
        taken.take(7, Priority.ANSWER)


def test_promise_9_campaigns_leave_a_fifth_to_answers():
    taken, _ = budget("10/minute")
    for _ in range(8):
        taken.take(7, Priority.CAMPAIGN)
    with pytest.raises(Retry):
        taken.take(7, Priority.CAMPAIGN)
    taken.take(7, Priority.ANSWER)
    taken.take(7, Priority.ANSWER)
    with pytest.raises(Retry):
        taken.take(7, Priority.ANSWER)


def test_promise_9_one_write_a_second_is_slept_on_and_no_longer_than_two():
    shared = SharedBudget(clock=lambda: NOW, limits="1/second")
    began = time.monotonic()
    for _ in range(3):
        shared.take(7, Priority.ANSWER)
    assert 1.9 <= time.monotonic() - began < 4


def test_a_turn_that_never_comes_ends_in_the_queue():
    taken, naps = budget("1/second")
    taken.take(7, Priority.ANSWER)
    with pytest.raises(Retry) as refused:  # no time passes while this one sleeps
        taken.take(7, Priority.ANSWER)
    assert sum(naps) <= PATIENCE
    assert refused.value.after <= PATIENCE


def test_a_refused_turn_costs_nothing_in_the_longer_windows():
    taken, _ = budget("2/hour;1/minute")
    taken.take(7, Priority.ANSWER)
    for _ in range(5):
        with pytest.raises(Retry) as refused:
            taken.take(7, Priority.ANSWER)
        assert refused.value.after <= 60, "the hour must still have room"


def test_the_last_calls_of_the_hour_are_for_answers():
    taken, _ = budget(floor=500)
    taken.saw(7, remaining=500, reset=NOW + timedelta(minutes=10))
    taken.call(7, Priority.ANSWER)
    with pytest.raises(Retry) as refused:
        taken.call(7, Priority.CAMPAIGN)
    assert refused.value.after == 601
    taken.saw(7, remaining=4000, reset=NOW + timedelta(minutes=70))
    taken.call(7, Priority.CAMPAIGN)


def test_calls_flow_again_when_the_hour_is_over():
    taken, _ = budget()
    taken.saw(7, remaining=0, reset=NOW - timedelta(seconds=1))
    taken.call(7, Priority.CAMPAIGN)


def test_nothing_is_sent_while_github_wants_quiet():
    taken, _ = budget()
    taken.pause(7, seconds=30)
    taken.pause(7, seconds=10)
    with pytest.raises(Retry) as refused:
        taken.call(7, Priority.ANSWER)
    assert refused.value.after == 30
    taken.call(8, Priority.ANSWER)


@pytest.mark.redis
def test_promise_9_workers_on_one_redis_share_the_budget(redis_url):
    one, _ = budget("10/minute", storage=redis_url)
    other, _ = budget("10/minute", storage=redis_url)
    try:
        for _ in range(4):
            one.take(7, Priority.CAMPAIGN)
            other.take(7, Priority.CAMPAIGN)
        for worker in (one, other):
            with pytest.raises(Retry):
                worker.take(7, Priority.CAMPAIGN)
        one.take(7, Priority.ANSWER)
        other.take(7, Priority.ANSWER)
        for worker in (one, other):
            with pytest.raises(Retry) as refused:
                worker.take(7, Priority.ANSWER)
            assert 50 < refused.value.after <= 60
    finally:
        one.close()
        other.close()


def test_a_budget_that_cannot_be_reached_is_a_retry():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away, _ = budget(storage=f"redis://127.0.0.1:{port}/0")
    with pytest.raises(Retry):
        away.take(7, Priority.ANSWER)
    away.close()
