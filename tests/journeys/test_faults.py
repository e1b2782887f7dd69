"""What GitHub does to its Apps on a bad day, done to the bot: only what is there in the end is looked at.

The same small story is played undisturbed first. Whatever goes wrong, the world must end as it ended there.
"""

import json
from datetime import UTC, datetime

import pytest

from bot.adapters.queue.local import sweep_due
from bot.localhub.faults import Fault
from bot.model.event import PullChanged
from tests.journeys.troupe import NAME, REPO, Troupe, until
from tests.journeys.worlds import DEV, world
from tests.platforms import component

COMMENTS = r".*/issues/\d+/comments"
COMMENT = r".*/issues/comments/\d+"
CHECKS = r".*/check-runs"
PULL = r".*/pulls/\d+"
PUSH = r".*/git-receive-pack"
CART = "catalog/cart.yaml"


def said(message):
    """An error's body, as GitHub gives it."""
    return json.dumps({"message": message})


def begin(troupe, queue):
    """The first delivery is made, so that all that follows is about one pull request."""
    until(lambda: DEV in troupe.hub.branches(NAME), "the first delivery")
    troupe.settle(queue)


def propose(troupe):
    """A pull request, mended by its author; whether the bot had time in between does not matter."""
    number = troupe.open({CART: component("cart", owner="nobody")})
    troupe.change("change", {CART: component("cart", size=3)})
    return number


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, app_key):
    """The worlds of a day without faults, by the moment: when all is proposed, and when it is merged."""
    with Troupe(tmp_path_factory.mktemp("undisturbed"), app_key) as troupe, troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        number = propose(troupe)
        troupe.settle(queue)
        proposed = world(troupe, number)
        troupe.merge(number)
        troupe.settle(queue)
        merged = world(troupe, number)
    assert [run["conclusion"] for run in (*proposed["head"], *merged["head"], *merged["main"])] == [
        "success"
    ] * 3
    assert "Delivered" in merged["comments"][0]
    return {"proposed": proposed, "merged": merged}


def play(troupe, queue, undisturbed):
    """The story from the proposal on, settled at its two moments."""
    number = propose(troupe)
    troupe.settle(queue)
    assert world(troupe, number) == undisturbed["proposed"]
    troupe.merge(number)
    troupe.settle(queue)
    assert world(troupe, number) == undisturbed["merged"]
    return number


# Deliveries


@pytest.mark.parametrize("is_logged", [True, False], ids=["logged", "not logged"])
def test_promise_2_lost_deliveries_are_found_by_the_sweep(troupe, undisturbed, is_logged):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
    for deed, moment in ((propose, "proposed"), (lambda stage: stage.merge(1), "merged")):
        troupe.hub.faults.add(Fault(kind="lost", times=None, is_logged=is_logged))
        deed(troupe)
        assert troupe.hub.hooks.wait_idle()
        troupe.hub.faults.clear()
        with troupe.bot(sweeps=True) as queue:
            troupe.swept(queue)
            assert world(troupe, 1) == undisturbed[moment]


def test_promise_2_what_happened_while_the_bot_was_away_is_made_good(troupe, undisturbed):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
    propose(troupe)
    troupe.merge(1)
    assert troupe.hub.hooks.wait_idle()
    with troupe.bot(sweeps=True) as queue:
        troupe.swept(queue)
        # Nobody judged the pull request while it was open.
        assert world(troupe, 1) | {"head": []} == undisturbed["merged"] | {"head": []}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="doubled", times=None),
        Fault(kind="reordered", event="pull_request.opened"),
        Fault(kind="late", event="pull_request.opened", seconds=1.0),
        Fault(kind="late", event="pull_request.synchronize", seconds=1.0),
        Fault(kind="late", event="push", seconds=0.5, times=None),
    ],
    ids=lambda fault: f"{fault.kind} {fault.event}",
)
def test_promise_2_doubled_reordered_and_late_deliveries_change_nothing(troupe, undisturbed, fault):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        troupe.hub.faults.add(fault)
        play(troupe, queue, undisturbed)
    assert fault.hits


@pytest.mark.parametrize("kind", ["reordered", "late"])
def test_promise_2_closed_may_come_before_opened(troupe, undisturbed, kind):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        event = r"pull_request\.(opened|synchronize)"
        fault = troupe.hub.faults.add(Fault(kind=kind, event=event, seconds=1.0, times=None))
        propose(troupe)
        troupe.merge(1)
        troupe.settle(queue)
        assert world(troupe, 1) | {"head": []} == undisturbed["merged"] | {"head": []}
        assert fault.hits == 2


