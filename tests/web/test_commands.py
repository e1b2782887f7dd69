"""Deliveries in which someone wrote something: when that means work, and what the event says of it."""

import hashlib

import pytest

from bot.model.event import Commanded, PullChanged, RepoRef
from bot.web.payloads import parse_events

PLATFORM = RepoRef(owner="acme", name="platform")
REPOSITORY = {"id": 1, "full_name": "acme/platform"}
PERSON, BOT = {"login": "developer", "type": "User"}, {"login": "helper[bot]", "type": "Bot"}
SHA = "0" * 39 + "a"


def digest(body):
    return hashlib.sha256(body.encode()).hexdigest()


def commented(body="/plan", *, action="created", author=PERSON, sender=PERSON, issue=None):
    return {
        "action": action,
        "issue": {"number": 7, "pull_request": {"url": "x"}} if issue is None else issue,
        "comment": {"id": 31, "body": body, "user": author},
        "repository": REPOSITORY,
        "sender": sender,
    }


def reviewed(body, *, action="submitted", author=PERSON):
    return {
        "action": action,
        "pull_request": {"number": 7},
        "review": {"id": 41, "body": body, "commit_id": SHA, "user": author},
        "repository": REPOSITORY,
        "sender": author,
    }


def changed(action, body, author=PERSON):
    return {
        "action": action,
        "number": 7,
        "pull_request": {"id": 1, "body": body, "head": {"sha": SHA}, "user": author},
        "repository": REPOSITORY,
        "sender": author,
    }


def test_a_comment_with_a_command():
    assert parse_events("issue_comment", "d", commented("Please.\r\n\r\n/plan\r\n")) == (
        Commanded(
            delivery="d",
            repo=PLATFORM,
            number=7,
            is_pull=True,
            source="comment",
            id=31,
            digest=digest("Please.\r\n\r\n/plan\r\n"),
        ),
    )


def test_a_comment_in_an_issue():
    (event,) = parse_events("issue_comment", "d", commented(issue={"number": 8}))
    assert (event.number, event.is_pull) == (8, False)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(commented(action="edited"), id="edited"),
        pytest.param(commented(action="deleted"), id="deleted"),
        pytest.param(commented(author=BOT), id="written by a program"),
        pytest.param(commented(sender=BOT), id="sent by a program"),
        pytest.param(commented("I would plan that."), id="prose"),
        pytest.param(commented("> /plan"), id="a quotation"),
        pytest.param(commented(""), id="nothing"),
        pytest.param(commented(None), id="no body"),
    ],
)
def test_what_is_no_command_makes_no_work(payload):
    assert parse_events("issue_comment", "d", payload) == ()


def test_a_comment_of_a_deleted_account_is_read_like_any_other():
    (event,) = parse_events("issue_comment", "d", commented(author=None))
    assert event.id == 31


def test_what_is_written_with_a_review_is_bound_to_the_commit_that_was_reviewed():
    change, event = parse_events("pull_request_review", "d", reviewed("/approve"))
    assert change == PullChanged(delivery="d", repo=PLATFORM, number=7)
    assert (event.source, event.id, event.head) == ("review", 41, SHA)
    assert (event.delivery, event.digest) == ("d/command", digest("/approve"))


@pytest.mark.parametrize(
    "payload",
    [reviewed(None), reviewed("Well done."), reviewed("/approve", action="dismissed")],
    ids=["no words", "prose", "dismissed"],
)
def test_other_reviews_are_a_change_and_no_more(payload):
    assert [one.kind for one in parse_events("pull_request_review", "d", payload)] == ["pull_changed"]


def test_the_description_of_a_new_pull_request_may_hold_commands():
    change, event = parse_events("pull_request", "d", changed("opened", "/hold"))
    assert change == PullChanged(delivery="d", repo=PLATFORM, number=7)
    assert (event.source, event.id, event.head) == ("description", 0, SHA)
    assert event.delivery == "d/command"


@pytest.mark.parametrize(
    "payload",
    [
        changed("edited", "/hold"),
        changed("reopened", "/hold"),
        changed("opened", "/hold", BOT),
        changed("opened", None),
    ],
    ids=["edited", "reopened", "a program's", "no words"],
)
def test_other_descriptions_are_a_change_and_no_more(payload):
    assert [one.kind for one in parse_events("pull_request", "d", payload)] == ["pull_changed"]


def test_a_comment_that_is_not_of_githubs_shape_is_an_error():
    with pytest.raises(ValueError, match="issue"):
        parse_events("issue_comment", "d", {"action": "created", "repository": REPOSITORY})
