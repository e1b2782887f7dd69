"""Promise 9: GitHub's write limits are kept before GitHub must, by all workers together, answers first.

The stage's GitHub has its secondary limits switched on. Where a minute would be too long, its limits' clock runs
ten times as fast and the bot's own limits are for as short a time.
"""

import time
from contextlib import closing

import pytest

from bot.adapters.budget import WRITE_LIMITS, Priority
from bot.errors import Retry
from bot.localhub.front import Seen
from bot.localhub.limits import Limits
from bot.wiring import build_forge
from tests.journeys.processes import Processes
from tests.journeys.troupe import NAME, REPO, Troupe, until
from tests.journeys.worlds import DEV
from tests.platforms import component

PULLS = 8
SPEED = 10
MINUTE = 60 / SPEED
"""Seconds of a minute on the fast clock."""
MOST = 6
FAST_LIMITS = f"{MOST}/{MINUTE:.0f} second"
SLACK = 2.0
"""Seconds that a request may take to arrive, when others have none to wait for."""


class Pace:
    """When writes arrived at the hub."""

    def __init__(self, hub):
        self.times = []
        server = hub._server
        server.application = self._around(server.application)

    def _around(self, app):
        def timed(environ, start_response):
            seen = Seen(environ["REQUEST_METHOD"], environ["PATH_INFO"], 0)
            if seen.is_write and "access_tokens" not in seen.path and "/git-" not in seen.path:
                self.times.append(time.monotonic())
            return app(environ, start_response)

        return timed

    def most_in(self, seconds):
        """The highest number of writes within any such time."""
        return max(len([one for one in self.times if start <= one < start + seconds]) for start in self.times)


@pytest.fixture
def strict(tmp_path, app_key):
    """A troupe on a GitHub whose minute lasts six seconds and takes six comments."""
    began = time.time()
    players = Troupe(tmp_path, app_key)
    players.hub.limits = Limits(lambda: began + (time.time() - began) * SPEED)
    players.hub.limits.settings.content_a_minute = MOST
    with players:
        yield players


def open_many(troupe, number=PULLS):
    return [
        troupe.open({f"catalog/part-{n}.yaml": component(f"part-{n}")}, branch=f"change-{n}")
        for n in range(number)
    ]


def refusals(troupe):
    return [one for one in troupe.hub.requests.all() if one.status in {403, 429}]


def all_done(troupe, numbers):
    return [troupe.conclusion(number) for number in numbers] == ["success"] * len(numbers) and all(
        len(troupe.bodies(number)) == 1 for number in numbers
    )


def test_promise_9_many_pull_requests_at_once_trip_no_limit_and_all_are_answered(strict):
    with strict.bot(write_limits=FAST_LIMITS) as queue:
        pace = Pace(strict.hub)
        numbers = open_many(strict)
        budget = "write budget"
        until(lambda: any(budget in reason for _, reason in strict.waiting().values()), "work put back")
        strict.settle(queue)
        assert all_done(strict, numbers)
        assert refusals(strict) == []
        assert len(pace.times) == 2 * PULLS
        assert pace.most_in(MINUTE - SLACK) <= MOST


def test_without_limits_of_its_own_the_bot_would_be_refused(strict):
    with strict.bot():
        open_many(strict)
        until(lambda: refusals(strict), "a refusal")


def test_promise_9_the_limits_are_githubs_own_by_default(troupe):
    troupe.hub.limits.settings.like_github()
    with troupe.bot(write_limits=WRITE_LIMITS) as queue:
        pace = Pace(troupe.hub)
        numbers = open_many(troupe, 4)
        troupe.settle(queue)
        assert all_done(troupe, numbers)
        assert refusals(troupe) == []
        assert len(pace.times) == 8
        assert pace.most_in(4.0) <= 4 + SLACK, "one a second"


@pytest.mark.redis
def test_promise_9_a_campaign_leaves_the_last_writes_to_answers(troupe, redis_url):
    limits = {"redis_url": redis_url, "write_limits": "10/minute"}
    with closing(build_forge(troupe.settings(**limits))) as forge:
        campaign = forge.at(Priority.CAMPAIGN)
        marker = "<!-- campaign -->"
        other = troupe.open({"README.md": "# hello\n"}, branch="other")
        made = campaign.create_comment(REPO, other, f"{marker} 0", marker=marker)
        for number in range(1, 8):
            campaign.edit_comment(REPO, made.id, f"{marker} {number}")
        with pytest.raises(Retry):
            campaign.edit_comment(REPO, made.id, f"{marker} 8")
        with troupe.bot(**limits):
            number = troupe.open({"catalog/cart.yaml": component("cart")})
            until(lambda: all_done(troupe, [number]), "an answer from what is left")
        with pytest.raises(Retry):
            campaign.edit_comment(REPO, made.id, f"{marker} 9")
    assert refusals(troupe) == []


@pytest.mark.redis
def test_promise_9_two_worker_processes_share_one_budget(strict, redis_url):
    with Processes(strict, redis_url, write_limits=FAST_LIMITS) as processes:
        processes.start("serve")
        processes.start("worker")
        processes.work("worker")
        assert DEV in strict.hub.branches(NAME)
        pace = Pace(strict.hub)
        numbers = open_many(strict)
        until(lambda: all_done(strict, numbers), "all answers", seconds=110)
        processes.settle()
        assert refusals(strict) == []
        assert len(pace.times) == 2 * PULLS
        assert pace.most_in(MINUTE - SLACK) <= MOST
