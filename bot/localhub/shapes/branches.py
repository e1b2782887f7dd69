"""Branches and their protection."""

from __future__ import annotations

from bot.localhub.records import Protection, Repository, Restrictions
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, api, html
from bot.localhub.shapes.apps import app_json
from bot.localhub.shapes.commits import commit_json
from bot.localhub.shapes.teams import team_json
from bot.localhub.view import View


def short_branch_json(view: View, repo: Repository, branch: str, sha: str) -> Json:
    """`short-branch`, as in lists."""
    protection = view.protection(repo, branch)
    return {
        "name": branch,
        "commit": {"sha": sha, "url": api(view, repo, "commits", sha)},
        "protected": protection is not None,
        "protection": _summary(protection),
        "protection_url": api(view, repo, "branches", branch, "protection"),
    }


def branch_json(view: View, repo: Repository, branch: str, sha: str) -> Json:
    """`branch-with-protection`: `GET /repos/{owner}/{repo}/branches/{branch}`."""
    return short_branch_json(view, repo, branch, sha) | {
        "commit": commit_json(view, repo, view.commit(repo, sha)),
        "_links": {
            "self": api(view, repo, "branches", branch),
            "html": html(view, repo, "tree", branch),
        },
    }


def _summary(protection: Protection | None) -> Json:
    checks = protection.required_checks if protection else None
    enforcement = "everyone" if protection and protection.enforce_admins else "non_admins"
    return {
        "enabled": protection is not None,
        "required_status_checks": {
            "enforcement_level": "off" if checks is None else enforcement,
            "contexts": [check.context for check in checks or ()],
            "checks": [{"context": check.context, "app_id": check.app_id} for check in checks or ()],
        },
    }


def protection_json(view: View, protection: Protection) -> Json:
    """`branch-protection`; what it does not demand is left out."""
    url = api(view, view.repo(protection.repo_id), "branches", protection.branch, "protection")
    shown: Json = {
        "url": url,
        "required_signatures": {"url": f"{url}/required_signatures", "enabled": False},
        "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": protection.enforce_admins},
        "required_linear_history": {"enabled": protection.required_linear_history},
        "allow_force_pushes": {"enabled": protection.allow_force_pushes},
        "allow_deletions": {"enabled": protection.allow_deletions},
        "block_creations": {"enabled": False},
        "required_conversation_resolution": {"enabled": protection.required_conversation_resolution},
        "lock_branch": {"enabled": False},
        "allow_fork_syncing": {"enabled": False},
    }
    if protection.required_checks is not None:
        shown["required_status_checks"] = required_checks_json(view, protection)
    if protection.required_approvals is not None:
        shown["required_pull_request_reviews"] = _reviews(url, protection)
    if protection.restrictions is not None:
        shown["restrictions"] = _restrictions(view, url, protection.restrictions)
    return shown


def required_checks_json(view: View, protection: Protection) -> Json:
    """`status-check-policy`."""
    repo = view.repo(protection.repo_id)
    url = api(view, repo, "branches", protection.branch, "protection/required_status_checks")
    checks = protection.required_checks or ()
    return {
        "url": url,
        "strict": protection.is_strict,
        "contexts": [check.context for check in checks],
        "contexts_url": f"{url}/contexts",
        "checks": [{"context": check.context, "app_id": check.app_id} for check in checks],
    }


def _reviews(url: str, protection: Protection) -> Json:
    return {
        "url": f"{url}/required_pull_request_reviews",
        "dismiss_stale_reviews": protection.dismiss_stale_reviews,
        "require_code_owner_reviews": protection.require_code_owner_reviews,
        "require_last_push_approval": False,
        "required_approving_review_count": protection.required_approvals,
    }


def _restrictions(view: View, url: str, restrictions: Restrictions) -> Json:
    own = f"{url}/restrictions"
    return {
        "url": own,
        "users_url": f"{own}/users",
        "teams_url": f"{own}/teams",
        "apps_url": f"{own}/apps",
        "users": [user_json(view, view.account(each)) for each in restrictions.user_ids],
        "teams": [team_json(view, view.team(each)) for each in restrictions.team_ids],
        "apps": [_restricted_app(view, each) for each in restrictions.app_ids],
    }


def _restricted_app(view: View, app_id: int) -> Json:
    """An App here tells only four of its permissions, and no null description."""
    app = app_json(view, view.app(app_id))
    told = ("metadata", "contents", "issues", "single_file")
    permissions = {name: value for name, value in app["permissions"].items() if name in told}
    return app | {"permissions": permissions, "description": app["description"] or ""}
