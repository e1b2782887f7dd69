"""GET / and GET /healthz: what people and load balancers see."""

from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot.errors import Retry
from bot.model.event import RepoRef
from bot.ports import Backlog, Failure
from bot.web.app import WEBHOOKS, create_app

SECRET = "a-new-secret-of-some-length"


class Shown:
    def __init__(self, backlog):
        self._backlog = backlog

    def put(self, event, *, after=0.0):
        raise AssertionError("pages put nothing")

    def probe(self):
        pass

    def backlog(self):
        if self._backlog is None:
            raise Retry("Redis is away.")
        return self._backlog


def client(backlog):
    platform = RepoRef(owner="acme", name="platform")
    return create_app([SecretStr(SECRET)], Shown(backlog), platform=platform).test_client()


def test_the_status_page_shows_counts_and_failures_in_words():
    failure = Failure(
        "guid-1", "pull_changed", "Given up: <b>GitHub</b> is away.", datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    )
    page = client(Backlog(3, 2, 1, (failure,))).get("/")
    assert page.status_code == 200
    for part in (
        "acme/platform",
        "<dd>3</dd>",
        "<dd>2</dd>",
        "<dd>1</dd>",
        "guid-1",
        "pull changed",
        "2026-01-02 03:04:00",
    ):
        assert part in page.text
    assert "&lt;b&gt;GitHub&lt;/b&gt; is away." in page.text
    assert SECRET not in page.text


def test_the_status_page_says_that_nothing_failed():
    assert "Nothing failed" in client(Backlog(0, 0, 0)).get("/").text


def test_the_status_page_says_that_the_queue_is_away():
    page = client(None).get("/")
    assert page.status_code == 503
    assert "The queue is away" in page.text


def test_health_has_the_depth_of_the_queue_and_fails_with_it():
    assert client(Backlog(3, 2, 1)).get("/healthz").json == {"status": "ok", "waiting": 3, "running": 2}
    assert client(None).get("/healthz").status_code == 503


@pytest.mark.parametrize("path", ["/", "/healthz", WEBHOOKS, "/nowhere", "/static/status.css"])
def test_every_answer_has_the_security_headers(path):
    answer = client(Backlog(0, 0, 0)).get(path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    answer.close()


def test_an_unknown_page_is_a_sentence():
    answer = client(Backlog(0, 0, 0)).get("/nowhere")
    assert (answer.status_code, answer.json) == (404, {"error": "There is no such page."})
