"""How one try ends, and how long the next one waits."""

import pytest

from bot.adapters.queue.attempt import (
    MAX_BUGS,
    MAX_TRIES,
    Again,
    Ended,
    State,
    attempt,
    settled,
    tell,
)
from bot.errors import Refused, Retry, UserError
from bot.model.event import LeasesDue, PullChanged, RepoRef
from bot.ports import Work

EVENT = PullChanged(delivery="guid-1", repo=RepoRef(owner="acme", name="platform"), number=1)


def raising(error):
    def handle(event):
        raise error

    return Work(handle)


def test_a_handler_that_returns_is_done():
    assert attempt(Work(lambda event: None), EVENT) == Ended(State.DONE)


def test_what_comes_three_times_a_minute_does_not_fill_the_log(caplog):
    tick = LeasesDue(delivery="guid-2", repo=EVENT.repo)
    with caplog.at_level("INFO"):
        assert [attempt(Work(lambda event: None), one) for one in (tick, EVENT)] == [Ended(State.DONE)] * 2
    assert [one.args[0] for one in caplog.records] == ["guid-1"]


def test_retry_is_tried_again_when_the_world_asked_for_it():
    assert attempt(raising(Retry("rate limit", after=61)), EVENT) == Again("rate limit", 61)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Refused("The repo is archived."), "The repo is archived."),
        (
            UserError("It is no YAML.", path="a.yaml", line=3, fix="Mend it."),
            "a.yaml:3: It is no YAML. Mend it.",
        ),
    ],
)
def test_refused_and_user_errors_end_it_with_their_reason(error, reason):
    assert attempt(raising(error), EVENT) == Ended(State.REFUSED, reason)


def test_an_unexpected_error_is_a_bug_and_shows_no_message_that_may_hold_a_secret(caplog):
    result = attempt(raising(ZeroDivisionError("token ghs_secret")), EVENT)
    assert result == Again("An unexpected ZeroDivisionError: the log tells more.", is_bug=True)
    assert "delivery=guid-1" in caplog.text


def test_telling_never_raises(caplog):
    def failed(event, reason):
        raise ZeroDivisionError

    assert not tell(Work(lambda event: None, failed), EVENT, "so it is")
    assert tell(Work(lambda event: None), EVENT, "so it is")


def waits(again):
    """The waits of an event that always ends so, and the end of it."""
    waited = []
    for tries in range(1, 100):
        result = settled(again, tries=tries, bugs=tries - 1 if again.is_bug else 0, jitter=0.0)
        if isinstance(result, Ended):
            return waited, result
        waited.append(result.after)
    raise AssertionError("it never gives up")


def test_an_end_is_an_end():
    assert settled(Ended(State.REFUSED, "no"), tries=1, bugs=0, jitter=0.5) == Ended(State.REFUSED, "no")


def test_retries_last_about_a_day_and_then_end():
    waited, end = waits(Again("GitHub is away.", 3.0))
    assert len(waited) == MAX_TRIES - 1
    assert waited[:3] == [3.0, 3.0, 3.0]
    assert 15 * 3600 < sum(waited) < 24 * 3600
    assert end == Ended(State.FAILED, "Given up after 20 tries. GitHub is away.")


def test_bugs_end_after_some_minutes():
    waited, end = waits(Again("A bug.", is_bug=True))
    assert waited == [5.0, 25.0, 125.0, 625.0]
    assert end == Ended(State.FAILED, f"Given up after {MAX_BUGS} tries. A bug.")


def test_the_wait_is_never_shorter_than_asked_for_and_jitter_only_adds():
    for jitter in (0.0, 0.5, 1.0):
        result = settled(Again("limit", 3600.0), tries=1, bugs=0, jitter=jitter)
        assert 3600 <= result.after <= 4500
