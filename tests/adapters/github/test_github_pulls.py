"""Facts of pull requests, as GitHub's documented answers give them."""

from __future__ import annotations

import pytest

from bot.errors import Refused, Retry
from bot.model.event import RepoRef
from bot.model.pull import OpenPull, Person, Pull, PullCommit
from tests.adapters.github.github_stub import REPO

PATH = "/repos/acme/platform/pulls/7"
HEAD, BASE, MERGE = "a" * 40, "b" * 40, "c" * 40


def facts(**fields):
    return {
        "number": 7,
        "title": "Add a component",
        "state": "open",
        "draft": False,
        "html_url": "https://github.test/acme/platform/pull/7",
        "user": {"login": "developer", "type": "User"},
        "head": {"ref": "add", "sha": HEAD, "repo": {"full_name": "developer/platform"}},
        "base": {"ref": "main", "sha": BASE, "repo": REPO},
        "merged": False,
        "merged_at": None,
        "merged_by": None,
        "merge_commit_sha": MERGE,
        **fields,
    }


def review(login, state):
    return {"id": 1, "user": {"login": login, "type": "User"} if login else None, "state": state}


def serve(stub, reviews=(), **fields):
    stub.answers = {PATH: facts(**fields), f"{PATH}/reviews": list(reviews)}


def test_an_open_pull_request(hub, stub, repo):
    serve(stub)
    assert hub.pull(repo, 7) == Pull(
        repo=repo,
        number=7,
        title="Add a component",
        author=Person("developer"),
        base_branch="main",
        base_sha=BASE,
        head_branch="add",
        head_sha=HEAD,
        head_repo=RepoRef.parse("developer/platform"),
        url="https://github.test/acme/platform/pull/7",
    )


def test_a_merged_pull_request_names_its_commit_and_who_merged(hub, stub, repo):
    serve(stub, state="closed", merged=True, merged_by={"login": "reviewer", "type": "User"})
    pull = hub.pull(repo, 7)
    assert (pull.is_open, pull.is_merged, pull.merge_sha, pull.merged_by) == (False, True, MERGE, "reviewer")


def test_a_trial_merge_is_no_merge(hub, stub, repo):
    """GitHub fills `merge_commit_sha` of an open pull request with a trial merge."""
    serve(stub)
    assert hub.pull(repo, 7).merge_sha == ""


def test_deleted_accounts_forks_and_bots(hub, stub, repo):
    serve(stub, user=None, head={"ref": "add", "sha": HEAD, "repo": None}, draft=True)
    pull = hub.pull(repo, 7)
    assert (pull.author, pull.head_repo, pull.is_draft) == (Person("ghost"), None, True)
    serve(stub, user={"login": "renovate[bot]", "type": "Bot"})
    assert hub.pull(repo, 7).author == Person("renovate[bot]", is_bot=True)


@pytest.mark.parametrize(
    ("reviews", "approvers"),
    [
        ([], ()),
        ([("b", "APPROVED"), ("a", "APPROVED")], ("a", "b")),
        ([("a", "APPROVED"), ("a", "CHANGES_REQUESTED")], ()),
        ([("a", "CHANGES_REQUESTED"), ("a", "APPROVED")], ("a",)),
        ([("a", "APPROVED"), ("a", "COMMENTED")], ("a",)),
        ([("a", "APPROVED"), ("a", "PENDING")], ("a",)),
        ([("a", "DISMISSED")], ()),
        ([("a", "APPROVED"), ("a", "DISMISSED"), ("b", "APPROVED")], ("b",)),
        ([(None, "APPROVED")], ()),
    ],
    ids=str,
)
def test_whose_newest_decision_approves(hub, stub, repo, reviews, approvers):
    serve(stub, [review(*one) for one in reviews])
    assert hub.pull(repo, 7).approvers == approvers


def test_a_pull_request_that_an_event_told_of_is_waited_for(hub, repo, raising):
    with raising(Retry) as caught:
        hub.pull(repo, 7)
    assert caught.value.after <= 10
    with raising(Refused):
        hub.pull(repo, 7, fresh=False)


def test_open_pulls_are_those_of_all_pages(hub, stub, repo):
    stub.answers["/repos/acme/platform/pulls"] = [facts(number=number) for number in range(120, 0, -1)]
    known = {"title": "Add a component", "author": "developer"}
    assert hub.open_pulls(repo) == [OpenPull(number, HEAD, "main", **known) for number in range(1, 121)]
    assert "state=open" in stub.asked("GET", "/pulls")[0].path


def test_pulls_of_a_commit_are_those_merged_to_the_default_branch(hub, stub, repo):
    other = {"ref": "main", "sha": BASE, "repo": {"full_name": "upstream/platform", "default_branch": "main"}}
    release = {"ref": "release", "sha": BASE, "repo": REPO}
    merged = "2026-11-21T11:00:00Z"
    stub.answers[f"/repos/acme/platform/commits/{MERGE}/pulls"] = [
        facts(number=9, merged_at=merged),
        facts(number=3, merged_at=merged),
        facts(number=4),
        facts(number=5, merged_at=merged, base=other),
        facts(number=6, merged_at=merged, base=release),
    ]
    assert hub.pulls_of_commit(repo, MERGE) == [3, 9]


def test_default_branch(hub, stub, repo):
    stub.answers["/repos/acme/platform"] = REPO
    assert hub.default_branch(repo) == "main"


def test_whose_the_commits_of_a_pull_request_are(hub, stub, repo):
    def commit(sha, author, committer):
        signed = {"author": {"email": "Who@Knows.example"}, "committer": {"email": "noreply@github.com"}}
        return {"sha": sha, "commit": signed, "author": author, "committer": committer}

    pages = {"login": "web-flow", "type": "User"}
    stub.answers["/repos/acme/platform/pulls/7/commits"] = [
        commit("a", {"login": "developer"}, pages),
        commit("b", None, pages),
        commit("c", {}, {"login": "reviewer"}),
    ]
    assert hub.pull_commits(repo, 7) == [
        PullCommit("a", ("developer",)),
        PullCommit("b", (), ("who@knows.example",)),
        PullCommit("c", ("reviewer",), ("who@knows.example",)),
    ]


def test_what_happens_to_a_branch_after_its_merge_moves_nothing(hub, stub, repo):
    def event(name, minute):
        return {"event": name, "created_at": f"2026-11-21T11:{minute:02}:00Z"}

    path = "/repos/acme/platform/issues/7/events"
    stub.answers[path] = [event("merged", 1), event("head_ref_deleted", 2), event("head_ref_restored", 3)]
    assert hub.head_moved_at(repo, 7) is None
    stub.answers[path] = [event("head_ref_force_pushed", 0), *stub.answers[path]]
    assert hub.head_moved_at(repo, 7).minute == 0
