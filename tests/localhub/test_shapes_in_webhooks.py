"""Each webhook that a hub can send, put together from the shapes as `events.py` does, is GitHub's own."""

import pytest

from bot.localhub.shapes import accounts, apps, checks, gitdata, issues, pulls, repos
from tests.conformance.check import check_webhook
from tests.localhub import shapes_view as world

VIEW = world.FixedView()
PULL_ACTIONS = {
    "opened": {},
    "reopened": {},
    "closed": {},
    "ready_for_review": {},
    "converted_to_draft": {},
    "edited": {
        "changes": {"title": {"from": "Old"}, "base": {"ref": {"from": "old"}, "sha": {"from": world.SHA}}}
    },
    "synchronize": {"before": world.SHA, "after": world.OTHER},
    "labeled": {"label": issues.label_json(VIEW, world.LABEL)},
    "unlabeled": {"label": issues.label_json(VIEW, world.LABEL)},
    "assigned": {"assignee": accounts.user_json(VIEW, world.DEVELOPER)},
    "unassigned": {"assignee": accounts.user_json(VIEW, world.DEVELOPER)},
    "review_requested": {"requested_reviewer": accounts.user_json(VIEW, world.OWNER)},
    "review_request_removed": {"requested_reviewer": accounts.user_json(VIEW, world.OWNER)},
}


def sent(event, body, *, repo=world.REPO, action=None):
    """The payload with the blocks that every webhook about a repository carries."""
    payload = {"action": action} if action else {}
    block = repos.repository_push_json if event == "push" else repos.repository_hook_json
    return (
        payload
        | body
        | {
            "repository": block(VIEW, repo),
            "organization": accounts.organization_json(VIEW, world.ORG),
            "sender": accounts.user_json(VIEW, world.BOT),
            "installation": apps.installation_lite_json(VIEW, world.INSTALLATION),
        }
    )


@pytest.mark.parametrize("which", [which for which in world.PULLS if which != "its fork was deleted"])
@pytest.mark.parametrize("action", PULL_ACTIONS)
def test_pull_request(action, which):
    pull = world.PULLS[which]
    body = {"number": pull.number, "pull_request": pulls.pull_hook_json(VIEW, pull, action)}
    check_webhook("pull_request", sent("pull_request", body | PULL_ACTIONS[action], action=action))


@pytest.mark.parametrize("action", ["closed", "labeled", "edited"])
def test_pull_request_whose_fork_was_deleted(action):
    pull = world.PULLS["its fork was deleted"]
    body = {"number": pull.number, "pull_request": pulls.pull_hook_json(VIEW, pull, action)}
    check_webhook("pull_request", sent("pull_request", body | PULL_ACTIONS[action], action=action))


@pytest.mark.parametrize("which", world.PULLS)
@pytest.mark.parametrize("comment", [world.COMMENT, world.BOT_COMMENT])
@pytest.mark.parametrize(
    ("action", "more"), [("created", {}), ("edited", {"changes": {"body": {"from": "Old"}}}), ("deleted", {})]
)
def test_issue_comment(action, more, comment, which):
    issue = issues.issue_hook_json(VIEW, world.PULLS[which])
    body = {"issue": issue, "comment": issues.comment_hook_json(VIEW, comment)} | more
    check_webhook("issue_comment", sent("issue_comment", body, action=action))


@pytest.mark.parametrize("which", world.PULLS)
@pytest.mark.parametrize("kind", ["approved", "changes requested"])
def test_pull_request_review(kind, which):
    body = {
        "review": pulls.review_hook_json(VIEW, world.REVIEWS[kind]),
        "pull_request": pulls.pull_review_hook_json(VIEW, world.PULLS[which]),
    }
    check_webhook("pull_request_review", sent("pull_request_review", body, action="submitted"))


def test_pull_request_review_dismissed():
    body = {
        "review": pulls.review_hook_json(VIEW, world.REVIEWS["dismissed"]),
        "pull_request": pulls.pull_review_hook_json(VIEW, world.PULL),
    }
    check_webhook("pull_request_review", sent("pull_request_review", body, action="dismissed"))


@pytest.mark.parametrize("run", [world.RUN, world.DONE_RUN, world.FORK_RUN], ids=lambda run: run.id)
@pytest.mark.parametrize("action", ["created", "completed", "rerequested", "requested_action"])
def test_check_run(action, run):
    body = {"check_run": checks.check_run_hook_json(VIEW, run)}
    more = {"requested_action": {"identifier": "again"}} if action == "requested_action" else {}
    check_webhook("check_run", sent("check_run", body | more, action=action))


@pytest.mark.parametrize("suite", [world.SUITE, world.FORK_SUITE], ids=lambda suite: suite.id)
@pytest.mark.parametrize("action", ["requested", "rerequested", "completed"])
def test_check_suite(action, suite):
    body = {"check_suite": checks.check_suite_hook_json(VIEW, suite)}
    check_webhook("check_suite", sent("check_suite", body, action=action))


def test_push():
    pushed = gitdata.push_commit_json(VIEW, world.REPO, world.COMMIT, world.FILES)
    body = {
        "ref": "refs/heads/main",
        "before": world.SHA,
        "after": world.OTHER,
        "base_ref": None,
        "compare": "http://127.0.0.1:8080/acme/platform/compare/a...b",
        "created": False,
        "deleted": False,
        "forced": False,
        "pusher": {"name": "developer", "email": "developer@acme.test"},
        "commits": [pushed],
        "head_commit": pushed,
    }
    check_webhook("push", sent("push", body))
    check_webhook("push", sent("push", body | {"deleted": True, "commits": [], "head_commit": None}))


def test_a_push_tells_its_repositorys_times_in_seconds():
    block = repos.repository_push_json(VIEW, world.REPO)
    assert (block["created_at"], block["owner"]["name"], block["organization"]) == (
        1769860800,
        "acme",
        "acme",
    )


@pytest.mark.parametrize("event", ["create", "delete"])
@pytest.mark.parametrize("kind", ["branch", "tag"])
def test_refs_that_come_and_go(event, kind):
    body = {"ref": "env/dev", "ref_type": kind, "pusher_type": "user"}
    more = {"master_branch": "main", "description": None} if event == "create" else {}
    check_webhook(event, sent(event, body | more))


@pytest.mark.parametrize("action", ["created", "deleted", "suspend", "unsuspend", "new_permissions_accepted"])
def test_installation(action):
    check_webhook(
        "installation",
        {
            "action": action,
            "installation": apps.installation_json(VIEW, world.INSTALLATION),
            "repositories": [repos.repository_lite_json(VIEW, world.REPO)],
            "requester": None,
            "sender": accounts.user_json(VIEW, world.OWNER),
        },
    )


@pytest.mark.parametrize("action", ["added", "removed"])
def test_installation_repositories(action):
    told = [repos.repository_lite_json(VIEW, world.REPO)]
    check_webhook(
        "installation_repositories",
        {
            "action": action,
            "installation": apps.installation_json(VIEW, world.INSTALLATION),
            "repository_selection": "selected",
            "repositories_added": told if action == "added" else [],
            "repositories_removed": told if action == "removed" else [],
            "requester": None,
            "sender": accounts.user_json(VIEW, world.OWNER),
        },
    )


@pytest.mark.parametrize("action", ["created", "archived", "deleted"])
def test_repository(action):
    check_webhook("repository", sent("repository", {}, repo=world.FORK, action=action))


def test_ping():
    check_webhook("ping", apps.ping_json(VIEW, world.APP))
