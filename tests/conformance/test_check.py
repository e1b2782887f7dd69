"""The checker notices: each way of not being GitHub's is told, with its place."""

import copy
import subprocess
import sys

import pytest

from bot.localhub.shapes import issues, pulls
from tests.conformance.check import check_model, check_request, check_response, check_webhook
from tests.conformance.operations import operation_for
from tests.localhub import shapes_view as world

PULL = "/repos/acme/platform/pulls/7"
VIEW = world.FixedView()


def pull(**changes):
    return pulls.pull_json(VIEW, world.PULL) | changes


def test_a_true_answer_passes():
    check_response("GET", PULL, 200, pull())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"number": "7"}, "number: Input should be a valid integer"),
        ({"state": "merged"}, "state: Input should be 'open' or 'closed'"),
        ({"draft": None}, "draft.bool: Input should be a valid boolean"),
        ({"created_at": "yesterday"}, "created_at: Input should be a valid datetime"),
        ({"labels": [{"name": "bug"}]}, "labels.0.id: Field required"),
        ({"user": None}, "user: Input should be an object"),
    ],
)
def test_a_field_that_is_not_githubs_is_told_with_its_place(changes, told):
    with pytest.raises(AssertionError, match="PullRequest") as caught:
        check_response("GET", PULL, 200, pull(**changes))
    assert told in str(caught.value)


@pytest.mark.parametrize("name", sorted(pulls.pull_json(VIEW, world.PULL)))
def test_no_field_of_a_pull_may_change_its_type(name):
    with pytest.raises(AssertionError, match=f"\n  {name}"):
        check_response("GET", PULL, 200, pull(**{name: {"not": ["this"]}}))


def test_a_missing_field_deep_inside_is_told():
    body = copy.deepcopy(pull())
    del body["base"]["repo"]["owner"]["login"]
    with pytest.raises(
        AssertionError, match=r"base\.repo\.SimpleUser\.login: Field required|base\.repo\.owner"
    ):
        check_response("GET", PULL, 200, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "body", "told"),
    [
        ("GET", "/repos/acme/platform/moods", 200, {}, "GitHub has no such operation"),
        ("PURGE", PULL, 200, {}, "GitHub has no such operation"),
        ("GET", PULL, 201, {}, "GitHub answers 200, 304, we answered 201"),
        ("GET", PULL, 418, {}, "GitHub knows no answer 418 here"),
        ("GET", PULL, 200, None, "GitHub sends PullRequest, we sent no body"),
        ("GET", PULL, 304, {}, "GitHub sends no body with it"),
        ("GET", PULL, 404, {"error": "gone"}, "error: Extra inputs are not permitted"),
        ("DELETE", "/repos/acme/platform/issues/comments/1", 204, {}, "GitHub sends no body"),
        ("POST", "/repos/acme/platform/issues/7/comments", 200, {}, "GitHub answers 201, we answered 200"),
    ],
)
def test_an_answer_that_github_does_not_give(method, path, status, body, told):
    with pytest.raises(AssertionError, match=told):
        check_response(method, path, status, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", PULL, 304, None),
        ("GET", PULL, 404, {"message": "Not Found", "documentation_url": "x", "status": "404"}),
        ("GET", PULL, 401, {"message": "Bad credentials", "documentation_url": "x", "status": "401"}),
        ("DELETE", "/repos/acme/platform/issues/comments/1", 204, None),
        ("GET", "/repos/acme/platform/contents", 404, {"message": "Not Found"}),
        (
            "POST",
            "/repos/acme/platform/issues/7/comments",
            422,
            {
                "message": "Validation Failed",
                "errors": [
                    {"resource": "IssueComment", "code": "custom", "field": "body", "message": "too long"}
                ],
                "documentation_url": "x",
                "status": "422",
            },
        ),
    ],
)
def test_an_answer_that_github_does_give(method, path, status, body):
    check_response(method, path, status, body)


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "told"),
    [
        ("GET", "/repos/a/b/pulls", [("labels", "x")], None, "knows no query parameter 'labels'"),
        ("GET", "/repos/a/b/pulls", [("state", "merged")], None, "'open', 'closed' or 'all'"),
        ("GET", "/repos/a/b/pulls", [("per_page", "many")], None, "valid integer"),
        ("GET", "/repos/a/b/pulls", [], {"state": "open"}, "GitHub takes no body"),
        ("POST", "/repos/a/b/issues/7/comments", [], None, "body: Field required"),
        ("POST", "/repos/a/b/issues/7/comments", [], {"body": "x", "title": "y"}, "title: Extra inputs"),
        ("PATCH", "/repos/a/b/check-runs/1", [], {"conclusion": "sucess"}, "conclusion"),
    ],
)
def test_a_request_that_github_does_not_take(method, path, query, body, told):
    with pytest.raises(AssertionError, match=told):
        check_request(method, path, query, body)


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("GET", "/repos/a/b/pulls", [("state", "all"), ("per_page", "100"), ("page", "2")], None),
        (
            "POST",
            "/repos/a/b/check-runs",
            [],
            {"name": "roadcrew", "head_sha": "a" * 40, "status": "in_progress"},
        ),
        ("PUT", "/repos/a/b/pulls/7/merge", [], None),
        ("POST", "/app/installations/12/access_tokens", [], {"permissions": {"checks": "write"}}),
        ("POST", "/app/hook/deliveries/3/attempts", [], None),
    ],
)
def test_a_request_that_github_takes(method, path, query, body):
    check_request(method, path, query, body)


