"""Reads: quick repeats, free when nothing changed, and never to another host."""

from __future__ import annotations

import socket

import pytest

from bot.adapters.github import connection
from bot.errors import Refused, Retry, UserError
from tests.adapters.github.github_stub import REPO, Stub, serving

ISSUES = "/issues/7/comments"
REPO_PATH = "/repos/acme/platform"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0], ids="{}".format)
def test_a_read_is_repeated_quickly(hub, stub, repo, status):
    stub.add_comment("words")
    stub.break_next("GET", ISSUES, status, times=2)
    assert [one.body for one in hub.comments(repo, 7)] == ["words"]


def test_a_read_gives_up_after_three_tries(hub, stub, repo, raising):
    stub.break_next("GET", ISSUES, 502, times=9)
    with raising(Retry):
        hub.comments(repo, 7)
    assert len(stub.asked("GET", ISSUES)) == 3


def test_a_github_that_is_away_is_a_retry(connect, repo, raising):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = Stub()
        away.url = f"http://127.0.0.1:{free.getsockname()[1]}"
    hub = connect(away)
    with raising(Retry) as caught:
        hub.comments(repo, 7)
    assert "cannot be reached" in caught.value.reason


def test_a_github_that_never_answers_is_a_retry(connect, repo, raising, monkeypatch):
    monkeypatch.setattr(connection, "TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        away = Stub()
        away.url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with raising(Retry):
            connect(away).comments(repo, 7)


@pytest.mark.parametrize(("bound", "value"), [("_MOST", 100), ("_WHOLE", -1.0)])
def test_an_answer_that_does_not_end_is_a_retry(hub, stub, repo, raising, monkeypatch, bound, value):
    hub.comments(repo, 7)
    monkeypatch.setattr(connection, bound, value)
    stub.add_comment("x" * 1000)
    with raising(Retry) as caught:
        hub.comments(repo, 7)
    assert "got lost" in caught.value.reason


def test_a_github_that_answers_no_json_is_a_retry(hub, stub, repo, raising):
    stub.break_next("GET", ISSUES, 200, body="<html>maintenance</html>")
    with raising(Retry):
        hub.comments(repo, 7)


def test_headers_that_are_no_numbers_do_no_harm(hub, stub, repo):
    stub.break_next(
        "GET", ISSUES, 200, headers={"x-ratelimit-remaining": "many", "x-ratelimit-limit": "x"}, body=[]
    )
    assert hub.comments(repo, 7) == []


def test_accepted_without_content_does_not_hold_the_worker(hub, stub, repo, raising):
    """PyGithub sleeps and asks again for ever on 202."""
    stub.break_next("GET", ISSUES, 202, body={}, times=50)
    with raising(Retry):
        hub.comments(repo, 7)
    assert len(stub.asked("GET", ISSUES)) == 1


def test_what_did_not_change_is_not_sent_again(hub, stub, repo):
    stub.add_comment("words")
    first = hub.comments(repo, 7)
    assert hub.comments(repo, 7) == first
    asked = stub.asked("GET", ISSUES)
    assert "if-none-match" not in asked[0].headers
    assert "if-none-match" in asked[1].headers
    stub.comments[0]["body"] = "new words"
    assert [one.body for one in hub.comments(repo, 7)] == ["new words"]


def test_all_pages_are_read(hub, stub, repo):
    for number in range(250):
        stub.add_comment(f"{number}")
    assert [one.body for one in hub.comments(repo, 7)] == [str(number) for number in range(250)]
    assert len(stub.asked("GET", ISSUES)) == 3
    hub.comments(repo, 7)
    assert all("if-none-match" in call.headers for call in stub.asked("GET", ISSUES)[3:])


def test_a_list_without_end_is_refused(hub, stub, repo, raising):
    again = {"Link": f'<{stub.url}{REPO_PATH}{ISSUES}?page=2>; rel="next"'}
    stub.break_next("GET", ISSUES, 200, headers=again, body=[], times=99)
    with raising(Refused) as caught:
        hub.comments(repo, 7)
    assert "5000" in caught.value.reason
    assert len(stub.asked("GET", ISSUES)) == 50


@pytest.fixture
def places(stub, other_host):
    """Where a Link or redirect must not lead, by what is wrong with it."""
    port = stub.url.rsplit(":", 1)[1]
    path = f"{REPO_PATH}{ISSUES}"
    return {
        "another port": f"{other_host.url}{path}",
        "another name": f"http://localhost:{port}{path}",
        "another scheme": f"https://127.0.0.1:{port}{path}",
        "a user in it": f"http://user:word@127.0.0.1:{port}{path}",
        "an alias of the host": f"//{other_host.url.removeprefix('http://')}{path}",
        "no http": "file:///etc/passwd",
        "unreadable": "http://[bad/",
        "a port that is none": "http://127.0.0.1:99999999/",
    }


WRONG = [
    "another port",
    "another name",
    "another scheme",
    "a user in it",
    "an alias of the host",
    "no http",
    "unreadable",
    "a port that is none",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_promise_6_a_link_to_another_host_gets_no_request_and_no_token(
    hub, stub, other_host, repo, raising, places, wrong
):
    stub.break_next("GET", ISSUES, 200, headers={"Link": f'<{places[wrong]}>; rel="next"'}, body=[])
    with raising(Refused) as caught:
        hub.comments(repo, 7)
    assert other_host.calls == []
    assert len(stub.asked("GET", ISSUES)) == 1
    assert "credentials stay" in caught.value.reason
    assert "word" not in caught.value.reason.replace("words", "")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308], ids=str)
