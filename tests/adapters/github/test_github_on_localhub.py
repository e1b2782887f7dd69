"""The adapter on the local GitHub: the same promises where access, limits and history are real."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import requests

from bot.adapters.budget import SharedBudget
from bot.adapters.github import GitHub
from bot.errors import Refused, Retry, UserError
from bot.localhub.faults import Fault
from bot.model.event import RepoRef
from bot.model.plan import Annotation, AnnotationLevel, Conclusion
from bot.model.pull import OpenPull, Person
from bot.ports import CheckOutput
from tests.adapters.github.scene import utc

MARKER = "<!-- roadcrew -->"
BODY = f"{MARKER}\nAll is well."
OUTPUT = CheckOutput("Ready", "All is well.", "")
COMMENTS = r".*/issues/\d+/comments"


@pytest.fixture
def hub(connected):
    return connected


def test_the_app_may_do_what_it_needs(hub, repo):
    assert hub.self_check(repo) == ()


def test_the_token_is_one_that_git_takes(hub, scene, repo):
    url = f"{scene.local.clone_url('acme/platform')}/info/refs?service=git-upload-pack"
    answer = requests.get(url, auth=("x-access-token", hub.token_for(repo)), timeout=10)
    assert answer.status_code == 200


def test_facts_of_a_pull_request_through_its_life(hub, scene, repo):
    pull = hub.pull(repo, scene.number)
    assert (pull.title, pull.author, pull.head_sha) == ("Add a", Person("developer"), scene.head)
    assert (pull.base_branch, pull.head_branch, pull.head_repo) == ("main", "add", repo)
    assert (pull.is_open, pull.is_merged, pull.merge_sha, pull.approvers) == (True, False, "", ())
    listed = OpenPull(scene.number, scene.head, "main", "add", "Add a", author="developer")
    assert hub.open_pulls(repo) == [listed]

    scene.local.review("acme/platform", scene.number, "APPROVE", by="reviewer")
    assert hub.pull(repo, scene.number).approvers == ("reviewer",)
    tip = scene.local.merge("acme/platform", scene.number, by="reviewer")
    pull = hub.pull(repo, scene.number)
    assert (pull.is_open, pull.is_merged, pull.merge_sha, pull.merged_by) == (False, True, tip, "reviewer")
    assert hub.open_pulls(repo) == []
    assert hub.pulls_of_commit(repo, tip) == [scene.number]
    assert hub.pulls_of_commit(repo, scene.head) == [scene.number]
    assert hub.default_branch(repo) == "main"


def test_an_open_pull_request_brought_nothing_to_the_default_branch(hub, scene, repo):
    assert hub.pulls_of_commit(repo, scene.head) == []


@pytest.mark.parametrize("closes", [False, True])
def test_promise_1_a_lost_answer_leaves_one_comment(hub, scene, repo, closes):
    scene.local.faults.add(Fault(kind="lose_answer", method="POST", path=COMMENTS, closes=closes))
    made = hub.create_comment(repo, scene.number, BODY, marker=MARKER)
    assert made.is_ours
    assert scene.ours() == [BODY]


@pytest.mark.parametrize("kind", ["answer", "lose_answer"])
def test_an_edit_survives_a_bad_gateway(hub, scene, repo, kind):
    made = hub.create_comment(repo, scene.number, BODY, marker=MARKER)
    scene.local.faults.add(Fault(kind=kind, method="PATCH"))
    hub.edit_comment(repo, made.id, f"{BODY} Still.")
    assert scene.ours() == [f"{BODY} Still."]
    hub.delete_comment(repo, made.id)
    assert scene.ours() == []


def test_comments_of_people_are_not_ours(hub, scene, repo):
    scene.local.comment("acme/platform", scene.number, BODY, by="developer")
    assert [one.is_ours for one in hub.comments(repo, scene.number)] == [False]


def test_a_long_thread_is_read_by_pages(hub, scene, repo):
    for number in range(130):
        scene.local.comment("acme/platform", scene.number, f"{number}", by="developer")
    found = hub.comments(repo, scene.number)
    assert [one.body for one in found] == [str(number) for number in range(130)]
    assert hub.comments(repo, scene.number) == found


def test_a_check_run_through_its_life(hub, scene, repo):
    scene.local.faults.add(Fault(kind="lose_answer", method="POST", path=".*/check-runs"))
    run = hub.create_check(repo, scene.head, "roadcrew", external_id="one", output=OUTPUT)
    assert (run.status, run.external_id) == ("in_progress", "one")
    notes = [
        Annotation("catalog/a.yaml", 1, AnnotationLevel.FAILURE, "Rule", f"wrong {n}", column=1)
        for n in range(60)
    ]
    hub.update_check(repo, run.id, output=CheckOutput("Held", "Mistakes.", "", notes[:50]))
    scene.local.faults.add(Fault(kind="lose_answer", method="PATCH", path=".*/check-runs/.*"))
    rest = CheckOutput("Held", "Mistakes.", "", notes[50:])
    done = hub.update_check(repo, run.id, output=rest, conclusion=Conclusion.FAILURE)
    assert (done.status, done.conclusion, done.annotations_count) == ("completed", "failure", 60)
    assert hub.check_runs(repo, scene.head, "roadcrew") == [done]
    (kept,) = scene.local.check_runs("acme/platform", scene.head, latest=False)
    assert len(kept.annotations) == 60


def test_runs_of_one_name_are_all_shown_newest_first(hub, scene, repo):
    for external_id in ("one", "two"):
        hub.create_check(repo, scene.head, "roadcrew", external_id=external_id, output=OUTPUT)
    assert [run.external_id for run in hub.check_runs(repo, scene.head, "roadcrew")] == ["two", "one"]


def test_an_api_that_lags_behind_its_event_is_a_retry(hub, scene, repo):
    path = f".*/pulls/{scene.number}"
    body = '{"message": "Not Found"}'
    scene.local.faults.add(Fault(kind="answer", method="GET", path=path, status=404, body=body))
    with pytest.raises(Retry):
        hub.pull(repo, scene.number)
    assert hub.pull(repo, scene.number).number == scene.number
    with pytest.raises(Retry):
        hub.check_runs(repo, "f" * 40, "roadcrew")


def test_promise_9_githubs_content_limit_is_a_retry_with_its_time(hub, scene, repo):
    scene.local.limits.settings.content_a_minute = 1
    hub.create_comment(repo, scene.number, BODY, marker=MARKER)
    with pytest.raises(Retry) as caught:
        hub.create_comment(repo, scene.number, "<!-- other -->", marker="<!-- other -->")
    assert 50 < caught.value.after <= 61
    assert scene.ours() == [BODY]


def test_promise_9_a_spent_hour_is_a_retry_at_its_end(hub, scene, repo):
    hub.comments(repo, scene.number)
    scene.local.limits.settings.primary = 1
    with pytest.raises(Retry) as caught:
        hub.comments(repo, scene.number)
    assert 3500 < caught.value.after <= 3602


def test_a_repo_without_the_app_names_who_can_install_it(hub, scene):
    scene.local.create_repo("developer/own")
    with pytest.raises(Refused, match="An owner of developer can install it at"):
        hub.comments(RepoRef.parse("developer/own"), 1)


def test_a_key_of_another_app_is_said(scene, repo):
    from bot.localhub.acts.apps import generate_key

    budget = SharedBudget(clock=utc)
    settings = {"app_id": scene.app.id, "private_key": generate_key()[0], "budget": budget, "clock": utc}
    with GitHub.connect(api_url=scene.local.api_url, **settings) as stranger:
        with pytest.raises(UserError, match="could not be decoded"):
            stranger.comments(repo, 1)
        assert [one.rule for one in stranger.self_check(repo)] == ["app-credentials"]


def test_a_pull_request_from_a_fork(hub, scene, repo):
    scene.local.create_user("outsider")
    scene.local.fork("acme/platform", by="outsider")
    head = scene.local.commit("outsider/platform", "change", {"b.yaml": "b: 1\n"}, by="outsider")
    number = scene.local.open_pull("acme/platform", head="outsider:change", by="outsider").number
    pull = hub.pull(repo, number)
    assert (pull.head_repo, pull.head_sha) == (RepoRef.parse("outsider/platform"), head)
    run = hub.create_check(repo, head, "roadcrew", external_id="fork", output=OUTPUT)
    assert run.head_sha == head


def test_failed_deliveries_are_seen_and_sent_again(hub, scene):
    since = utc() - timedelta(hours=1)
    scene.local.set_webhook(scene.app, url="http://127.0.0.1:9/hook", secret="a secret of some length")
    scene.local.comment("acme/platform", scene.number, "words", by="developer")
    scene.local.edit_pull("acme/platform", scene.number, by="developer", title="Another title")
    failed = until(lambda: [one for one in hub.deliveries(since) if not one.is_ok])
    hub.redeliver(failed[0].id)
    again = until(lambda: [one for one in hub.deliveries(since) if one.guid == failed[0].guid][1:])
    assert again
    assert hub.deliveries(utc() + timedelta(hours=1)) == []


def until(look, deadline=15.0):
    """What `look` finds, once it finds something."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("nothing was found in time")