@pytest.mark.parametrize(
    ("event", "body", "told"),
    [
        ("pull_requested", {}, "GitHub has no such event"),
        ("pull_request", {"action": "looked_at"}, "GitHub has no action 'looked_at', only assigned"),
        ("issue_comment", {"action": "created"}, "comment: Field required"),
        ("push", {"action": "opened"}, "action: Extra inputs are not permitted"),
    ],
)
def test_a_webhook_that_github_does_not_send(event, body, told):
    with pytest.raises(AssertionError, match=told):
        check_webhook(event, body)


@pytest.mark.parametrize(
    ("method", "path", "template"),
    [
        ("GET", "/repos/a/b/contents/docs/a.md", "/repos/{owner}/{repo}/contents/{path}"),
        ("GET", "/repos/a/b/contents/", "/repos/{owner}/{repo}/contents/{path}"),
        ("GET", "/repos/a/b/commits/env/dev", "/repos/{owner}/{repo}/commits/{ref}"),
        ("GET", "/repos/a/b/commits/env/dev/check-runs", "/repos/{owner}/{repo}/commits/{ref}/check-runs"),
        (
            "GET",
            "/repos/a/b/branches/env/dev/protection",
            "/repos/{owner}/{repo}/branches/{branch}/protection",
        ),
        ("GET", "/repos/a/b/compare/main...x:feature/y", "/repos/{owner}/{repo}/compare/{basehead}"),
        ("GET", "/repos/a/b/pulls/comments/3", "/repos/{owner}/{repo}/pulls/comments/{comment_id}"),
        ("HEAD", "/repos/a/b/pulls/3", "/repos/{owner}/{repo}/pulls/{pull_number}"),
        ("PATCH", "/repos/a/b/git/refs/heads/a/b", "/repos/{owner}/{repo}/git/refs/{ref}"),
    ],
)
def test_the_closest_operation_is_found(method, path, template):
    operation = operation_for(method, path)
    assert operation is not None
    assert operation.template == template


def test_models_that_were_loaded_lax_are_noticed():
    lax = "import githubkit_schemas.v2022_11_28.models as m; m.SimpleUser; import tests.conformance.models"
    ran = subprocess.run([sys.executable, "-c", lax], capture_output=True, text=True, check=False)
    assert "were loaded before they could be made strict" in ran.stderr


def test_a_label_is_another_one_in_each_place():
    check_model("Label", issues.label_json(VIEW, world.LABEL))
    with pytest.raises(AssertionError, match="archived_at: Extra inputs"):
        check_model("PullRequestPropLabelsItems", issues.label_json(VIEW, world.LABEL))