def test_promise_2_a_delivery_that_failed_works_when_it_is_sent_again(troupe, undisturbed):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        lacks = {"x-accepted-github-permissions": "checks=write"}
        troupe.hub.faults.add(
            Fault(
                kind="answer",
                method="POST",
                path=CHECKS,
                status=403,
                headers=lacks,
                body=said("Resource not accessible by integration"),
                times=None,
            )
        )
        propose(troupe)
        assert "refused" in troupe.settle(queue).values()
        troupe.hub.faults.clear()
        troupe.redeliver("pull_request.synchronize")
        troupe.settle(queue)
        assert world(troupe, 1) == undisturbed["proposed"]


# Answers


@pytest.mark.parametrize("closes", [False, True], ids=["502", "closed"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", COMMENTS), ("PATCH", COMMENT), ("POST", CHECKS), ("POST", PUSH)],
    ids=["comment", "edit", "check", "push"],
)
def test_promise_1_an_answer_that_is_lost_after_the_write_doubles_nothing(
    troupe, undisturbed, method, path, closes
):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        fault = Fault(
            kind="lose_answer", method=method, path=path, closes=closes, body=said("Server Error"), times=2
        )
        troupe.hub.faults.add(fault)
        play(troupe, queue, undisturbed)
    assert fault.hits


@pytest.mark.parametrize(
    ("method", "path", "status", "headers", "body"),
    [
        ("POST", COMMENTS, 403, {"Retry-After": "1"}, "You have exceeded a secondary rate limit."),
        ("POST", COMMENTS, 429, {"Retry-After": "1"}, "Too many requests"),
        ("POST", COMMENTS, 403, "reset", "API rate limit exceeded for installation ID 1."),
        ("GET", PULL, 404, {}, "Not Found"),
        ("POST", CHECKS, 422, {}, "No commit found for SHA"),
        ("GET", PULL, 502, {}, "Server Error"),
    ],
    ids=["403 Retry-After", "429 Retry-After", "hour used up", "404 lag", "unknown commit", "502 on a read"],
)
def test_promise_1_what_github_does_not_take_yet_is_done_a_little_later(
    troupe, undisturbed, method, path, status, headers, body
):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        if headers == "reset":
            headers = {
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(troupe.hub.world.clock()) + 2),
            }
        fault = Fault(
            kind="answer", method=method, path=path, status=status, headers=headers, body=said(body)
        )
        troupe.hub.faults.add(fault)
        propose(troupe)
        troupe.settle(queue)
        assert fault.hits
        assert world(troupe, 1) == undisturbed["proposed"]


@pytest.mark.parametrize("status", [403, 429])
def test_promise_9_without_a_time_the_bot_keeps_quiet_for_a_minute(troupe, undisturbed, status):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        body = said("You have exceeded a secondary rate limit.")
        troupe.hub.faults.add(Fault(kind="answer", method="POST", path=COMMENTS, status=status, body=body))
        propose(troupe)
        until(lambda: any("slow down" in reason for _, reason in troupe.waiting().values()), "the refusal")
        until(lambda: "running" not in queue.states().values(), "an end of what had begun")
        asked = len(troupe.hub.requests.all(path="/api/.*"))
        troupe.redeliver("pull_request.opened")
        guid = troupe.delivery("pull_request.opened").guid
        until(lambda: "slow down" in troupe.waiting().get(guid, (0, ""))[1], "quiet")
        assert 30 < troupe.waiting()[guid][0] <= 75
        assert len(troupe.hub.requests.all(path="/api/.*")) == asked, "nobody asked on"
    with troupe.bot() as queue:
        troupe.hurry()
        troupe.settle(queue)
        assert world(troupe, 1) == undisturbed["proposed"]


def test_promise_1_what_was_accepted_while_github_is_down_is_done_when_it_is_back(troupe, undisturbed):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        troupe.hub.faults.add(Fault(kind="lost", times=None))
        propose(troupe)
        event = PullChanged(delivery="accepted", repo=REPO, number=1)
        with troupe.github_down():
            queue.put(event)
            until(lambda: "cannot be reached" in troupe.waiting().get("accepted", (0, ""))[1], "a try")
        queue.put(event)  # its time has come earlier than it would by itself
        troupe.settle(queue)
        assert world(troupe, 1) == undisturbed["proposed"]


