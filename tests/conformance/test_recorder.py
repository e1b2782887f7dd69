"""The recorder lets everything through as it is, and finds what was not GitHub's."""

import json

import pytest
from flask import Flask, Response, request

from bot.localhub.shapes import issues
from tests.conformance.recorder import Conformance
from tests.localhub import shapes_view as world

COMMENT = issues.comment_json(world.FixedView(), world.COMMENT)
THREAD = "/api/v3/repos/acme/platform/issues/7/comments"


def small_hub():
    """A hub of one resource: it echoes bodies, and says nonsense when the body is `nonsense`."""
    app = Flask(__name__)

    @app.post(THREAD)
    def create():
        body = request.get_json()["body"]
        if not body:
            return {"message": "Validation Failed", "documentation_url": "x"}, 422
        return {"hello": body} if body == "nonsense" else (COMMENT | {"body": body}, 201)

    @app.get("/api/v3/repos/acme/platform/pulls/7")
    def pull():
        return Response("diff --git", content_type="text/plain")

    @app.post("/acme/platform.git/git-upload-pack")
    def git():
        return request.get_data()

    return app


@pytest.fixture
def recorded():
    app = small_hub()
    conformance = Conformance()
    app.wsgi_app = conformance.around(app.wsgi_app)
    return conformance, app.test_client()


def test_what_conforms_passes_and_is_counted(recorded):
    conformance, client = recorded
    assert client.post(THREAD, json={"body": "Fine."}).json["body"] == "Fine."
    conformance.assert_conforms()
    assert conformance.operations() == {"POST /repos/{owner}/{repo}/issues/{issue_number}/comments"}


def test_a_wrong_answer_is_found(recorded):
    conformance, client = recorded
    client.post(THREAD, json={"body": "nonsense"})
    client.post(THREAD, json={"body": "nonsense"})
    with pytest.raises(
        AssertionError, match=r"1 differences.*\n.*GitHub answers 201, we answered 200 \(2 times\)"
    ):
        conformance.assert_conforms()


def test_a_wrong_request_that_was_taken_is_found(recorded):
    conformance, client = recorded
    client.post(f"{THREAD}?page=1", json={"body": "Fine.", "colour": "red"})
    [problem] = conformance.problems()
    assert "knows no query parameter 'page'" in problem
    client.post(THREAD, json={"body": "Fine.", "colour": "red"})
    assert "colour: Extra inputs" in conformance.problems()[1]


def test_a_wrong_request_that_was_refused_is_the_bots_mistake_alone(recorded):
    conformance, client = recorded
    for agent in ("a test", "roadcrew/1.0"):
        client.post(THREAD, json={"body": "", "colour": "red"}, headers={"User-Agent": agent})
        client.get("/api/v3/repos/acme/platform/moods", headers={"User-Agent": agent})
        assert len(conformance.problems()) == (2 if agent.startswith("roadcrew") else 0)


def test_other_media_types_only_when_they_were_asked_for(recorded):
    conformance, client = recorded
    path = "/api/v3/repos/acme/platform/pulls/7"
    client.get(path, headers={"Accept": "application/vnd.github.diff"})
    assert conformance.problems() == []
    client.get(path, headers={"Accept": "application/vnd.github+json"})
    assert "JSON was asked for" in conformance.problems()[0]


def test_what_is_not_the_api_passes_unseen(recorded):
    conformance, client = recorded
    assert client.post("/acme/platform.git/git-upload-pack", data=b"0000").data == b"0000"
    assert conformance.exchanges == []


def test_a_wrong_webhook_is_found(recorded):
    conformance, _ = recorded
    conformance.hear("issue_comment", json.dumps({"action": "created"}))
    with pytest.raises(AssertionError, match=r"webhook issue_comment\.created is not GitHub's"):
        conformance.assert_conforms()
    assert conformance.events() == {"issue_comment.created"}
