"""Pull requests: their life over REST, lists, files and reviews."""

from __future__ import annotations

import pytest

from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Receiver, Rest

REPO = "/repos/acme/platform"
PULLS = f"{REPO}/pulls"


def _topic(hub: LocalHub, name: str = "topic", files: dict[str, str] | None = None) -> str:
    return hub.commit("acme/platform", name, files or {f"{name}.txt": "1\n"}, by="developer", start="main")


def _open(hub: LocalHub, name: str = "topic", files: dict[str, str] | None = None) -> int:
    _topic(hub, name, files)
    return hub.open_pull("acme/platform", head=name, by="developer", title=f"Add {name}").number


def test_a_pull_request_is_opened(hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver) -> None:
    head = _topic(hub)
    answer = developer("POST", PULLS, {"title": "T", "head": "topic", "base": "main", "body": "B"})
    assert answer.status == 201
    assert answer.headers["Location"] == answer.json["url"]
    pull = developer.get(f"{PULLS}/1")
    assert (pull["state"], pull["mergeable"], pull["mergeable_state"]) == ("open", True, "clean")
    assert (pull["commits"], pull["additions"], pull["deletions"], pull["changed_files"]) == (1, 1, 0, 1)
    assert pull["head"]["sha"] == head
    assert pull["base"]["sha"] == hub.branches("acme/platform")["main"]
    assert hub.hooks.wait_idle()
    opened = receiver.of("pull_request.opened")[0]
    assert opened["pull_request"]["merge_commit_sha"] == pull["merge_commit_sha"]
    assert opened["installation"]["id"] == bot.installation.id
    assert opened["organization"]["login"] == "acme"


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"head": "none"}, {"resource": "PullRequest", "field": "head", "code": "invalid"}),
        ({"base": "none"}, {"resource": "PullRequest", "field": "base", "code": "invalid"}),
        ({"title": " "}, {"resource": "PullRequest", "field": "title", "code": "missing_field"}),
        (
            {"head": "same"},
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "No commits between main and same",
            },
        ),
        (
            {},
            {
                "resource": "PullRequest",
                "code": "custom",
                "message": "A pull request already exists for acme:topic.",
            },
        ),
    ],
)
def test_a_wrong_pull_request_is_refused(
    hub: LocalHub, developer: Rest, asked: dict[str, str], wrong: dict[str, str]
) -> None:
    _open(hub)
    hub.git("acme/platform").update_ref("refs/heads/same", hub.branches("acme/platform")["main"])
    hub.sync("acme/platform")
    answer = developer("POST", PULLS, {"title": "T", "head": "topic", "base": "main"} | asked)
    assert (answer.status, answer.json["message"]) == (422, "Validation Failed")
    assert answer.json["errors"] == [wrong]
    assert len(hub.pulls("acme/platform", "all")) == 1


def test_strangers_cannot_open_from_a_branch_that_is_not_theirs(hub: LocalHub, stranger: Rest) -> None:
    hub.grant("acme/platform", "stranger", "pull")
    _topic(hub)
    assert stranger("POST", PULLS, {"title": "T", "head": "topic", "base": "main"}).status == 403


def test_the_list_filters_and_sorts(hub: LocalHub, developer: Rest) -> None:
    for name in ("one", "two", "three"):
        _open(hub, name)
    hub.close("acme/platform", 2, by="developer")

    def numbers(query: str) -> list[int]:
        return [one["number"] for one in developer.get(f"{PULLS}{query}")]

    assert numbers("") == [3, 1]
    assert numbers("?direction=asc") == [1, 3]
    assert numbers("?state=all") == [3, 2, 1]
    assert numbers("?state=closed") == [2]
    assert numbers("?head=acme:three") == [3]
    assert numbers("?head=other:three") == []
    assert numbers("?base=main&state=all") == [3, 2, 1]
    assert numbers("?base=other") == []


def test_files_and_commits_of_a_pull(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub, "topic", {"catalog/shop.yaml": "kind: API\n", "new.txt": "1\n2\n"})
    hub.commit("acme/platform", "topic", {"README.md": None}, by="developer", message="Drop README")
    files = developer.get(f"{PULLS}/{number}/files")
    assert [(one["filename"], one["status"], one["additions"], one["deletions"]) for one in files] == [
        ("README.md", "removed", 0, 1),
        ("catalog/shop.yaml", "modified", 1, 1),
        ("new.txt", "added", 2, 0),
    ]
    assert files[1]["patch"] == "@@ -1 +1 @@\n-kind: Component\n+kind: API"
    commits = developer.get(f"{PULLS}/{number}/commits")
    assert [one["commit"]["message"] for one in commits] == ["Change files", "Drop README"]


