"""Threads, our marks in them, issues, rights and merges, on the local GitHub: what stands in the end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.errors import Refused, Retry
from bot.localhub.faults import Fault
from bot.model.event import RepoRef
from bot.model.pull import Person
from bot.model.spot import Spot
from bot.ports import CheckOutput
from tests.adapters.github.scene import utc

NAME = "acme/platform"
MARKER = "<!-- roadcrew:break-glass x -->"
LONG_AGO = utc() - timedelta(days=2)


@pytest.fixture
def hub(connected):
    return connected


@pytest.fixture
def comment(scene):
    return scene.local.comment(NAME, scene.number, "/plan\r\n", by="developer")


def spot_of(comment):
    return Spot(comment.number, "comment", comment.id)


def test_a_comment_is_read_as_it_is_now(hub, scene, repo, comment):
    found = hub.written(repo, spot_of(comment))
    assert (found.spot, found.author, found.body) == (spot_of(comment), Person("developer"), "/plan\r\n")
    assert (found.is_edited, found.is_ours, found.head) == (False, False, "")
    assert abs(found.at - utc()) < timedelta(minutes=1)
    scene.local.delete_comment(comment, by="developer")
    assert hub.written(repo, spot_of(comment)) is None


def test_an_edited_comment_shows_that_it_was(hub, scene, repo, comment):
    later = scene.local.world.clock() + 5
    scene.local.world.clock = lambda: later
    scene.local.edit_comment(comment, "/hold", by="developer")
    found = hub.written(repo, spot_of(comment))
    assert (found.body, found.is_edited) == ("/hold", True)


def test_a_comment_that_is_not_shown_yet_is_waited_for(hub, scene, repo, comment):
    path, body = rf".*/issues/comments/{comment.id}", '{"message": "Not Found"}'
    scene.local.faults.add(Fault(kind="answer", method="GET", path=path, status=404, body=body, times=2))
    assert hub.written(repo, spot_of(comment)).body == "/plan\r\n"


def test_a_review_names_the_commit_that_its_author_saw(hub, scene, repo):
    review = scene.local.review(NAME, scene.number, "COMMENT", by="reviewer", body="/approve")
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    spot = Spot(scene.number, "review", review.id)
    found = hub.written(repo, spot)
    assert (found.body, found.author, found.head) == ("/approve", Person("reviewer"), scene.head)
    hub.react(repo, spot, "rocket")
    assert hub.reactions(repo, spot) == ()
    assert hub.written(repo, Spot(scene.number, "review", 1)) is None


def test_a_description_and_its_reactions(hub, scene, repo):
    spot = Spot(scene.number, "description")
    scene.local.edit_pull(NAME, scene.number, by="developer", body="/hold")
    found = hub.written(repo, spot)
    assert (found.body, found.author.login, found.spot.id) == ("/hold", "developer", 0)
    hub.react(repo, spot, "eyes")
    assert scene.local.reactions(scene.local.pull(NAME, scene.number)) == [("roadcrew[bot]", "eyes")]


def test_a_description_that_says_nothing(hub, scene, repo):
    assert hub.written(repo, Spot(scene.number, "description")).body == ""


def test_reactions_are_ours_alone_and_stand_once(hub, scene, repo, comment):
    scene.local.react(comment, "rocket", by="developer")
    scene.local.react(comment, "heart", by="reviewer")
    spot = spot_of(comment)
    assert hub.reactions(repo, spot) == ()
    hub.react(repo, spot, "eyes")
    hub.react(repo, spot, "eyes")
    hub.react(repo, spot, "confused")
    assert hub.reactions(repo, spot) == ("eyes", "confused")
    ours = [content for who, content in scene.local.reactions(comment) if who == "roadcrew[bot]"]
    assert ours == ["eyes", "confused"]


@pytest.mark.parametrize("kind", ["answer", "lose_answer"])
def test_a_reaction_survives_a_bad_gateway(hub, scene, repo, comment, kind):
    scene.local.faults.add(Fault(kind=kind, method="POST", path=".*/reactions"))
    hub.react(repo, spot_of(comment), "eyes")
    assert scene.local.reactions(comment) == [("roadcrew[bot]", "eyes")]


def test_a_reaction_to_what_is_gone_is_refused(hub, scene, repo, comment):
    scene.local.delete_comment(comment, by="developer")
    with pytest.raises(Refused):
        hub.react(repo, spot_of(comment), "eyes")
    assert hub.reactions(repo, spot_of(comment)) == ()


def test_recent_comments_of_all_threads_oldest_first(hub, scene, repo, comment):
    issue = scene.local.open_issue(NAME, by="developer")
    scene.local.comment(NAME, issue.number, "/access", by="reviewer")
    hub.create_comment(repo, scene.number, f"{MARKER} done", marker=MARKER)
    found = hub.recent_comments(repo, LONG_AGO)
    assert [(one.spot.number, one.author.login, one.is_ours) for one in found] == [
        (scene.number, "developer", False),
        (issue.number, "reviewer", False),
        (scene.number, "roadcrew[bot]", True),
    ]
    assert hub.recent_comments(repo, utc() + timedelta(hours=1)) == []
    assert [one.body for one in hub.thread(repo, issue.number)] == ["/access"]


def test_of_very_many_comments_the_newest_are_read(hub, scene, repo):
    for number in range(1_010):
        scene.local.comment(NAME, scene.number, f"{number}", by="developer")
    found = hub.recent_comments(repo, LONG_AGO)
    assert [one.body for one in found] == [str(number) for number in range(10, 1_010)]


def test_labels_come_and_go(hub, scene, repo):
    hub.add_labels(repo, scene.number, ["roadcrew/hold", "needs: a look/again"])
    assert set(hub.labels(repo, scene.number)) == {"roadcrew/hold", "needs: a look/again"}
    hub.remove_label(repo, scene.number, "needs: a look/again")
    hub.remove_label(repo, scene.number, "needs: a look/again")
    assert hub.labels(repo, scene.number) == ["roadcrew/hold"]


def ask(hub, repo, body=f"{MARKER}\nLook."):
    return hub.create_issue(repo, marker=MARKER, title="Review it", body=body, labels=["access"])


def test_an_issue_is_opened_once(hub, scene, repo):
    assert hub.find_issue(repo, MARKER) is None
    number = ask(hub, repo)
    assert hub.find_issue(repo, MARKER) == number
    scene.local.close_issue(NAME, number, by="owner")
    assert hub.find_issue(repo, MARKER) == number
    assert ask(hub, repo) == number
    assert [one.title for one in scene.local.issues(NAME)] == ["Review it"]


def test_promise_1_a_lost_answer_leaves_one_issue(hub, scene, repo):
    scene.local.faults.add(Fault(kind="lose_answer", method="POST", path=".*/issues"))
    number = ask(hub, repo)
    assert [one.number for one in scene.local.issues(NAME)] == [number]


def test_issues_of_people_and_pull_requests_of_ours_are_not_it(hub, scene, repo):
    scene.local.open_issue(NAME, by="developer", body=MARKER)
    scene.local.commit(NAME, "request/x", {"x.yaml": "a: 1\n"}, by="developer")
    hub.create_pull(repo, head="request/x", base="main", title="A request", body=MARKER)
    assert hub.find_issue(repo, MARKER) is None


def test_an_issue_without_its_marker_or_too_long_is_not_opened(hub, repo):
    with pytest.raises(ValueError, match="marker"):
        ask(hub, repo, body="Look.")
    with pytest.raises(Refused, match="characters"):
        ask(hub, repo, body=MARKER + "x" * 65_536)


def test_what_accounts_may_do(hub, scene, repo):
    scene.local.grant(NAME, "reviewer", "maintain")
    scene.local.create_user("outsider")
    found = {login: hub.permission(repo, login) for login in ("owner", "reviewer", "developer", "outsider")}
    assert found == {"owner": "admin", "reviewer": "maintain", "developer": "write", "outsider": "read"}
    assert hub.permission(repo, "nobody") == "none"
    scene.local.grant(NAME, "developer", "triage")
    assert hub.permission(repo, "developer") == "triage"


def test_what_a_stranger_may_do_in_a_private_repo(hub, scene):
    scene.local.create_user("outsider")
    scene.local.create_repo("acme/secret", {"a": "1\n"}, private=True)
    assert hub.permission(RepoRef.parse("acme/secret"), "outsider") == "none"


def test_roles_of_an_organisations_own_count_as_what_they_are_built_on(connect, stub, repo):
    place = "/repos/acme/platform/collaborators/developer/permission"
    stub.answers[place] = {"permission": "write", "role_name": "release-engineer"}
    assert connect(stub).permission(repo, "developer") == "write"


def test_who_is_in_a_team(hub, scene):
    scene.local.create_team("acme", "Security", members=["reviewer"])
    assert hub.is_team_member("acme", "security", "reviewer")
    assert not hub.is_team_member("acme", "security", "developer")
    assert not hub.is_team_member("acme", "nothing", "reviewer")
    assert not hub.is_team_member("elsewhere", "security", "reviewer")


def test_who_was_only_invited_is_in_no_team(connect, stub):
    stub.answers["/orgs/acme/installation"] = {"id": 99}
    place = "/orgs/acme/teams/security/memberships"
    stub.answers[f"{place}/developer"] = {"state": "pending"}
    stub.answers[f"{place}/reviewer"] = {"state": "active"}
    hub = connect(stub)
    assert not hub.is_team_member("acme", "security", "developer")
    assert hub.is_team_member("acme", "security", "reviewer")


def test_teams_that_we_may_not_see_have_no_members(connect, stub):
    stub.answers["/orgs/acme/installation"] = {"id": 99}
    said = {"message": "Resource not accessible by integration"}
    stub.break_next("GET", "/memberships/", 403, body=said)
    assert not connect(stub).is_team_member("acme", "security", "reviewer")


def test_a_github_that_is_away_says_nothing_about_rights(connect, stub, repo):
    stub.answers["/orgs/acme/installation"] = {"id": 99}
    stub.break_next("GET", "/memberships/|/permission$", 503, times=9)
    hub = connect(stub)
    with pytest.raises(Retry):
        hub.is_team_member("acme", "security", "reviewer")
    with pytest.raises(Retry):
        hub.permission(repo, "reviewer")


def merge(hub, scene, repo, sha=""):
    message = "Approved-By: reviewer\nPull-Request: #1"
    return hub.merge_pull(
        repo, scene.number, sha=sha or scene.head, subject="Merge the request", message=message
    )


def test_a_merge_at_the_head_that_was_seen(hub, scene, repo):
    sha = merge(hub, scene, repo)
    assert scene.local.branches(NAME)["main"] == sha
    said = scene.local.git(NAME).run("log", "-1", "--format=%B", sha).decode().strip()
    assert said == "Merge the request\n\nApproved-By: reviewer\nPull-Request: #1"
    assert scene.local.pull(NAME, scene.number).merged_at
    assert merge(hub, scene, repo) == sha, "again: nothing to do"


def test_a_head_that_moved_is_not_merged(hub, scene, repo):
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    with pytest.raises(Refused, match="Head branch was modified"):
        merge(hub, scene, repo)
    assert scene.local.pull(NAME, scene.number).state == "open"


def test_protection_keeps_us_out_in_githubs_words(hub, scene, repo):
    scene.local.protect(NAME, checks={"test": None}, enforce_admins=True)
    with pytest.raises(Refused, match="test"):
        merge(hub, scene, repo)
    assert scene.local.pull(NAME, scene.number).state == "open"


@pytest.mark.parametrize("closes", [False, True])
def test_promise_1_a_merge_whose_answer_got_lost_is_found(hub, scene, repo, closes):
    scene.local.faults.add(Fault(kind="lose_answer", method="PUT", path=".*/merge", closes=closes))
    assert merge(hub, scene, repo) == scene.local.branches(NAME)["main"]


def test_a_merge_that_did_not_happen_is_for_the_queue_to_try_again(hub, scene, repo):
    scene.local.faults.add(Fault(kind="answer", method="PUT", path=".*/merge"))
    with pytest.raises(Retry):
        merge(hub, scene, repo)
    assert scene.local.pull(NAME, scene.number).state == "open"


def test_a_base_that_moved_in_the_same_moment_is_for_the_queue_to_try_again(hub, scene, repo):
    said = '{"message": "Base branch was modified. Review and try the merge again."}'
    scene.local.faults.add(Fault(kind="answer", method="PUT", path=".*/merge", status=405, body=said))
    with pytest.raises(Retry):
        merge(hub, scene, repo)


def test_when_a_head_was_moved_by_force(hub, scene, repo):
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    assert hub.head_moved_at(repo, scene.number) is None
    scene.local.force(NAME, "add", {"c.yaml": "c: 1\n"}, by="developer")
    assert abs(hub.head_moved_at(repo, scene.number) - utc()) < timedelta(minutes=1)


def test_a_head_whose_branch_was_made_anew_moved_too(hub, scene, repo):
    scene.local.delete_branch(NAME, "add", by="developer")
    assert hub.head_moved_at(repo, scene.number) is None
    scene.local.commit(NAME, "add", {"b.yaml": "b: 1\n"}, by="developer")
    assert hub.head_moved_at(repo, scene.number) is not None


def test_a_check_run_tells_when_it_began(hub, scene, repo):
    hub.create_check(repo, scene.head, "roadcrew", external_id="1", output=CheckOutput("Ready", "Well.", ""))
    (run,) = hub.check_runs(repo, scene.head, "roadcrew")
    assert abs(run.started_at - utc()) < timedelta(minutes=1)