@pytest.mark.parametrize("wrong", WRONG)
def test_promise_6_a_redirect_to_another_host_gets_no_request_and_no_token(
    hub, stub, other_host, repo, raising, places, wrong, status
):
    stub.break_next("GET", ISSUES, status, headers={"Location": places[wrong]}, body={})
    with raising(Refused):
        hub.comments(repo, 7)
    assert other_host.calls == []
    assert len(stub.asked("GET", ISSUES)) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308], ids=str)
def test_a_renamed_repo_is_followed_on_the_same_host(hub, stub, repo, status):
    stub.answers["/repositories/1"] = REPO
    there = f"{stub.url}/repositories/1?a=b"
    stub.break_next("GET", rf"{REPO_PATH}$", status, headers={"Location": there}, body={})
    assert hub.default_branch(repo) == "main"
    assert stub.calls[-1].path == "/repositories/1?a=b"


def test_a_relative_redirect_stays_where_it_is(hub, stub, repo):
    stub.answers["/repositories/1"] = REPO
    stub.break_next("GET", rf"{REPO_PATH}$", 302, headers={"Location": "/repositories/1"}, body={})
    assert hub.default_branch(repo) == "main"


def test_redirects_in_a_circle_end(hub, stub, repo, raising):
    stub.break_next("GET", rf"{REPO_PATH}$", 301, headers={"Location": REPO_PATH}, body={}, times=99)
    with raising(Refused):
        hub.default_branch(repo)
    assert len(stub.asked("GET", rf"{REPO_PATH}$")) == 4


@pytest.mark.parametrize("status", [301, 302, 303], ids=str)
def test_a_write_is_not_carried_elsewhere(hub, stub, repo, raising, status):
    there = f"{REPO_PATH}/issues/8/comments"
    stub.break_next("POST", ISSUES, status, headers={"Location": there}, body={})
    with raising(Refused):
        hub.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->")
    assert stub.comments == []


@pytest.mark.parametrize("status", [307, 308], ids=str)
def test_a_write_follows_what_asks_for_the_same_verb(hub, stub, repo, status):
    there = f"{REPO_PATH}/issues/8/comments"
    stub.break_next("POST", ISSUES, status, headers={"Location": there}, body={})
    hub.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->")
    assert [one["issue"] for one in stub.comments] == [8]


@pytest.mark.parametrize("status", [307, 308], ids=str)
def test_promise_6_a_write_is_not_carried_to_another_host(hub, stub, other_host, repo, raising, status):
    there = f"{other_host.url}{REPO_PATH}{ISSUES}"
    stub.break_next("POST", ISSUES, status, headers={"Location": there}, body={})
    with raising(Refused):
        hub.create_comment(repo, 7, "<!-- m -->", marker="<!-- m -->")
    assert other_host.calls == []


def test_an_enterprise_server_has_a_prefix(connect, repo):
    with serving(Stub(prefix="/api/v3")) as enterprise:
        hub = connect(enterprise)
        for number in range(101):
            enterprise.add_comment(f"{number}")
        assert len(hub.comments(repo, 7)) == 101
        outside = enterprise.url.removesuffix("/api/v3") + "/elsewhere"
        enterprise.break_next("GET", ISSUES, 302, headers={"Location": outside}, body={})
        with pytest.raises(Refused):
            hub.comments(repo, 7)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.github.com",
        "ftp://github.com",
        "https://",
        "https://a:b@host",
        "https://host/?q=1",
        "http://[x",
    ],
)
def test_an_api_url_that_cannot_work_is_said_at_once(connect, stub, url):
    with pytest.raises(UserError):
        connect(stub, api_url=url)
