"""Promise 9: GitHub's limits put the work back in the queue with its time; nothing is slept on."""

from __future__ import annotations

import pytest

from bot.adapters.budget import Priority, SharedBudget
from bot.errors import Refused, Retry
from tests.adapters.github.github_stub import NOW

SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait."}
LIMITS = [
    pytest.param(403, {"Retry-After": "7"}, SECONDARY, 7, id="403 with Retry-After"),
    pytest.param(429, {"Retry-After": "7"}, SECONDARY, 7, id="429 with Retry-After"),
    pytest.param(403, {}, SECONDARY, 60, id="403 secondary without Retry-After"),
    pytest.param(429, {}, {}, 60, id="429 without Retry-After"),
    pytest.param(403, {}, {"message": "You have triggered an abuse detection mechanism."}, 60, id="abuse"),
    pytest.param(
        403,
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 1800)},
        {"message": "API rate limit exceeded for installation."},
        1801,
        id="primary",
    ),
    pytest.param(403, {"Retry-After": "soon"}, SECONDARY, 60, id="Retry-After in words"),
    pytest.param(403, {"Retry-After": "nan"}, SECONDARY, 60, id="Retry-After is no number"),
    pytest.param(
        429, {"Retry-After": "Sat, 21 Nov 2026 12:00:30 GMT"}, SECONDARY, 30, id="Retry-After as a date"
    ),
    pytest.param(403, {"Retry-After": "999999"}, SECONDARY, 3700, id="Retry-After without reason"),
    pytest.param(429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "x"}, {}, 60, id="reset in words"),
]


@pytest.mark.parametrize(("status", "headers", "body", "after"), LIMITS)
@pytest.mark.parametrize("write", ["POST", "PATCH", "GET"])
def test_promise_9_a_limit_is_a_retry_with_its_time(
    hub, stub, repo, naps, raising, write, status, headers, body, after
):
    stub.break_next(write, "/issues/", status, headers=headers, body=body, times=9)
    calls = {
        "POST": lambda: hub.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->"),
        "PATCH": lambda: hub.edit_comment(repo, 1, "words"),
        "GET": lambda: hub.comments(repo, 7),
    }
    with raising(Retry) as caught:
        calls[write]()
    assert caught.value.after == after
    assert naps == []
    assert stub.comments == []
    assert len(stub.asked(write, "/issues/")) == 1


def test_promise_9_nothing_more_is_sent_while_github_wants_quiet(hub, stub, repo, raising):
    stub.break_next("GET", "/issues/", 403, headers={"Retry-After": "7"}, body=SECONDARY)
    for _ in range(3):
        with raising(Retry) as caught:
            hub.comments(repo, 7)
        assert caught.value.after == 7
    assert len(stub.asked("GET", "/issues/")) == 1


def test_promise_9_a_spent_budget_sends_nothing(connect, stub, repo, raising):
    budget = SharedBudget(clock=lambda: NOW, limits="1/minute")
    one, other = connect(stub, budget=budget), connect(stub, budget=budget)
    one.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->")
    with raising(Retry) as caught:
        other.create_comment(repo, 8, "<!-- m -->", marker="<!-- m -->")
    assert caught.value.after > 50
    assert len(stub.comments) == 1


def test_promise_9_every_try_of_a_write_is_counted(connect, stub, repo, raising):
    budget = SharedBudget(clock=lambda: NOW, limits="1/minute")
    hub = connect(stub, budget=budget)
    stub.add_comment("words")
    stub.break_next("PATCH", "/issues/", 502)
    with raising(Retry) as caught:
        hub.edit_comment(repo, 1, "new words")
    assert caught.value.after > 50, "the second try must wait for its turn in the queue"
    assert len(stub.asked("PATCH")) == 1


def test_campaigns_leave_the_last_calls_of_the_hour(connect, stub, repo, raising):
    hub = connect(stub)
    headers = {"x-ratelimit-remaining": "400", "x-ratelimit-reset": str(int(NOW.timestamp()) + 600)}
    stub.break_next("GET", "/issues/", 200, headers=headers, body=[])
    hub.comments(repo, 7)
    with raising(Retry) as caught:
        hub.at(Priority.CAMPAIGN).comments(repo, 7)
    assert caught.value.after == 601
    assert hub.comments(repo, 7) == []


def test_a_missing_permission_is_said_with_its_name(hub, stub, repo, raising):
    stub.break_next(
        "POST",
        "/check-runs",
        403,
        headers={"X-Accepted-GitHub-Permissions": "checks=write,metadata=read; contents=write"},
        body={"message": "Resource not accessible by integration"},
    )
    from bot.ports import CheckOutput

    with raising(Refused) as caught:
        hub.create_check(repo, "a" * 40, "n", external_id="x", output=CheckOutput("t", "s", ""))
    assert "checks=write and metadata=read or contents=write" in caught.value.reason


@pytest.mark.parametrize("status", [403, 422, 451, 406], ids=str)
def test_other_refusals_carry_githubs_words_and_no_secret(hub, stub, repo, raising, status):
    words = {
        "message": "Repository was archived",
        "errors": [{"field": "body", "code": "ghs_CANARYxxxxxxxx"}],
    }
    stub.break_next("PATCH", "/issues/", status, body=words)
    with raising(Refused) as caught:
        hub.edit_comment(repo, 1, "words")
    assert "Repository was archived; body: [redacted]" in caught.value.reason


@pytest.mark.parametrize("body", ["<html>", "[]", '"text"', {"message": None, "errors": "no list"}], ids=repr)
def test_refusals_without_words_are_still_sentences(hub, stub, repo, raising, body):
    stub.break_next("PATCH", "/issues/", 422, body=body)
    with raising(Refused) as caught:
        hub.edit_comment(repo, 1, "words")
    assert "no reason given" in caught.value.reason
