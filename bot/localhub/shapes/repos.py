"""Repositories and who may do what in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bot.localhub.records import Account, Permission, Repository
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.addresses import Json, api, host, html, node_id
from bot.localhub.view import View

_PATHS = {
    "archive_url": "{archive_format}{/ref}",
    "assignees_url": "assignees{/user}",
    "blobs_url": "git/blobs{/sha}",
    "branches_url": "branches{/branch}",
    "collaborators_url": "collaborators{/collaborator}",
    "comments_url": "comments{/number}",
    "commits_url": "commits{/sha}",
    "compare_url": "compare/{base}...{head}",
    "contents_url": "contents/{+path}",
    "contributors_url": "contributors",
    "deployments_url": "deployments",
    "downloads_url": "downloads",
    "events_url": "events",
    "forks_url": "forks",
    "git_commits_url": "git/commits{/sha}",
    "git_refs_url": "git/refs{/sha}",
    "git_tags_url": "git/tags{/sha}",
    "hooks_url": "hooks",
    "issue_comment_url": "issues/comments{/number}",
    "issue_events_url": "issues/events{/number}",
    "issues_url": "issues{/number}",
    "keys_url": "keys{/key_id}",
    "labels_url": "labels{/name}",
    "languages_url": "languages",
    "merges_url": "merges",
    "milestones_url": "milestones{/number}",
    "notifications_url": "notifications{?since,all,participating}",
    "pulls_url": "pulls{/number}",
    "releases_url": "releases{/id}",
    "stargazers_url": "stargazers",
    "statuses_url": "statuses/{sha}",
    "subscribers_url": "subscribers",
    "subscription_url": "subscription",
    "tags_url": "tags",
    "teams_url": "teams",
    "trees_url": "git/trees{/sha}",
}
RANKS: tuple[Permission, ...] = ("pull", "triage", "push", "maintain", "admin")
_ROLES = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
_LEGACY = {"triage": "read", "maintain": "write"}


def minimal_repository_json(view: View, repo: Repository) -> Json:
    """`minimal-repository`, which is `repository` as well: in lists, in pull requests and at check suites."""
    url = api(view, repo)
    paths = {name: f"{url}/{path}" for name, path in _PATHS.items()}
    shown = {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": view.full_name(repo),
        "private": repo.is_private,
        "owner": user_json(view, view.account(repo.owner_id)),
        "html_url": html(view, repo),
        "description": repo.description,
        "fork": repo.parent_id is not None,
        "url": url,
    }
    return shown | paths | _clone_urls(view, repo) | _facts(view, repo) | _permissions(view, repo)


def _clone_urls(view: View, repo: Repository) -> Json:
    where = f"{host(view)}/{view.full_name(repo)}.git"
    return {
        "git_url": f"git://{where}",
        "ssh_url": f"git@{host(view)}:{view.full_name(repo)}.git",
        "clone_url": html(view, repo) + ".git",
        "svn_url": html(view, repo),
        "mirror_url": None,
    }


def _facts(view: View, repo: Repository) -> Json:
    forks = view.forks_count(repo)
    open_issues = view.open_pulls_count(repo)
    return {
        "homepage": repo.homepage,
        "size": view.size_kb(repo),
        "stargazers_count": 0,
        "watchers_count": 0,
        "language": None,
        "has_issues": True,
        "has_projects": False,
        "has_downloads": True,
        "has_wiki": False,
        "has_pages": False,
        "has_discussions": False,
        "forks_count": forks,
        "archived": repo.is_archived,
        "disabled": False,
        "open_issues_count": open_issues,
        "license": None,
        "allow_forking": True,
        "is_template": repo.is_template,
        "web_commit_signoff_required": False,
        "topics": list(repo.topics),
        "visibility": "private" if repo.is_private else "public",
        "forks": forks,
        "open_issues": open_issues,
        "watchers": 0,
        "default_branch": repo.default_branch,
        "created_at": repo.created_at,
        "updated_at": repo.updated_at,
        "pushed_at": repo.pushed_at,
    }


def permissions_block(permission: Permission | None) -> Json:
    """Which permissions hold: each includes those below it."""
    rank = RANKS.index(permission) if permission else -1
    return {name: RANKS.index(name) <= rank for name in reversed(RANKS)}


def _permissions(view: View, repo: Repository) -> Json:
    permission = view.viewer_permission(repo)
    return {"permissions": permissions_block(permission)} if permission else {}


def repository_json(view: View, repo: Repository) -> Json:
    """`full-repository`: `GET /repos/{owner}/{repo}`. Merge settings are shown to everyone."""
    full: Json = minimal_repository_json(view, repo) | {
        "allow_squash_merge": repo.allow_squash_merge,
        "allow_merge_commit": repo.allow_merge_commit,
        "allow_rebase_merge": repo.allow_rebase_merge,
        "allow_auto_merge": False,
        "delete_branch_on_merge": repo.delete_branch_on_merge,
        "allow_update_branch": False,
        "network_count": view.forks_count(repo),
        "subscribers_count": 0,
    }
    owner = view.account(repo.owner_id)
    if owner.type == "Organization":
        full["organization"] = user_json(view, owner)
    if repo.parent_id is not None:
        full["parent"] = minimal_repository_json(view, view.repo(repo.parent_id))
        full["source"] = minimal_repository_json(view, view.repo(repo.source_id or repo.parent_id))
    return full


def repository_hook_json(view: View, repo: Repository) -> Json:
    """`repository-webhooks`: the block that most webhooks carry."""
    return minimal_repository_json(view, repo) | {"custom_properties": {}}


def repository_push_json(view: View, repo: Repository) -> Json:
    """The block of a `push`: two times in seconds since 1970, and the owner's name and address."""
    owner = view.account(repo.owner_id)
    pushed: dict[str, Any] = repository_hook_json(view, repo) | {
        "created_at": _seconds(repo.created_at),
        "pushed_at": _seconds(repo.pushed_at),
        "stargazers": 0,
        "master_branch": repo.default_branch,
    }
    pushed["owner"] = pushed["owner"] | {"name": owner.login, "email": owner.email}
    if owner.type == "Organization":
        pushed["organization"] = owner.login
    return pushed


def _seconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp())


def repository_lite_json(view: View, repo: Repository) -> Json:
    """A repository in webhooks about installations."""
    return {
        "id": repo.id,
        "node_id": node_id("R", repo.id),
        "name": repo.name,
        "full_name": view.full_name(repo),
        "private": repo.is_private,
    }


def collaborator_json(view: View, repo: Repository, account: Account) -> Json:
    """`collaborator`: an account with what it may do."""
    permission = view.permission_of(repo, account)
    return user_json(view, account) | {
        "permissions": permissions_block(permission),
        "role_name": _ROLES[permission] if permission else "none",
    }


def permission_json(view: View, repo: Repository, account: Account) -> Json:
    """`repository-collaborator-permission`. `permission` knows only admin, write, read and none."""
    collaborator = collaborator_json(view, repo, account)
    role = collaborator["role_name"]
    return {"permission": _LEGACY.get(role, role), "role_name": role, "user": collaborator}
