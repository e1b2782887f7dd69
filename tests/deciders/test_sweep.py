"""`sweep`: whatever was lost, the events that the world owes are in the queue again."""

from bot.deciders.decider import Branch, Delivered, FailedDelivery
from bot.deciders.sweep import plan_sweep
from bot.model.event import Commanded, LeasesDue, PullChanged, PullClosed, Pushed, SweepDue
from bot.model.plan import Enqueue, Redeliver
from bot.model.pull import OpenPull, Person
from bot.model.spot import Spot
from bot.model.thread import Answered, Written
from tests.platforms import HEAD_SHA, NOW, REPO, snapshot

SWEEP = SweepDue(delivery="s", repo=REPO)


def events(**facts):
    effects = plan_sweep(SWEEP, snapshot(**facts)).effects
    return [effect.event for effect in effects if isinstance(effect, Enqueue)]


def test_promise_2_the_default_branch_and_open_pulls_are_looked_at_again():
    assert events(open_pulls=(OpenPull(7, HEAD_SHA, "main"),)) == [
        Pushed(delivery="s/push", repo=REPO, branch="main"),
        LeasesDue(delivery="s/leases", repo=REPO),
        PullChanged(delivery="s/pull/7", repo=REPO, number=7),
    ]


def test_promise_2_the_environments_are_looked_at_again_and_pulls_to_them_with_them():
    first = Branch("env/dev", None, None)
    found = events(first_environment=first, open_pulls=(OpenPull(8, HEAD_SHA, "env/prod"),))
    assert found == [
        Pushed(delivery="s/push", repo=REPO, branch="main"),
        LeasesDue(delivery="s/leases", repo=REPO),
        Pushed(delivery="s/stages", repo=REPO, branch="env/dev"),
    ]


def test_promise_1_a_pull_that_was_delivered_is_told_even_if_all_was_lost_after_the_push():
    made = [Delivered(str(n) * 40, "c" * 40, pulls=(n, n + 10), components=()) for n in range(9)]
    told = [event.number for event in events(delivered=tuple(made)) if isinstance(event, PullClosed)]
    assert told == [0, 1, 2, 3, 4, 10, 11, 12, 13, 14], "those of the newest five"


def test_a_failed_delivery_is_asked_for_again_a_few_times():
    failed = tuple(FailedDelivery(id=n, guid=str(n), tries=n) for n in (1, 2, 3))
    effects = plan_sweep(SWEEP, snapshot(failed_deliveries=failed)).effects
    assert [one.delivery_id for one in effects if isinstance(one, Redeliver)] == [1, 2]


def test_promise_1_commands_that_nobody_ended_come_back_under_one_name():
    one = Answered(Written(Spot(7, "comment", 5), Person("developer"), "/plan", NOW), ("eyes",))
    issue = Answered(Written(Spot(8, "comment", 6), Person("developer"), "/help", NOW, is_pull=False))
    found = [event for event in events(overdue=(one, issue)) if isinstance(event, Commanded)]
    assert found == [
        Commanded(delivery="overdue/comment/5", repo=REPO, number=7, id=5),
        Commanded(delivery="overdue/comment/6", repo=REPO, number=8, id=6, is_pull=False),
    ]
