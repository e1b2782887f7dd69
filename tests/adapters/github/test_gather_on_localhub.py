"""What is known when a command is worked on, gathered from the local GitHub."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.git.mirror import GitMirror
from bot.deciders.decider import Need, Rights
from bot.gather import gather
from bot.model.checked import run_name
from bot.model.event import Commanded, PullChanged, SweepDue
from bot.model.spot import Spot
from bot.ports import CheckOutput, Ports
from tests.adapters.github.scene import utc

NAME = "acme/platform"
ALL = Need.THREAD | Need.RIGHTS | Need.TIP | Need.PULL
ROLES = """\
apiVersion: roadcrew.dev/v1
kind: Platform
metadata:
  name: acme
spec:
  commands:
    roles:
      security: {teams: [acme/security]}
"""


@pytest.fixture
def ports(connected, scene, tmp_path):
    mirror = GitMirror(
        tmp_path / "mirrors",
        git_url=scene.local.url,
        token_for=connected.token_for,
        identity=lambda: ("roadcrew[bot]", "1+roadcrew[bot]@users.noreply.github.com"),
    )
    nothing = dict.fromkeys(("queue", "run", "schemas", "judge"))
    return Ports(forge=connected, mirror=mirror, clock=utc, identity_email=lambda: "", **nothing)


def commanded(repo, comment, *, is_accepted=True, is_pull=True):
    return Commanded(
        delivery="d",
        repo=repo,
        number=comment.number,
        id=comment.id,
        is_accepted=is_accepted,
        is_pull=is_pull,
    )


def said(scene, body, *, by="developer"):
    return scene.local.comment(NAME, scene.number, body, by=by)


def test_what_is_known_of_a_command_in_a_pull_request(scene, repo, ports):
    scene.local.commit(NAME, "main", {"catalog/platform.yaml": ROLES}, by="owner")
    scene.local.create_team("acme", "Security", members=["reviewer"])
    scene.local.review(NAME, scene.number, "APPROVE", by="reviewer")
    before = utc().replace(microsecond=0)
    for external_id in (run_name("a", scene.number), run_name("b", scene.number)):
        ports.forge.create_check(
            repo, scene.head, "roadcrew", external_id=external_id, output=CheckOutput("Ready", "Well.", "")
        )
    scene.local.comment(NAME, scene.number, "Just words.", by="developer")
    earlier, comment = said(scene, "/hold", by="reviewer"), said(scene, "/plan")
    ports.forge.react(repo, Spot(scene.number, "comment", earlier.id), "rocket")

    snapshot = gather(commanded(repo, comment), ALL, ports)

    assert snapshot.written.body == "/plan"
    assert snapshot.reactions == ()
    assert [(one.written.body, one.reactions) for one in snapshot.thread] == [
        ("/hold", ("rocket",)),
        ("/plan", ()),
    ]
    assert snapshot.rights == {
        "developer": Rights("write"),
        "reviewer": Rights("write", frozenset({"acme/security"})),
    }
    assert snapshot.pull.head_sha == scene.head
    assert snapshot.merged.read("catalog/a.yaml") == b"a: 1\n"
    assert before <= snapshot.seen_at <= utc()
    assert snapshot.head_moved_at is None


def test_what_was_seen_in_another_pull_request_was_not_seen_here(scene, repo, ports):
    elsewhere = run_name("a", scene.number + 1)
    ports.forge.create_check(
        repo, scene.head, "roadcrew", external_id=elsewhere, output=CheckOutput("Ready", "Well.", "")
    )
    assert gather(commanded(repo, said(scene, "/approve")), ALL, ports).seen_at is None


def test_a_head_that_was_moved_by_force(scene, repo, ports):
    scene.local.force(NAME, "add", {"c.yaml": "c: 1\n"}, by="developer")
    snapshot = gather(commanded(repo, said(scene, "/approve")), ALL, ports)
    assert snapshot.head_moved_at is not None
    assert snapshot.seen_at is None, "nothing was said on this head yet"


REQUEST = "catalog/requests/shop-logs.yaml"
US = "1+roadcrew[bot]@users.noreply.github.com"


@pytest.fixture
def asking(scene, repo, ports):
    """A pull request that we opened for someone; its number. `ports` know our address."""
    scene.local.commit(NAME, "main", {"catalog/platform.yaml": ROLES}, by="owner")
    ports = replace(ports, identity_email=lambda: US)
    start = ports.mirror.fetch(repo, ["refs/heads/main"])["refs/heads/main"]
    files = {REQUEST: b"a: 1\n"}
    message = {"message": "Ask\n", "at": utc()}
    ports.mirror.push(repo, "request/x", expected=None, parent=start, files=files, **message)
    made = ports.forge.create_pull(repo, head="request/x", base="main", title="Ask", body="")
    return made.number, ports


def forge(repo, ports, **push):
    """Someone with the right to push writes our address into a commit."""
    files = {REQUEST: b"a: 2\n"}
    tip = ports.mirror.fetch(repo, ["refs/heads/request/x"])["refs/heads/request/x"]
    ports.mirror.push(repo, "request/x", expected=tip, files=files, message="Ask\n", at=utc(), **push)


def changed(repo, asking):
    number, ports = asking
    return gather(PullChanged(delivery="d", repo=repo, number=number), Need.PULL, ports)


def test_our_branch_as_we_left_it_is_untouched(repo, asking):
    snapshot = changed(repo, asking)
    assert (snapshot.is_head_first, snapshot.head_moved_at, snapshot.is_untouched) == (True, None, True)


def test_promise_7_a_second_commit_with_our_address_is_a_touch(repo, asking):
    forge(repo, asking[1])
    assert not changed(repo, asking).is_untouched


def test_promise_7_one_forced_commit_with_our_address_is_a_touch(scene, repo, asking):
    _, ports = asking
    start = ports.mirror.fetch(repo, ["refs/heads/main"])["refs/heads/main"]
    forge(repo, ports, parent=start)
    snapshot = changed(repo, asking)
    assert snapshot.is_head_first
    assert snapshot.head_moved_at is not None
    assert not snapshot.is_untouched


def test_who_wrote_the_commits_of_a_request_and_what_we_answered_are_known(scene, repo, ports):
    scene.local.commit(NAME, "add", {REQUEST: "a: 1\n"}, by="reviewer")
    mine = ports.forge.create_comment(repo, scene.number, "<!-- m -->", marker="<!-- m -->")
    comment = said(scene, "/approve", by="owner")
    snapshot = gather(commanded(repo, comment), ALL | Need.LEASES, ports)
    assert {login for one in snapshot.pull_commits for login in one.logins} == {"developer", "reviewer"}
    assert [one.strange for one in snapshot.pull_commits] == [(), ()]
    assert [(one.spot.id, one.is_edited) for one in snapshot.replies] == [(mine.id, False)]


def test_an_address_that_is_no_account_s_is_told(scene, repo, ports):
    tip = ports.mirror.fetch(repo, ["refs/heads/add"])["refs/heads/add"]
    files = {REQUEST: b"a: 1\n"}
    ports.mirror.push(repo, "add", expected=tip, files=files, message="Add\n", at=utc())
    commit = ports.forge.pull_commits(repo, scene.number)[-1]
    assert (commit.logins, commit.strange) in (((), (US,)), (("roadcrew[bot]",), ()))


def test_the_first_answer_reads_no_more_than_it_needs(scene, repo, ports):
    comment = said(scene, "/plan")
    snapshot = gather(commanded(repo, comment, is_accepted=False), Need.THREAD | Need.TIP, ports)
    assert snapshot.written.body == "/plan"
    assert (snapshot.thread, snapshot.rights, snapshot.pull) == ((), {}, None)


def test_a_command_in_an_issue_has_no_pull_request(scene, repo, ports):
    issue = scene.local.open_issue(NAME, by="developer")
    comment = scene.local.comment(NAME, issue.number, "/access", by="developer")
    snapshot = gather(commanded(repo, comment, is_pull=False), ALL, ports)
    assert (snapshot.pull, snapshot.rights) == (None, {"developer": Rights("write")})


def test_a_deleted_comment_is_known_as_nothing(scene, repo, ports):
    comment = said(scene, "/plan")
    scene.local.delete_comment(comment, by="developer")
    snapshot = gather(commanded(repo, comment), ALL, ports)
    assert (snapshot.written, snapshot.rights, snapshot.thread) == (None, {}, ())


def test_comments_that_nobody_ended_are_overdue(scene, repo, ports):
    waiting, accepted, ended, changed = (said(scene, f"/hold --reason {n}") for n in range(4))
    said(scene, "Nothing for you.")
    ports.forge.create_comment(repo, scene.number, "<!-- m -->\n\n/plan", marker="<!-- m -->")
    ports.forge.react(repo, Spot(scene.number, "comment", accepted.id), "eyes")
    ports.forge.react(repo, Spot(scene.number, "comment", ended.id), "eyes")
    ports.forge.react(repo, Spot(scene.number, "comment", ended.id), "confused")
    later = scene.local.world.clock() + 5
    scene.local.world.clock = lambda: later
    scene.local.edit_comment(changed, "/plan after all", by="developer")
    scene.local.edit_comment(accepted, "/plan another", by="developer")

    snapshot = gather(SweepDue(delivery="s", repo=repo), Need.OVERDUE | Need.TIP, ports)

    found = [(one.written.spot.id, one.reactions) for one in snapshot.overdue]
    assert found == [(waiting.id, ()), (accepted.id, ("eyes",))]


def test_where_the_bare_form_is_off_bare_commands_are_nobodys(scene, repo, ports):
    off = ROLES.replace("  commands:\n", "  commands:\n    bare: false\n")
    scene.local.commit(NAME, "main", {"catalog/platform.yaml": off}, by="owner")
    said(scene, "/plan")
    full = said(scene, "/roadcrew plan")
    snapshot = gather(SweepDue(delivery="s", repo=repo), Need.OVERDUE | Need.TIP, ports)
    assert [one.written.spot.id for one in snapshot.overdue] == [full.id]