def test_renames_and_binary_files(hub: LocalHub, developer: Rest) -> None:
    text = "".join(f"line {number}\n" for number in range(20))
    hub.commit("acme/platform", "main", {"old.txt": text}, by="developer")
    number = _open(hub, "topic", {"old.txt": None, "new name.txt": text + "more\n", "b.bin": b"\0\1"})  # type: ignore[dict-item]
    files = {one["filename"]: one for one in developer.get(f"{PULLS}/{number}/files")}
    renamed = files["new name.txt"]
    assert (renamed["status"], renamed["previous_filename"], renamed["additions"]) == (
        "renamed",
        "old.txt",
        1,
    )
    assert "+more" in renamed["patch"]
    assert "patch" not in files["b.bin"]


def test_the_diff_media_type(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    answer = developer("GET", f"{PULLS}/{number}", Accept="application/vnd.github.v3.diff")
    assert answer.raw.startswith(b"diff --git a/topic.txt b/topic.txt\n")


def test_edits_close_and_reopen_are_told(
    hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver, reviewer: Rest, stranger: Rest
) -> None:
    hub.grant("acme/platform", "stranger", "pull")
    number = _open(hub)
    hub.commit("acme/platform", "release", {"r": "1"}, by="developer", start="main")
    place = f"{PULLS}/{number}"
    assert stranger("PATCH", place, {"title": "Mine"}).status == 403
    edited = developer("PATCH", place, {"title": "New", "body": "Text", "base": "release"}).json
    assert (edited["title"], edited["body"], edited["base"]["ref"]) == ("New", "Text", "release")
    assert developer("PATCH", place, {"title": "New"}).status == 200
    assert reviewer("PATCH", place, {"state": "closed"}).json["state"] == "closed"
    assert developer("PATCH", place, {"state": "open"}).json["state"] == "open"
    assert hub.hooks.wait_idle()
    events = [name for name in receiver.names() if name.startswith("pull_request.")]
    assert events == [
        "pull_request.opened",
        "pull_request.edited",
        "pull_request.closed",
        "pull_request.reopened",
    ]
    changes = receiver.of("pull_request.edited")[0]["changes"]
    assert changes["title"] == {"from": "Add topic"}
    assert changes["base"]["ref"] == {"from": "main"}
    assert receiver.of("pull_request.closed")[0]["pull_request"]["merged"] is False


def test_drafts_are_told_and_do_not_merge(
    hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver
) -> None:
    _topic(hub)
    made = developer("POST", PULLS, {"title": "T", "head": "topic", "base": "main", "draft": True}).json
    assert (made["draft"], made["mergeable_state"]) == (True, "draft")
    refused = developer("PUT", f"{PULLS}/1/merge", {})
    assert (refused.status, refused.json["message"]) == (405, "Pull Request is still a work in progress")
    hub.set_draft("acme/platform", 1, draft=False, by="developer")
    hub.set_draft("acme/platform", 1, draft=True, by="developer")
    assert hub.hooks.wait_idle()
    assert receiver.names()[-2:] == ["pull_request.ready_for_review", "pull_request.converted_to_draft"]


def test_conflicts_are_seen_and_cannot_be_merged(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub, "topic", {"README.md": "mine\n"})
    assert "refs/pull/1/merge" in hub.git("acme/platform").refs("refs/pull")
    hub.commit("acme/platform", "main", {"README.md": "theirs\n"}, by="developer")
    pull = developer.get(f"{PULLS}/{number}")
    assert (pull["mergeable"], pull["mergeable_state"], pull["merge_commit_sha"]) == (False, "dirty", None)
    assert "refs/pull/1/merge" not in hub.git("acme/platform").refs("refs/pull")
    refused = developer("PUT", f"{PULLS}/{number}/merge", {})
    assert (refused.status, refused.json["message"]) == (405, "Pull Request is not mergeable")
    hub.commit("acme/platform", "topic", {"README.md": "# Platform\n", "new": "1"}, by="developer")
    assert developer.get(f"{PULLS}/{number}")["mergeable_state"] == "clean"


def test_a_base_that_moves_keeps_the_recorded_base_sha(hub: LocalHub, developer: Rest) -> None:
    """As on GitHub: `base.sha` is the base's tip when the head last moved, not now."""
    number = _open(hub)
    before = developer.get(f"{PULLS}/{number}")
    main = hub.commit("acme/platform", "main", {"m": "1"}, by="developer")
    after = developer.get(f"{PULLS}/{number}")
    assert after["base"]["sha"] == before["base"]["sha"] != main
    assert after["merge_commit_sha"] != before["merge_commit_sha"]
    hub.commit("acme/platform", "topic", {"t": "1"}, by="developer")
    assert developer.get(f"{PULLS}/{number}")["base"]["sha"] == main


def test_mergeable_is_null_first_when_asked_for(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    hub.world.hides_mergeability = True
    seen = [developer.get(f"{PULLS}/{number}")["mergeable"] for _ in range(2)]
    assert seen == [None, True]


def test_deleting_the_head_closes_and_forbids_reopening(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    hub.delete_branch("acme/platform", "topic", by="developer")
    assert hub.pull("acme/platform", number).state == "closed"
    refused = developer("PATCH", f"{PULLS}/{number}", {"state": "open"})
    assert (refused.status, refused.json["errors"][0]["message"]) == (
        422,
        "state cannot be changed. The topic branch was deleted.",
    )


def test_reviews(hub: LocalHub, bot: Bot, developer: Rest, reviewer: Rest, receiver: Receiver) -> None:
    number = _open(hub)
    place = f"{PULLS}/{number}/reviews"
    own = developer("POST", place, {"event": "APPROVE"})
    assert (own.status, own.json["errors"]) == (422, ["Can not approve your own pull request"])
    assert reviewer("POST", place, {"event": "REQUEST_CHANGES"}).status == 422
    made = reviewer("POST", place, {"event": "REQUEST_CHANGES", "body": "No."}).json
    assert (made["state"], made["commit_id"]) == (
        "CHANGES_REQUESTED",
        hub.pull("acme/platform", number).head_sha,
    )
    assert [one["user"]["login"] for one in developer.get(place)] == ["reviewer"]
    assert hub.hooks.wait_idle()
    told = receiver.of("pull_request_review.submitted")[0]
    assert (told["review"]["state"], told["pull_request"]["number"]) == ("changes_requested", number)


def test_a_review_is_dismissed(hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver) -> None:
    hub.protect("acme/platform", approvals=1)
    number = _open(hub)
    approved = hub.review("acme/platform", number, "APPROVE", by="reviewer")
    said = hub.review("acme/platform", number, "COMMENT", by="reviewer", body="so")
    place = f"{PULLS}/{number}/reviews"
    assert developer.get(f"{place}/{approved.id}")["state"] == "APPROVED"
    assert developer("PUT", f"{place}/{said.id}/dismissals", {"message": "no"}).status == 422
    answer = developer("PUT", f"{place}/{approved.id}/dismissals", {"message": "Too early"})
    assert (answer.status, answer.json["state"]) == (200, "DISMISSED")
    assert developer.get(f"{PULLS}/{number}")["mergeable_state"] == "blocked"
    assert hub.hooks.wait_idle()
    assert receiver.of("pull_request_review.dismissed")[0]["review"]["id"] == approved.id


def test_reviewers_are_asked(hub: LocalHub, bot: Bot, developer: Rest, receiver: Receiver) -> None:
    number = _open(hub)
    hub.create_team("acme", "Crew")
    place = f"{PULLS}/{number}/requested_reviewers"
    asked = developer("POST", place, {"reviewers": ["reviewer"], "team_reviewers": ["crew"]})
    assert asked.status == 201
    told = developer.get(place)
    assert [one["login"] for one in told["users"]] == ["reviewer"]
    assert [one["slug"] for one in told["teams"]] == ["crew"]
    assert developer("POST", place, {"reviewers": ["developer"]}).status == 422
    assert developer("DELETE", place, {"reviewers": ["reviewer"]}).status == 200
    assert developer.get(place)["users"] == []
    assert hub.hooks.wait_idle()
    one, other = receiver.of("pull_request.review_requested")
    assert one["requested_reviewer"]["login"] == "reviewer"
    assert other["requested_team"]["slug"] == "crew"
    assert receiver.of("pull_request.review_request_removed")[0]["requested_reviewer"]["login"] == "reviewer"


def test_the_pulls_of_a_commit_that_is_not_merged(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    head = hub.pull("acme/platform", number).head_sha
    assert [one["number"] for one in developer.get(f"{REPO}/commits/{head}/pulls")] == [number]
    first = hub.branches("acme/platform")["main"]
    assert developer.get(f"{REPO}/commits/{first}/pulls") == []


def test_a_pull_request_as_a_diff_and_as_patches(hub: LocalHub, developer: Rest) -> None:
    number = _open(hub)
    hub.commit("acme/platform", "topic", {"topic.txt": "2\n"}, by="developer", message="Second")
    place = f"{PULLS}/{number}"
    diff = developer("GET", place, Accept="application/vnd.github.v3.diff")
    assert diff.headers["Content-Type"].startswith("application/vnd.github.diff")
    assert diff.raw.startswith(b"diff --git a/topic.txt")
    patch = developer("GET", place, Accept="application/vnd.github.v3.patch")
    assert patch.headers["Content-Type"].startswith("application/vnd.github.patch")
    assert patch.raw.startswith(b"From ")
    assert [line for line in patch.raw.splitlines() if line.startswith(b"Subject:")] == [
        b"Subject: [PATCH 1/2] Change files",
        b"Subject: [PATCH 2/2] Second",
    ]
