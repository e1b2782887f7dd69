"""Faults on request: answers instead, lost answers, delays, holds; in process and over HTTP; what was counted."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from bot.localhub.faults import Fault
from bot.localhub.server import LocalHub
from tests.localhub.conftest import Clone, Rest, until

REPO = "/repos/acme/platform"


@pytest.fixture
def number(hub: LocalHub) -> int:
    hub.commit("acme/platform", "topic", {"new": "1\n"}, by="developer")
    return hub.open_pull("acme/platform", head="topic", by="developer").number


def _comments(number: int) -> str:
    return f"{REPO}/issues/{number}/comments"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (403, {"Retry-After": "7"}),
        (403, {}),
        (429, {"Retry-After": "7"}),
        (429, {}),
        (500, {}),
        (502, {}),
        (503, {}),
        (404, {}),
    ],
)
def test_an_answer_comes_instead_of_the_deed(
    hub: LocalHub, developer: Rest, number: int, status: int, headers: dict[str, str]
) -> None:
    hub.faults.add(
        Fault(kind="answer", method="POST", status=status, headers=headers, body='{"message": "m"}')
    )
    answer = developer("POST", _comments(number), {"body": "x"})
    assert (answer.status, answer.json) == (status, {"message": "m"})
    assert answer.headers["Retry-After"] == headers.get("Retry-After")
    assert hub.comments("acme/platform", number) == []
    assert developer("POST", _comments(number), {"body": "x"}).status == 201


def test_a_fault_hits_the_nth_match_so_many_times(hub: LocalHub, developer: Rest) -> None:
    fault = hub.faults.add(Fault(kind="answer", path=".*/branches", skip=1, times=2))
    got = [developer("GET", f"{REPO}/branches").status for _ in range(5)]
    assert got == [200, 502, 502, 200, 200]
    assert fault.hits == 2
    assert developer("GET", REPO).status == 200


def test_a_lost_answer_is_a_deed_done(hub: LocalHub, developer: Rest, number: int) -> None:
    hub.faults.add(Fault(kind="lose_answer", method="POST", path=".*/comments"))
    assert developer("POST", _comments(number), {"body": "x"}).status == 502
    assert len(hub.comments("acme/platform", number)) == 1


def test_a_lost_answer_may_be_a_closed_connection(hub: LocalHub, developer: Rest, number: int) -> None:
    hub.faults.add(Fault(kind="lose_answer", method="POST", closes=True))
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        developer("POST", _comments(number), {"body": "x"})
    assert len(hub.comments("acme/platform", number)) == 1
    assert developer("GET", REPO).status == 200


def test_a_delay_delays(hub: LocalHub, developer: Rest) -> None:
    hub.faults.add(Fault(kind="delay", seconds=0.2))
    begun = time.monotonic()
    assert developer("GET", REPO).status == 200
    assert time.monotonic() - begun >= 0.2


def _in_thread(deed: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    got: list[Any] = []
    thread = threading.Thread(target=lambda: got.append(deed()), daemon=True)
    thread.start()
    return thread, got


@pytest.mark.parametrize("after", [False, True])
def test_a_held_request_stands_before_or_after_the_deed(
    hub: LocalHub, developer: Rest, number: int, *, after: bool
) -> None:
    fault = hub.faults.add(Fault(kind="hold", method="POST", path=".*/comments", after=after))
    thread, got = _in_thread(lambda: developer("POST", _comments(number), {"body": "x"}).status)
    assert fault.wait_held()
    assert len(hub.comments("acme/platform", number)) == int(after)
    assert developer("GET", REPO).status == 200
    fault.release()
    thread.join(10)
    assert got == [201]
    assert len(hub.comments("acme/platform", number)) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_push_can_be_held_too(hub: LocalHub, clone: Callable[..., Clone], *, after: bool) -> None:
    fault = hub.faults.add(Fault(kind="hold", method="POST", path=".*/git-receive-pack", after=after))
    work = clone()
    sha = work.commit({"b": "1"})
    thread, got = _in_thread(lambda: work("push", "-q", "origin", "HEAD:topic"))
    assert fault.wait_held()
    assert hub.branches("acme/platform").get("topic") == (sha if after else None)
    fault.release()
    thread.join(10)
    assert got == [""]
    assert hub.branches("acme/platform")["topic"] == sha


def test_stopping_releases_what_is_held(tmp_path) -> None:
    with LocalHub(tmp_path) as hub:
        hub.create_user("developer")
        fault = hub.faults.add(Fault(kind="hold"))
        rest = Rest(hub)

        def ask() -> str:
            try:
                return str(rest("GET", "/users/developer").status)
            except (OSError, http.client.HTTPException):
                return "closed"

        thread, got = _in_thread(ask)
        assert fault.wait_held()
    thread.join(10)
    assert got


def test_requests_are_counted(
    hub: LocalHub, developer: Rest, clone: Callable[..., Clone], number: int
) -> None:
    hub.requests.clear()
    developer("GET", REPO)
    developer("POST", _comments(number), {"body": "x"})
    work = clone()
    work.commit({"b": "1"})
    work("push", "-q", "origin", "HEAD:topic2")
    assert [(one.method, one.path.rsplit("/", 1)[1], one.status) for one in hub.requests.writes()] == [
        ("POST", "comments", 201),
        ("POST", "git-receive-pack", 200),
    ]
    assert len(hub.requests.all(method="GET", path="/api/v3/repos/acme/platform")) == 1


def test_faults_are_set_over_http_with_the_admin_token(hub: LocalHub, developer: Rest) -> None:
    admin = Rest(hub, hub.admin_token)
    assert developer("GET", "/_localhub/faults").status == 401
    made = admin("POST", "/_localhub/faults", {"kind": "answer", "path": ".*/branches", "times": None})
    assert made.status == 201
    assert developer("GET", f"{REPO}/branches").status == 502
    assert admin("GET", "/_localhub/faults").json[0]["hits"] == 1
    assert admin("POST", "/_localhub/faults", {"kind": "nothing"}).status == 422
    assert admin("POST", "/_localhub/faults", {"kind": "answer", "path": "("}).status == 422
    assert admin("DELETE", f"/_localhub/faults/{made.json['id']}").status == 204
    assert developer("GET", f"{REPO}/branches").status == 200
    assert [one["status"] for one in admin("GET", "/_localhub/requests").json][-2:] == [502, 200]
    assert admin("PATCH", "/_localhub/limits", {"primary": 1}).json["primary"] == 1
    assert admin("PATCH", "/_localhub/limits", {"secret": 1}).status == 422
    assert developer("GET", REPO).status == 403


def test_a_held_request_is_released_over_http(hub: LocalHub, developer: Rest) -> None:
    admin = Rest(hub, hub.admin_token)
    made = admin("POST", "/_localhub/faults", {"kind": "hold", "path": ".*/branches"}).json
    thread, got = _in_thread(lambda: developer("GET", f"{REPO}/branches").status)
    until(lambda: admin("GET", "/_localhub/faults").json[0]["hits"] == 1)
    assert got == []
    assert admin("POST", f"/_localhub/faults/{made['id']}/release").status == 204
    thread.join(10)
    assert got == [200]
