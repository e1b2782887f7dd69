"""Promise 1 for commands and grants: killed with -9 at every write, started again, the same world in the end."""

import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pytest

from bot.leases.grant import GRANTS
from tests.journeys.asking import ASKED, FILES, Desk, end, in_force, ledger, people, reply, write
from tests.journeys.moments import at_every_moment
from tests.journeys.processes import Processes, Trap
from tests.journeys.test_killed import is_write
from tests.journeys.troupe import NAME, Troupe
from tests.journeys.worlds import renamer

TIMES = re.compile(r"\d{4}-\d\d-\d\dT[\d:]+Z|\d{4}-\d\d-\d\d \d\d:\d\d UTC")


@dataclass(frozen=True)
class Story:
    """What is there before, what is then written by whom in which thread, and the writes that it takes."""

    before: str
    body: str
    by: str
    number: int
    writes: int
    role: str = "serve"


STORIES = {
    "ask": Story("nothing", ASKED, "developer", 1, 8),
    "approve": Story("asked", "/approve", "reviewer", 2, 8),
    "revoke": Story("granted", "/revoke", "developer", 2, 6),
    # Nobody writes anything: the clock has gone on while the bot was down.
    "expire": Story("granted", "", "", 2, 3, "late-serve"),
}
POINTS = [(story, number + 1) for story, told in STORIES.items() for number in range(told.writes)]


def sampled(points):
    """As `at_every_moment`; an ordinary run takes every fourth write, and so still meets all moments."""
    chosen = points[2::4]
    for one in at_every_moment(points):
        is_left_out = one.values[: len(points[0])] not in chosen
        yield pytest.param(*one.values, marks=pytest.mark.soak) if is_left_out and not one.marks else one


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, app_key):
    """The stages on which the stories begin, each settled and without a bot."""
    stages = {}

    def prepare(moment):
        if moment in stages:
            return stages[moment]
        players = Troupe(tmp_path_factory.mktemp(moment) / "stage", app_key, files=FILES)
        with players:
            people(players)
            with players.bot() as queue:
                desk = Desk(players, queue)
                desk.sweep()
                if moment == "asked":
                    desk.ask()
                elif moment == "granted":
                    desk.granted()
                desk.sweep()
        stages[moment] = players
        return players

    return prepare


@contextmanager
def restored(before, folder, **settings):
    """A copy of that stage, and the processes of a bot that is not at work yet."""
    shutil.copytree(before.folder, folder)
    players = Troupe(folder, before.key, files=FILES)
    players.secret, players.later = before.secret, before.later
    players._start_hub()
    players.stage = replace(before.stage, hub=players.hub)
    given = {"lease_seconds": 60, **settings}
    with players.entered(), Processes(players, **given) as processes:
        yield players, processes
    players.conformance.assert_conforms()


def play(players, processes, story):
    """The deed in whose course the bot dies; gives the process and what was written."""
    told = STORIES[story]
    if not told.body:
        players.hub.requests.clear()
        return processes.start(told.role), None
    process = processes.work(told.role)
    players.hub.requests.clear()
    return process, write(players, told.body, by=told.by, number=told.number)


def world(players, comment, number):
    """All that people can see of it in the end, but for when it was."""
    hub, rename = players.hub, renamer(players)
    found = {
        "branches": {
            name: {path: data.decode() for path, data in hub.files(NAME, name).items()}
            for name in hub.branches(NAME)
            if not name.startswith("roadcrew/ledger")
        },
        "ledger": sorted(json.dumps(line | {"at": ""}, sort_keys=True) for line in ledger(players)),
        "commits": {
            name: [message.splitlines()[0] for message in players.log(name)] for name in ("main", GRANTS)
        },
        "pulls": [
            (pull.number, pull.state, pull.title, pull.body, pull.merged_at is not None, pull.label_ids)
            for pull in hub.pulls(NAME, "all")
        ],
        "issues": [(one.title, one.body) for one in hub.issues(NAME)],
        "comments": [players.bodies(one) for one in (1, 2) if one <= number],
        "checks": [len(players.runs(pull.head_sha, latest=False)) for pull in hub.pulls(NAME, "all")],
        "end": (end(players, comment), reply(players, comment)) if comment else None,
    }
    text = TIMES.sub("<time>", rename(json.dumps(found)))
    # YAML quotes a sha that begins like a number, and only then.
    return json.loads(re.sub(r'ommit: \\+"(<[^>]+>)\\+"', r"ommit: \1", text))


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory, prepared):
    """The world that each story ends in when nobody is killed, and how many writes it takes."""
    ends = {}

    def unharmed_end(story):
        if story not in ends:
            folder = tmp_path_factory.mktemp("unharmed") / "stage"
            with restored(prepared(STORIES[story].before), folder) as (players, processes):
                before = processes.sweeps()
                process, comment = play(players, processes, story)
                if comment is None:
                    processes.swept(before)
                processes.settle()
                writes = [*filter(is_write, players.hub.requests.all())]
                # As for those that die: what the next sweep brings up to date is.
                processes.kill(process)
                processes.work(STORIES[story].role)
                found = world(players, comment, 2)
                ends[story] = found, len(writes), comment and end(players, comment), in_force(players)
        return ends[story]

    return unharmed_end


@pytest.mark.parametrize("story", STORIES)
def test_the_points_below_are_all_there_are(unharmed, story):
    assert unharmed(story)[1] == STORIES[story].writes


def test_unharmed_the_stories_come_to_what_they_are_about(unharmed):
    assert [unharmed(story)[2] for story in STORIES] == ["rocket", "rocket", "rocket", None]
    assert [len(unharmed(story)[3]) for story in STORIES] == [0, 1, 0, 0]


@pytest.mark.parametrize(("story", "number", "moment", "cache"), [*sampled(POINTS)])
def test_promise_1_killed_at_any_write_it_ends_the_same(
    tmp_path, prepared, unharmed, story, number, moment, cache
):
    role = STORIES[story].role
    with restored(prepared(STORIES[story].before), tmp_path / "stage") as (players, processes):
        if STORIES[story].body:
            process = processes.work()
            trap = Trap(players, number, moment)
            comment = write(players, STORIES[story].body, by=STORIES[story].by, number=STORIES[story].number)
        else:
            trap = Trap(players, number, moment)
            process, comment = processes.start(role), None
        trap.wait()
        processes.kill(process)
        trap.release()
        if cache == "lost":
            processes.forget()
        processes.work(role)
        assert world(players, comment, 2) == unharmed(story)[0]


@pytest.mark.redis
@pytest.mark.parametrize("number", [3, *(pytest.param(one, marks=pytest.mark.soak) for one in (1, 2, 6))])
def test_promise_2_flushall_in_the_middle_is_made_good_by_the_next_sweep(
    tmp_path, prepared, unharmed, redis_url, number
):
    told = STORIES["approve"]
    stage = restored(prepared(told.before), tmp_path / "stage", redis_url=redis_url, sweep_seconds=10)
    with stage as (players, processes):
        processes.start("serve")
        processes.work("worker")
        trap = Trap(players, number, "after")
        comment = write(players, told.body, by=told.by, number=told.number)
        trap.wait()
        processes.flush()
        trap.release()
        processes.swept()
        assert world(players, comment, 2) == unharmed("approve")[0]