def test_promise_2_a_rerun_finds_its_pull_request_though_github_names_none(troupe):
    troupe.hub.create_user("outsider")
    troupe.hub.fork(NAME, by="outsider")
    with troupe.bot() as queue:
        troupe.hub.commit("outsider/platform", "change", {CART: component("cart")}, by="outsider")
        number = troupe.hub.open_pull(NAME, head="outsider:change", by="outsider").number
        troupe.settle(queue)
        head = troupe.hub.pull(NAME, number).head_sha
        (run,) = troupe.runs(head)
        troupe.hub.rerequest(run, by="reviewer")
        troupe.settle(queue)
        payload = json.loads(troupe.delivery("check_run.rerequested").request_payload)
        assert payload["check_run"]["pull_requests"] == []
        runs = troupe.runs(head, latest=False)
        assert [one.conclusion for one in runs] == ["success", "success"]
        assert len(troupe.bodies(number)) == 1


# The environment's branch


@pytest.mark.parametrize("by", ["platform-lead", "roadcrew[bot]"])
def test_promise_4_a_lost_race_ends_with_both_commits(troupe, undisturbed, by):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        number = propose(troupe)
        troupe.settle(queue)
        hold = troupe.hub.faults.add(Fault(kind="hold", method="POST", path=PUSH))
        troupe.merge(number)
        assert hold.wait_held(30)
        troupe.change(DEV, {"other/notes.txt": "from elsewhere\n"}, by=by)
        hold.release()
        troupe.settle(queue)
        found = world(troupe, number)
        assert found["dev"].pop("other/notes.txt") == "from elsewhere\n"
        subjects = [message.splitlines()[0] for message in found.pop("commits")]
        assert subjects == ["Render cart for dev", "Change files", "Render shop for dev"]
        assert found == {key: value for key, value in undisturbed["merged"].items() if key != "commits"}


def test_promise_4_a_human_commit_in_our_folder_pauses_the_bot_until_it_is_undone(troupe, undisturbed):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        number = propose(troupe)
        troupe.settle(queue)
        ours = troupe.dev()["shop/configmap-shop.yaml"]
        human = troupe.change(DEV, {"shop/configmap-shop.yaml": "mine: now\n"}, by="platform-lead")
        beside = troupe.change(DEV, {"other/notes.txt": "no harm\n"}, by="platform-lead")
        merge = troupe.merge(number)
        troupe.settle(queue)
        assert troupe.hub.branches(NAME)[DEV] != beside
        assert troupe.dev()["shop/configmap-shop.yaml"] == "mine: now\n", "nothing is written over it"
        assert troupe.dev().keys() == undisturbed["merged"]["dev"].keys() | {"other/notes.txt"}
        (body,) = troupe.bodies(number)
        assert "Delivered" in body
        assert "Held" not in body, "it is not what this one brought"
        (check,) = troupe.runs(merge)
        assert check.conclusion == "action_required"
        assert f"git revert {human[:7]}" in check.summary

        # What `git revert` comes to.
        troupe.change(DEV, {"shop/configmap-shop.yaml": ours}, by="platform-lead")
        troupe.change("main", {"README.md": "# pushed\n"}, by="platform-lead")
        troupe.settle(queue)
        assert troupe.dev().keys() == undisturbed["merged"]["dev"].keys() | {"other/notes.txt"}
        assert troupe.dev()["shop/configmap-shop.yaml"] == ours
        (body,) = troupe.bodies(number)
        assert "Delivered" in body
        assert [run.conclusion for run in troupe.runs(troupe.hub.branches(NAME)["main"])] == []


def test_promise_4_a_protected_branch_that_refuses_the_app_is_said_and_left_alone(troupe, undisturbed):
    with troupe.bot(sweeps=True) as queue:
        begin(troupe, queue)
        number = propose(troupe)
        troupe.settle(queue)
        before = troupe.hub.branches(NAME)[DEV]
        troupe.hub.protect(NAME, DEV, push_users=["platform-lead"])
        merge = troupe.merge(number)
        troupe.settle(queue)
        assert troupe.hub.branches(NAME)[DEV] == before
        (body,) = troupe.bodies(number)
        assert "Held" in body
        assert "protected" in body.lower()
        assert [run.conclusion for run in troupe.runs(merge)] == ["action_required"]

        troupe.hub.protect(NAME, DEV, push_apps=[troupe.stage.app])
        queue.put(sweep_due(REPO, datetime.now(UTC)))
        troupe.settle(queue)
        found = world(troupe, number)
        assert [run["conclusion"] for run in found["main"]] == ["action_required", "success"]
        assert {**found, "main": found["main"][1:]} == undisturbed["merged"]