def test_a_pull_request_of_our_own_is_opened_once_edited_and_closed_with_its_words(hub, scene, repo):
    scene.local.commit("acme/platform", "promote/x", {"x/a.yaml": "a: 1\n"}, by="developer")
    asked = {"head": "promote/x", "base": "main", "title": "Promote x", "body": "Please."}
    made = hub.create_pull(repo, **asked)
    assert (made.is_open, made.is_merged, made.is_ours, made.body) == (True, False, True, "Please.")
    assert hub.create_pull(repo, **asked) == made, "GitHub refuses a second one, so the first is given"
    (ours,) = [one for one in hub.open_pulls(repo) if one.is_ours]
    assert (ours.number, ours.head_branch, ours.title, ours.body) == (
        made.number,
        "promote/x",
        "Promote x",
        "Please.",
    )
    hub.edit_pull(repo, made.number, title="Promote x again", body="Newer.")
    hub.close_pull(repo, made.number, body="Nothing is left.")
    (closed,) = hub.pulls_of_head(repo, "promote/x")
    assert (closed.number, closed.is_open, closed.is_merged, closed.body) == (
        made.number,
        False,
        False,
        "Nothing is left.",
    )
    assert hub.pulls_of_head(repo, "promote") == []


def test_a_pull_request_whose_answer_got_lost_is_found(hub, scene, repo):
    scene.local.commit("acme/platform", "promote/x", {"x/a.yaml": "a: 1\n"}, by="developer")
    scene.local.faults.add(Fault(kind="lose_answer", method="POST", path=r".*/pulls"))
    made = hub.create_pull(repo, head="promote/x", base="main", title="Promote x", body="Please.")
    (found,) = hub.pulls_of_head(repo, "promote/x")
    assert (found.number, found.is_ours) == (made.number, True)


def test_a_pull_request_that_github_does_not_take_is_refused(hub, scene, repo):
    with pytest.raises(Refused):
        hub.create_pull(repo, head="nowhere", base="main", title="Promote x", body="Please.")
    with pytest.raises(Refused, match="characters"):
        hub.create_pull(repo, head="add", base="main", title="Promote x", body="x" * 65_537)
