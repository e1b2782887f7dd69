"""Pull requests and their reviews."""

from __future__ import annotations

from bot.localhub.records import Pull, Repository, Review
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, api, html, node_id
from bot.localhub.shapes.issues import label_hook_json, label_in_pull_json, label_json
from bot.localhub.shapes.repos import minimal_repository_json
from bot.localhub.shapes.teams import team_hook_json, team_json, team_simple_json
from bot.localhub.view import View

FULL_IN_HOOKS = frozenset(
    {"opened", "edited", "closed", "reopened", "converted_to_draft", "ready_for_review"}
)
"""Actions whose webhook carries GitHub's `pull-request-webhook`; the others carry slimmer copies of it."""


def pull_simple_json(view: View, pull: Pull) -> Json:
    """`pull-request-simple`, as in lists."""
    return _pull(view, pull) | {
        "labels": [label_in_pull_json(view, view.label(each)) for each in pull.label_ids],
        "requested_teams": [team_json(view, view.team(each)) for each in pull.requested_team_ids],
    }


def pull_json(view: View, pull: Pull) -> Json:
    """`pull-request`: `GET /repos/{owner}/{repo}/pulls/{pull_number}`."""
    full = pull_simple_json(view, pull) | _outcome(view, pull)
    return full | {"requested_teams": [team_simple_json(view, view.team(t)) for t in pull.requested_team_ids]}


def pull_hook_json(view: View, pull: Pull, action: str = "opened") -> Json:
    """A pull request in `pull_request` webhooks of this action."""
    if action in FULL_IN_HOOKS:
        return pull_json(view, pull)
    slim = pull_review_hook_json(view, pull) | _outcome(view, pull)
    if action == "labeled":
        # Here alone GitHub tells all about each label.
        slim["labels"] = [label_json(view, view.label(each)) for each in pull.label_ids]
    return slim


def pull_review_hook_json(view: View, pull: Pull) -> Json:
    """A pull request in `pull_request_review`: not whether and how it can be merged."""
    return _pull(view, pull) | {
        "labels": [label_hook_json(view, view.label(each)) for each in pull.label_ids],
        "requested_teams": [team_hook_json(view, view.team(each)) for each in pull.requested_team_ids],
    }


def pull_minimal_json(view: View, pull: Pull) -> Json:
    """`pull-request-minimal`, at check runs and suites."""
    base = view.repo(pull.repo_id)
    head = view.repo(pull.repo_id if pull.head_repo_id is None else pull.head_repo_id)
    return {
        "id": pull.id,
        "number": pull.number,
        "url": api(view, base, "pulls", pull.number),
        "head": {"ref": pull.head_ref, "sha": pull.head_sha, "repo": _repo_ref(view, head)},
        "base": {"ref": pull.base_ref, "sha": pull.base_sha, "repo": _repo_ref(view, base)},
    }


def _repo_ref(view: View, repo: Repository) -> Json:
    return {"id": repo.id, "url": api(view, repo), "name": repo.name}


def merge_result_json(sha: str) -> Json:
    """`pull-request-merge-result`."""
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def review_json(view: View, review: Review) -> Json:
    """`pull-request-review`. The state is in capitals."""
    repo = view.repo(review.repo_id)
    author = view.account(review.author_id)
    page = f"{html(view, repo, 'pull', review.number)}#pullrequestreview-{review.id}"
    url = api(view, repo, "pulls", review.number)
    shown: Json = {
        "id": review.id,
        "node_id": node_id("PRR", review.id),
        "user": user_json(view, author),
        "body": review.body,
        "state": review.state,
        "html_url": page,
        "pull_request_url": url,
        "author_association": view.association(repo, author),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "commit_id": review.commit_id,
    }
    return shown | ({"submitted_at": review.submitted_at} if review.submitted_at else {})


def review_hook_json(view: View, review: Review) -> Json:
    """The review in `pull_request_review`: the state in small letters, no body is null."""
    return review_json(view, review) | {
        "state": review.state.lower(),
        "body": review.body or None,
        "submitted_at": review.submitted_at,
    }


def _outcome(view: View, pull: Pull) -> Json:
    counts = view.pull_counts(pull)
    merger = view.account(pull.merged_by_id) if pull.merged_by_id is not None else None
    return {
        "merged": pull.merged_at is not None,
        "mergeable": pull.is_mergeable,
        "rebaseable": pull.is_mergeable,
        "mergeable_state": view.mergeable_state(pull),
        "merged_by": user_json(view, merger) if merger else None,
        "comments": counts.comments,
        "review_comments": counts.review_comments,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": counts.commits,
        "additions": counts.additions,
        "deletions": counts.deletions,
        "changed_files": counts.changed_files,
    }


def _pull(view: View, pull: Pull) -> Json:
    repo = view.repo(pull.repo_id)
    author = view.account(pull.author_id)
    assignees = [user_json(view, view.account(each)) for each in pull.assignee_ids]
    reviewers = [user_json(view, view.account(each)) for each in pull.requested_reviewer_ids]
    return _pull_urls(view, repo, pull) | {
        "id": pull.id,
        "node_id": node_id("PR", pull.id),
        "number": pull.number,
        "state": pull.state,
        "locked": False,
        "active_lock_reason": None,
        "title": pull.title,
        "user": user_json(view, author),
        "body": pull.body,
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit_sha,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "requested_reviewers": reviewers,
        "milestone": None,
        "draft": pull.is_draft,
        "head": _head(view, pull),
        "base": _base(view, repo, pull),
        "author_association": view.association(repo, author),
        "auto_merge": None,
    }


def _pull_urls(view: View, repo: Repository, pull: Pull) -> Json:
    page = html(view, repo, "pull", pull.number)
    urls = {
        "self": api(view, repo, "pulls", pull.number),
        "html": page,
        "issue": api(view, repo, "issues", pull.number),
        "comments": api(view, repo, "issues", pull.number, "comments"),
        "review_comments": api(view, repo, "pulls", pull.number, "comments"),
        "review_comment": api(view, repo, "pulls", "comments") + "{/number}",
        "commits": api(view, repo, "pulls", pull.number, "commits"),
        "statuses": api(view, repo, "statuses", pull.head_sha),
    }
    own = {f"{name}_url": url for name, url in urls.items() if name != "self"}
    links = {name: {"href": url} for name, url in urls.items()}
    return own | {
        "url": urls["self"],
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "_links": links,
    }


def _head(view: View, pull: Pull) -> Json:
    owner = view.account(pull.head_owner_id)
    repo = view.repo(pull.head_repo_id) if pull.head_repo_id is not None else None
    return {
        "label": f"{owner.login}:{pull.head_ref}",
        "ref": pull.head_ref,
        "sha": pull.head_sha,
        "user": user_json(view, owner),
        "repo": minimal_repository_json(view, repo) if repo else None,
    }


def _base(view: View, repo: Repository, pull: Pull) -> Json:
    owner = view.account(repo.owner_id)
    return {
        "label": f"{owner.login}:{pull.base_ref}",
        "ref": pull.base_ref,
        "sha": pull.base_sha,
        "user": user_json(view, owner),
        "repo": minimal_repository_json(view, repo),
    }
