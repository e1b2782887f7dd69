"""Merging pull requests: the three ways, and what forbids it."""

from __future__ import annotations

import pytest

from bot.localhub.git import Git, GitError
from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Receiver, Rest

REPO = "/repos/acme/platform"
PULLS = f"{REPO}/pulls"


def _topic(hub: LocalHub, name: str = "topic", files: dict[str, str] | None = None) -> str:
    return hub.commit("acme/platform", name, files or {f"{name}.txt": "1\n"}, by="developer", start="main")


def _open(hub: LocalHub, name: str = "topic", files: dict[str, str] | None = None) -> int:
    _topic(hub, name, files)
    return hub.open_pull("acme/platform", head=name, by="developer", title=f"Add {name}").number


@pytest.mark.parametrize("method", ["merge", "squash", "rebase"])
def test_merging(hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver, method: str) -> None:
    number = _open(hub)
    hub.commit("acme/platform", "topic", {"topic.txt": "2\n"}, by="developer", message="Second")
    before = hub.commit("acme/platform", "main", {"main.txt": "1\n"}, by="developer")
    assert developer("GET", f"{PULLS}/{number}/merge").status == 404
    answer = developer("PUT", f"{PULLS}/{number}/merge", {"merge_method": method})
    assert answer.json["merged"] is True
    tip = answer.json["sha"]
    assert hub.branches("acme/platform")["main"] == tip
    assert hub.files("acme/platform")["topic.txt"] == b"2\n"
    assert hub.files("acme/platform")["main.txt"] == b"1\n"
    git = hub.git("acme/platform")
    head = hub.branches("acme/platform")["topic"]
    expected = {
        "merge": ("Merge pull request #1 from acme/topic\n\nAdd topic", (before, head)),
        "squash": ("Add topic (#1)\n\n* Change files\n\n* Second", (before,)),
        "rebase": ("Second", (git.commit(tip).parents[0],)),
    }
    commit = git.commit(tip)
    assert (commit.message, commit.parents) == expected[method]
    assert git.count(f"{before}..{tip}") == {"merge": 3, "squash": 1, "rebase": 2}[method]
    pull = developer.get(f"{PULLS}/{number}")
    assert (pull["state"], pull["merged"], pull["merge_commit_sha"]) == ("closed", True, tip)
    assert pull["merged_by"]["login"] == "developer"
    assert pull["commits"] == 2
    assert developer("GET", f"{PULLS}/{number}/merge").status == 204
    assert [one["number"] for one in developer.get(f"{REPO}/commits/{tip}/pulls")] == [number]
    assert hub.hooks.wait_idle()
    assert receiver.of("pull_request.closed")[0]["pull_request"]["merged"] is True
    assert receiver.of("push")[-1]["after"] == tip
    assert "refs/pull/1/merge" not in git.refs("refs/pull")


def test_a_single_commit_keeps_its_words_when_squashed(hub: LocalHub, developer: Rest) -> None:
    hub.commit("acme/platform", "topic", {"a": "1"}, by="developer", message="Add a\n\nBecause.")
    number = hub.open_pull("acme/platform", head="topic", by="developer").number
    tip = hub.merge("acme/platform", number, by="developer", method="squash")
    assert hub.git("acme/platform").commit(tip).message == "Add a (#1)\n\nBecause."


