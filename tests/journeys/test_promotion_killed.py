"""Promise 1 for promotions and mends: killed with -9 at every write, started again, the same world in the end."""

import json
import re

import pytest

from tests.journeys.moments import at_every_moment
from tests.journeys.processes import Processes, Trap
from tests.journeys.test_killed import is_write
from tests.journeys.troupe import NAME, Troupe
from tests.journeys.worlds import DEV, renamer
from tests.platforms import PLATFORM, component

PROMOTE = "promote/prod/shop"
BY = "platform-lead"


def change_two(troupe):
    files = {"catalog/cart.yaml": component("cart"), "catalog/shop.yaml": component("shop", size=2)}
    troupe.change("main", files, by=BY)


def change_by_hand(troupe):
    troupe.change(DEV, {"shop/configmap-shop.yaml": "by: hand\n"}, by=BY)


def merge(troupe):
    (number,) = [pull.number for pull in troupe.hub.pulls(NAME) if pull.head_ref == PROMOTE]
    troupe.hub.merge(NAME, number, by="reviewer")


STORIES = {
    # The delivery, its check run; then for each of the two the branch and the pull request.
    "two components change": (change_two, 6),
    "a change by hand": (change_by_hand, 2),
    "a promotion is merged": (merge, 1),
}
POINTS = [(story, number + 1) for story, (_, writes) in STORIES.items() for number in range(writes)]


def world(troupe):
    """Branches with their files, and all pull requests."""
    rename = renamer(troupe)
    hub = troupe.hub
    found = {
        "branches": {
            name: {path: data.decode() for path, data in hub.files(NAME, name).items()}
            for name in hub.branches(NAME)
        },
        "pulls": [
            (pull.number, pull.state, pull.head_ref, pull.base_ref, pull.title, pull.body)
            for pull in sorted(hub.pulls(NAME, "all"), key=lambda one: one.number)
        ],
    }
    # YAML quotes a sha that begins like a number, and only then.
    text = re.sub(r'commit: \\"(<[^>]+>)\\"', r"commit: \1", rename(json.dumps(found)))
    # Hidden lines hold sums of words and trees with commits in them, which no two runs share.
    return json.loads(re.sub(r"<!-- roadcrew:.*?-->", "<!-- -->", text))


def begin(troupe, processes):
    process = processes.work()
    assert PROMOTE in troupe.hub.branches(NAME)
    troupe.hub.requests.clear()
    return process


@pytest.fixture
def troupe(tmp_path, app_key):
    with Troupe(tmp_path, app_key, files=PLATFORM) as players:
        yield players
    players.conformance.assert_conforms()


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory, app_key):
    """The world that each story ends in when nobody is killed, and how many writes it takes."""
    ends = {}

    def end(story):
        if story not in ends:
            folder = tmp_path_factory.mktemp("unharmed")
            with Troupe(folder, app_key, files=PLATFORM) as players, Processes(players) as processes:
                begin(players, processes)
                STORIES[story][0](players)
                processes.settle()
                ends[story] = world(players), len([*filter(is_write, players.hub.requests.all())])
        return ends[story]

    return end


@pytest.mark.parametrize("story", STORIES)
def test_the_points_below_are_all_there_are(unharmed, story):
    assert unharmed(story)[1] == STORIES[story][1]


def test_unharmed_the_stories_come_to_what_they_are_about(unharmed):
    heads = {
        story: {pull[2] for pull in unharmed(story)[0]["pulls"] if pull[1] == "open"} for story in STORIES
    }
    assert heads == {
        "two components change": {PROMOTE, "promote/prod/cart"},
        "a change by hand": {PROMOTE, "mend/dev/shop"},
        "a promotion is merged": set(),
    }


@pytest.mark.parametrize(("story", "number", "moment", "cache"), at_every_moment(POINTS))
def test_promise_1_killed_at_any_write_it_ends_the_same(troupe, unharmed, story, number, moment, cache):
    with Processes(troupe) as processes:
        process = begin(troupe, processes)
        trap = Trap(troupe, number, moment)
        STORIES[story][0](troupe)
        trap.wait()
        processes.kill(process)
        trap.release()
        if cache == "lost":
            processes.forget()
        processes.work()
        assert world(troupe) == unharmed(story)[0]
