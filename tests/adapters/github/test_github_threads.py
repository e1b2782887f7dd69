"""Comments: at most one for a marker, whatever happens to the answers."""

from __future__ import annotations

import threading

import pytest

from bot.errors import Refused, Retry

MARKER = "<!-- roadcrew -->"
BODY = f"{MARKER}\nAll is well."
POSTS = r"/issues/7/comments(\?|$)"


def ours(stub):
    return [one["body"] for one in stub.comments if MARKER in one["body"]]


def test_a_comment_is_written_and_read_back(hub, stub, repo):
    made = hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert made.is_ours
    assert hub.comments(repo, 7) == [made]
    assert hub.edit_comment(repo, made.id, f"{BODY} Still.").body == f"{BODY} Still."
    assert ours(stub) == [f"{BODY} Still."]
    hub.delete_comment(repo, made.id)
    assert hub.comments(repo, 7) == []


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0], ids="{}".format)
def test_promise_1_a_lost_answer_leaves_exactly_one_comment(hub, stub, repo, status):
    stub.break_next("POST", POSTS, status, after=True)
    made = hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert made.body == BODY
    assert ours(stub) == [BODY]
    assert len(stub.asked("POST", POSTS)) == 1


@pytest.mark.parametrize("body", ["<html>gateway</html>", '{"id":', "[]"])
def test_an_unreadable_answer_is_a_lost_one(hub, stub, repo, body):
    stub.break_next("POST", POSTS, 201, body=body, after=True)
    assert hub.create_comment(repo, 7, BODY, marker=MARKER).body == BODY
    assert ours(stub) == [BODY]


def test_a_comment_that_was_not_made_is_for_the_queue_to_try_again(hub, stub, repo, raising, naps):
    stub.break_next("POST", POSTS, 502)
    with raising(Retry):
        hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert len(stub.asked("POST", POSTS)) == 1
    assert sum(naps) <= 2
    hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert ours(stub) == [BODY]


def test_lists_that_lag_behind_the_write_are_waited_for(hub, stub, repo):
    """GitHub shows the comment only on the third look."""
    stub.break_next("POST", POSTS, 502, after=True)
    stub.break_next("GET", POSTS, 200, body=[], times=2)
    assert hub.create_comment(repo, 7, BODY, marker=MARKER).body == BODY
    assert ours(stub) == [BODY]


def test_looks_that_fail_themselves_are_repeated(hub, stub, repo):
    stub.break_next("POST", POSTS, 502, after=True)
    stub.break_next("GET", POSTS, 502, times=4)
    assert hub.create_comment(repo, 7, BODY, marker=MARKER).body == BODY
    assert ours(stub) == [BODY]


def test_a_caller_that_looked_too_early_makes_no_second_comment(hub, stub, repo):
    first = hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.break_next("GET", POSTS, 200, body=[])
    assert hub.comments(repo, 7) == []
    again = hub.create_comment(repo, 7, f"{BODY} More.", marker=MARKER)
    assert again.id == first.id
    assert ours(stub) == [f"{BODY} More."]


def test_threads_that_write_at_once_make_one_comment(hub, stub, repo):
    writers = [
        threading.Thread(target=hub.create_comment, args=(repo, 7, BODY), kwargs={"marker": MARKER})
        for _ in range(6)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert ours(stub) == [BODY]


def test_a_deleted_comment_is_made_anew(hub, stub, repo):
    hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.comments.clear()
    hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert ours(stub) == [BODY]


def test_an_emptied_comment_is_filled_again(hub, stub, repo):
    hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.comments[0]["body"] = ""
    hub.create_comment(repo, 7, BODY, marker=MARKER)
    assert [one["body"] for one in stub.comments] == [BODY]


def test_a_person_who_copies_the_marker_is_not_us(hub, stub, repo):
    person = {"login": "developer", "type": "User"}
    stub.add_comment(BODY, user=person, performed_via_github_app=None)
    stub.add_comment(BODY, user=person)  # in the name of a person, by this App
    stub.add_comment(BODY, user={"login": "other[bot]", "type": "Bot"}, performed_via_github_app={"id": 1})
    stub.add_comment(BODY, user={"login": "roadcrew-test", "type": "User"}, performed_via_github_app=None)
    stub.add_comment(BODY, user=None, performed_via_github_app=None)
    assert [one.is_ours for one in hub.comments(repo, 7)] == [False] * 5
    stub.break_next("POST", POSTS, 502)
    with pytest.raises(Retry):
        hub.create_comment(repo, 7, BODY, marker=MARKER)


def test_doubled_comments_of_ours_are_all_shown(hub, stub, repo):
    stub.add_comment(BODY)
    stub.add_comment(BODY, performed_via_github_app=None)
    assert [one.is_ours for one in hub.comments(repo, 7)] == [True, True]


@pytest.mark.parametrize("after", [True, False])
def test_an_edit_is_said_twice_when_its_answer_is_lost(hub, stub, repo, after):
    made = hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.break_next("PATCH", "/issues/comments/", 502, after=after)
    hub.edit_comment(repo, made.id, f"{BODY} New.")
    assert ours(stub) == [f"{BODY} New."]


def test_an_edit_gives_up_after_two_tries(hub, stub, repo, raising):
    made = hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.break_next("PATCH", "/issues/comments/", 502, times=9)
    with raising(Retry):
        hub.edit_comment(repo, made.id, f"{BODY} New.")
    assert len(stub.asked("PATCH")) == 2


def test_an_edit_of_a_deleted_comment_is_a_retry(hub, repo, raising):
    with raising(Retry):
        hub.edit_comment(repo, 404, BODY)


def test_deleting_twice_is_deleting(hub, stub, repo):
    made = hub.create_comment(repo, 7, BODY, marker=MARKER)
    stub.break_next("DELETE", "/issues/comments/", 502, after=True)
    hub.delete_comment(repo, made.id)
    assert stub.comments == []
    assert len(stub.asked("DELETE")) == 2


def test_a_body_without_its_marker_or_too_long_is_not_sent(hub, stub, repo):
    with pytest.raises(ValueError, match="marker"):
        hub.create_comment(repo, 7, "words", marker=MARKER)
    with pytest.raises(Refused, match="65536"):
        hub.create_comment(repo, 7, BODY + "x" * 65_536, marker=MARKER)
    assert stub.asked("POST", POSTS) == []
