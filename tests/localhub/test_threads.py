"""Comments, reactions and labels: over REST, and what is told of them."""

from __future__ import annotations

import pytest

from bot.localhub.server import LocalHub
from tests.localhub.conftest import Bot, Receiver, Rest

REPO = "/repos/acme/platform"


@pytest.fixture
def number(hub: LocalHub) -> int:
    hub.commit("acme/platform", "topic", {"new": "1\n"}, by="developer")
    return hub.open_pull("acme/platform", head="topic", by="developer").number


def test_a_comment_lives(hub: LocalHub, bot: Bot, developer: Rest, number: int, receiver: Receiver) -> None:
    made = developer("POST", f"{REPO}/issues/{number}/comments", {"body": "hello ✓"})
    assert (made.status, made.headers["Location"]) == (201, made.json["url"])
    place = f"{REPO}/issues/comments/{made.json['id']}"
    assert developer.get(place)["body"] == "hello ✓"
    assert developer("PATCH", place, {"body": "bye"}).json["body"] == "bye"
    assert developer("PATCH", place, {"body": "bye"}).status == 200
    assert developer.get(f"{REPO}/issues/{number}")["comments"] == 1
    assert developer("DELETE", place).status == 204
    assert developer("GET", place).status == 404
    assert hub.hooks.wait_idle()
    assert [name for name in receiver.names() if name.startswith("issue_comment")] == [
        "issue_comment.created",
        "issue_comment.edited",
        "issue_comment.deleted",
    ]
    edited = receiver.of("issue_comment.edited")[0]
    assert edited["changes"] == {"body": {"from": "hello ✓"}}
    assert (edited["issue"]["number"], "pull_request" in edited["issue"]) == (number, True)


def test_only_its_author_and_writers_change_a_comment(
    hub: LocalHub, bot: Bot, reviewer: Rest, stranger: Rest, number: int
) -> None:
    hub.grant("acme/platform", "stranger", "pull")
    comment = hub.comment("acme/platform", number, "mine", by="developer")
    place = f"{REPO}/issues/comments/{comment.id}"
    assert stranger("PATCH", place, {"body": "taken"}).status == 403
    assert stranger("DELETE", place).status == 403
    assert reviewer("PATCH", place, {"body": "mended"}).status == 200
    own = stranger("POST", f"{REPO}/issues/{number}/comments", {"body": "a reader's"}).json
    assert stranger("PATCH", f"{REPO}/issues/comments/{own['id']}", {"body": "still"}).status == 200


@pytest.mark.parametrize(("length", "status"), [(65_536, 201), (65_537, 422)])
def test_a_body_has_at_most_65536_characters(developer: Rest, number: int, length: int, status: int) -> None:
    answer = developer("POST", f"{REPO}/issues/{number}/comments", {"body": "é" * length})
    assert answer.status == status
    if status == 422:
        assert answer.json["errors"] == [
            {
                "resource": "IssueComment",
                "code": "custom",
                "field": "body",
                "message": "body is too long (maximum is 65536 characters)",
            }
        ]


def test_the_limit_holds_for_edits_and_pull_requests_too(hub: LocalHub, developer: Rest, number: int) -> None:
    comment = hub.comment("acme/platform", number, "short", by="developer")
    long = {"body": "x" * 65_537}
    assert developer("PATCH", f"{REPO}/issues/comments/{comment.id}", long).status == 422
    assert developer("PATCH", f"{REPO}/pulls/{number}", long).status == 422
    assert hub.comments("acme/platform", number)[0].body == "short"
    assert developer("POST", f"{REPO}/issues/{number}/comments", {"body": " \n"}).status == 422


def test_comments_of_a_repository_are_listed_by_time(hub: LocalHub, developer: Rest, number: int) -> None:
    ids = [hub.comment("acme/platform", number, f"{n}", by="developer").id for n in range(3)]
    place = f"{REPO}/issues/comments"
    assert [one["id"] for one in developer.get(place)] == ids
    assert [one["id"] for one in developer.get(f"{place}?sort=updated&direction=desc&per_page=1")] == ids[-1:]
    assert developer.get(f"{place}?since=2999-01-01T00:00:00Z") == []


def test_reactions_are_kept_once(hub: LocalHub, bot: Bot, developer: Rest, number: int) -> None:
    comment = hub.comment("acme/platform", number, "/roadcrew help", by="developer")
    place = f"{REPO}/issues/comments/{comment.id}/reactions"
    first = bot.rest("POST", place, {"content": "eyes"})
    again = bot.rest("POST", place, {"content": "eyes"})
    assert (first.status, again.status, first.json["id"]) == (201, 200, again.json["id"])
    assert first.json["user"]["login"] == "road-crew[bot]"
    assert developer("POST", place, {"content": "rocket"}).status == 201
    assert developer("POST", place, {"content": "boring"}).status == 422
    assert [one["content"] for one in developer.get(f"{place}?content=eyes")] == ["eyes"]
    rollup = developer.get(f"{REPO}/issues/comments/{comment.id}")["reactions"]
    assert (rollup["total_count"], rollup["eyes"], rollup["rocket"]) == (2, 1, 1)
    assert developer("DELETE", f"{place}/{first.json['id']}").status == 404
    assert bot.rest("DELETE", f"{place}/{first.json['id']}").status == 204
    assert [one["content"] for one in developer.get(place)] == ["rocket"]


def test_labels_go_on_and_off(
    hub: LocalHub, bot: Bot, developer: Rest, number: int, receiver: Receiver
) -> None:
    place = f"{REPO}/issues/{number}/labels"
    added = developer("POST", place, {"labels": ["bug", "new label"]}).json
    assert [(one["name"], one["color"]) for one in added] == [("bug", "d73a4a"), ("new label", "ededed")]
    assert developer("POST", place, ["bug"]).status == 200
    assert developer("POST", place, {"labels": [{"name": "Bug"}]}).status == 200
    assert developer("DELETE", f"{place}/new%20label").json[0]["name"] == "bug"
    assert developer("DELETE", f"{place}/none").status == 404
    assert [one["name"] for one in developer.get(place)] == ["bug"]
    assert hub.hooks.wait_idle()
    assert receiver.names()[-3:] == ["pull_request.labeled", "pull_request.labeled", "pull_request.unlabeled"]
    assert receiver.of("pull_request.unlabeled")[0]["label"]["name"] == "new label"
