"""Promises 1 and 2 by force: the bot is killed with -9 at every single write, before GitHub has it and after.

Started again it must end in the world of a day on which nothing happened: nothing missing, nothing twice.
"""

import pytest

from tests.journeys.moments import at_every_moment
from tests.journeys.processes import Processes, Trap
from tests.journeys.troupe import NAME, Troupe
from tests.journeys.worlds import DEV, world
from tests.platforms import component

MISTAKES = 120
"""Three batches of annotations."""
REVIEW_WRITES = 4
"""The comment, the check run with its first annotations, and two batches more."""
MERGE_WRITES = 3
"""The push, the comment's edit, the check run on the merged commit."""
POINTS = [
    *[("review", number + 1) for number in range(REVIEW_WRITES)],
    *[("merge", number + 1) for number in range(MERGE_WRITES)],
]


def propose_mistakes(troupe):
    files = "---\n".join(component(f"part-{number}", owner="nobody") for number in range(MISTAKES))
    troupe.open({"catalog/parts.yaml": files})


def merge(troupe):
    troupe.merge(1)


def propose_cart(troupe):
    troupe.open({"catalog/cart.yaml": component("cart", size=3)})


STORIES = {"review": (None, propose_mistakes), "merge": (propose_cart, merge)}
"""What is settled before, and the deed in whose course the bot dies."""


def begin(troupe, processes, story, role="serve"):
    """The first delivery is made, and what else must be settled before; then the process that works."""
    process = processes.work(role)
    assert DEV in troupe.hub.branches(NAME)
    before, _ = STORIES[story]
    if before:
        before(troupe)
        processes.settle()
    troupe.hub.requests.clear()
    return process


def is_write(seen):
    return seen.is_write and "access_tokens" not in seen.path


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory, app_key):
    """The world that each story ends in when nobody is killed, and how many writes it takes."""
    ends = {}

    def end(story):
        if story not in ends:
            folder = tmp_path_factory.mktemp("unharmed")
            with Troupe(folder, app_key) as troupe, Processes(troupe) as processes:
                begin(troupe, processes, story)
                STORIES[story][1](troupe)
                processes.settle()
                ends[story] = world(troupe, 1), len([*filter(is_write, troupe.hub.requests.all())])
        return ends[story]

    return end


@pytest.mark.parametrize(("story", "writes"), [("review", REVIEW_WRITES), ("merge", MERGE_WRITES)])
def test_the_points_below_are_all_there_are(unharmed, story, writes):
    assert unharmed(story)[1] == writes, "a write more or less is a point more or less to be killed at"


def test_unharmed_the_stories_come_to_what_they_are_about(unharmed):
    found, _ = unharmed("review")
    (run,) = found["head"]
    assert (run["conclusion"], len(run["annotations"])) == ("failure", MISTAKES)
    assert len(found["comments"]) == 1
    found, _ = unharmed("merge")
    assert [run["conclusion"] for run in found["head"] + found["main"]] == ["success", "success"]
    assert "Delivered" in found["comments"][0]
    assert len(found["commits"]) == 2


@pytest.mark.parametrize(("story", "number", "moment", "cache"), at_every_moment(POINTS))
def test_promise_1_killed_at_any_write_it_ends_the_same(troupe, unharmed, story, number, moment, cache):
    with Processes(troupe) as processes:
        process = begin(troupe, processes, story)
        trap = Trap(troupe, number, moment)
        STORIES[story][1](troupe)
        trap.wait()
        processes.kill(process)
        trap.release()
        if cache == "lost":
            processes.forget()
        processes.work()
        assert world(troupe, 1) == unharmed(story)[0]


@pytest.mark.redis
@pytest.mark.parametrize(
    ("number", "moment"),
    at_every_moment([(number + 1,) for number in range(MERGE_WRITES)], [("before",), ("after",)]),
)
def test_promise_1_a_killed_workers_work_is_done_by_the_next(troupe, unharmed, redis_url, number, moment):
    with Processes(troupe, redis_url) as processes:
        processes.start("serve")
        worker = begin(troupe, processes, "merge", "hasty-worker")
        trap = Trap(troupe, number, moment)
        merge(troupe)
        trap.wait()
        processes.kill(worker)
        trap.release()
        processes.work("hasty-worker")
        assert world(troupe, 1) == unharmed("merge")[0]


@pytest.mark.redis
@pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.soak)])
def test_promise_2_flushall_in_the_middle_is_made_good_by_the_next_sweep(troupe, unharmed, redis_url, number):
    with Processes(troupe, redis_url, sweep_seconds=10) as processes:
        processes.start("serve")
        begin(troupe, processes, "merge", "worker")
        trap = Trap(troupe, number, "after")
        merge(troupe)
        trap.wait()
        processes.flush()
        trap.release()
        processes.swept()
        assert world(troupe, 1) == unharmed("merge")[0]