def test_own_words_for_a_merge(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    asked = {"commit_title": "Title", "commit_message": "Message"}
    tip = developer("PUT", f"{PULLS}/{number}/merge", asked).json["sha"]
    assert hub.git("acme/platform").commit(tip).message == "Title\n\nMessage"


def test_a_merge_of_another_head_is_a_409(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    answer = developer("PUT", f"{PULLS}/{number}/merge", {"sha": "0" * 40})
    assert answer.status == 409
    assert answer.json["message"] == "Head branch was modified. Review and try the merge again."


def test_a_base_that_moved_unseen_is_not_overwritten(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    tip = hub.commit("acme/platform", "other", {"o": "1"}, by="developer", start="main")
    hub.git("acme/platform").update_ref("refs/heads/main", tip)
    refused = developer("PUT", f"{PULLS}/{number}/merge", {})
    assert (refused.status, refused.json["message"]) == (
        405,
        "Base branch was modified. Review and try the merge again.",
    )
    assert hub.pull("acme/platform", number).state == "open"
    hub.sync("acme/platform")
    assert developer("PUT", f"{PULLS}/{number}/merge", {}).status == 200


def test_pushing_the_head_to_the_base_merges(hub: LocalHub, bot: Bot, receiver: Receiver) -> None:
    number = _open(hub)
    git = hub.git("acme/platform")
    git.update_ref("refs/heads/main", hub.branches("acme/platform")["topic"])
    hub.sync("acme/platform", by="developer")
    assert hub.pull("acme/platform", number).merged_at
    assert hub.hooks.wait_idle()
    assert receiver.of("pull_request.closed")[0]["pull_request"]["merged"] is True


def test_protection_blocks_a_merge_until_its_demands_are_met(
    hub: LocalHub, bot: Bot, developer: Rest, reviewer: Rest
) -> None:
    hub.protect("acme/platform", checks={"roadcrew": bot.app}, approvals=1, enforce_admins=True)
    number = _open(hub)
    place = f"{PULLS}/{number}"
    assert developer.get(place)["mergeable_state"] == "blocked"
    refused = developer("PUT", f"{place}/merge", {})
    assert (refused.status, refused.json["message"]) == (
        405,
        'Required status check "roadcrew" is expected.',
    )
    head = hub.pull("acme/platform", number).head_sha
    done = {"name": "roadcrew", "head_sha": head, "status": "completed", "conclusion": "failure"}
    run = bot.rest("POST", f"{REPO}/check-runs", done).json
    assert "is failing" in developer("PUT", f"{place}/merge", {}).json["message"]
    bot.rest("PATCH", f"{REPO}/check-runs/{run['id']}", {"conclusion": "success"})
    said = developer("PUT", f"{place}/merge", {}).json["message"]
    assert said == "At least 1 approving review is required by reviewers with write access."
    assert reviewer("POST", f"{place}/reviews", {"event": "APPROVE"}).status == 200
    assert developer.get(place)["mergeable_state"] == "clean"
    assert developer("PUT", f"{place}/merge", {}).status == 200


def test_a_check_of_another_app_does_not_count(hub: LocalHub, bot: Bot, key: str) -> None:
    hub.protect("acme/platform", checks={"roadcrew": bot.app}, enforce_admins=True)
    number = _open(hub)
    other = hub.create_app("Other", owner="acme", permissions={"checks": "write"}, events=[], private_key=key)
    rest = Bot(hub, other, hub.install(other, "acme")).rest
    head = hub.pull("acme/platform", number).head_sha
    asked = {"name": "roadcrew", "head_sha": head, "conclusion": "success"}
    assert rest("POST", f"{REPO}/check-runs", asked).status == 201
    assert hub.view().mergeable_state(hub.pull("acme/platform", number)) == "blocked"


def test_a_strict_branch_wants_the_head_up_to_date(hub: LocalHub, bot: Bot, developer: Rest) -> None:
    hub.protect("acme/platform", checks={}, strict=True, enforce_admins=True)
    number = _open(hub)
    hub.protect("acme/platform", checks={}, strict=True)
    hub.commit("acme/platform", "main", {"m": "1"}, by="developer")
    assert developer.get(f"{PULLS}/{number}")["mergeable_state"] == "behind"
    hub.protect("acme/platform", checks={}, strict=True, enforce_admins=True)
    assert "not up to date" in developer("PUT", f"{PULLS}/{number}/merge", {}).json["message"]


def test_stale_approvals_are_dismissed_where_asked(
    hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver
) -> None:
    hub.protect("acme/platform", approvals=1, dismiss_stale=True)
    number = _open(hub)
    hub.review("acme/platform", number, "APPROVE", by="reviewer")
    hub.commit("acme/platform", "topic", {"more": "1"}, by="developer")
    assert [one.state for one in hub.reviews("acme/platform", number)] == ["DISMISSED"]
    assert developer.get(f"{PULLS}/{number}")["mergeable_state"] == "blocked"
    assert hub.hooks.wait_idle()
    (told,) = receiver.of("pull_request_review.dismissed")
    assert (told["review"]["state"], told["pull_request"]["number"]) == ("dismissed", number)
    assert told["sender"]["login"] == "developer"


def _odd(hub: LocalHub, name: bytes) -> str:
    """A branch whose tree has this one more entry, written as git itself would not."""
    git = hub.git("acme/platform")
    main = hub.branches("acme/platform")["main"]
    entries = [(one.mode, one.path.encode(), one.sha) for one in git.tree(main)]
    entries.append(("100644", name, git.run("hash-object", "-w", "--stdin", stdin=b"x").decode().strip()))
    raw = b"".join(
        mode.lstrip("0").encode() + b" " + path + b"\0" + bytes.fromhex(sha)
        for mode, path, sha in sorted(entries, key=lambda one: one[1])
    )
    tree = git.run("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw).decode().strip()
    who = git.commit(main).author
    sha = git.commit_tree(tree, [main], "Odd", author=who, committer=who)
    git.update_ref("refs/heads/odd", sha)
    hub.sync("acme/platform", by="developer")
    return sha


@pytest.mark.parametrize("name", [b"a/b", b"..", b".git", b"catalog"])
def test_a_tree_that_git_gives_up_on_stops_no_other_merge(
    hub: LocalHub, developer: Rest, name: bytes
) -> None:
    _odd(hub, name)
    opened = developer("POST", PULLS, {"title": "Odd", "head": "odd", "base": "main"})
    assert opened.status == 201
    # The base moves in a way that makes git look at the whole of both trees.
    number = _open(hub, "topic", {"catalog/other.yaml": "1\n", "a/b": "2\n"})
    answer = developer("PUT", f"{PULLS}/{number}/merge", {})
    assert (answer.status, hub.branches("acme/platform")["main"]) == (200, answer.json["sha"])
    assert hub.pull("acme/platform", number).merged_at
    odd = developer.get(f"{PULLS}/{opened.json['number']}")
    if not odd["mergeable"]:
        assert developer("PUT", f"{PULLS}/{odd['number']}/merge", {}).status == 405


def test_what_git_cannot_merge_is_not_mergeable(
    hub: LocalHub, developer: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, number = _open(hub, "other"), _open(hub)
    head, merge_tree = hub.pull("acme/platform", other).head_sha, Git.merge_tree

    def gives_up(git: Git, ours: str, theirs: str) -> str | None:
        if theirs == head:
            raise GitError(-6, "Assertion failed")
        return merge_tree(git, ours, theirs)

    monkeypatch.setattr(Git, "merge_tree", gives_up)
    assert developer("PUT", f"{PULLS}/{number}/merge", {}).status == 200
    assert developer.get(f"{PULLS}/{other}")["mergeable"] is False
    assert developer("PUT", f"{PULLS}/{other}/merge", {}).status == 405


def test_a_merge_that_cannot_be_told_has_not_happened(
    hub: LocalHub, bot: Bot, developer: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = _open(hub)
    before = hub.branches("acme/platform")["main"]

    def gives_up(*_: object) -> None:
        raise GitError(-6, "Assertion failed")

    with monkeypatch.context() as patch:
        patch.setattr("bot.localhub.diffs.changed_paths", gives_up)
        assert developer("PUT", f"{PULLS}/{number}/merge", {}).status == 422
    assert hub.git("acme/platform").refs("refs/heads/main") == {"refs/heads/main": before}
    assert hub.pull("acme/platform", number).state == "open"
    assert developer("PUT", f"{PULLS}/{number}/merge", {}).status == 200
