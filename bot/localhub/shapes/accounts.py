"""Users, bots and organizations."""

from __future__ import annotations

from typing import Literal

from bot.localhub.records import Account
from bot.localhub.shapes.addresses import Json, account_html, avatar, node_id
from bot.localhub.view import View

_PREFIX = {"User": "U", "Organization": "O", "Bot": "BOT"}


def user_json(view: View, account: Account) -> Json:
    """GitHub's `simple-user`: users, bots, and organizations where they own or send something."""
    url = f"{view.api_url}/users/{account.login.replace('[', '%5B').replace(']', '%5D')}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(_PREFIX[account.type], account.id),
        "avatar_url": avatar(view, account),
        "gravatar_id": "",
        "url": url,
        "html_url": account_html(view, account),
        "followers_url": f"{url}/followers",
        "following_url": f"{url}/following{{/other_user}}",
        "gists_url": f"{url}/gists{{/gist_id}}",
        "starred_url": f"{url}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{url}/subscriptions",
        "organizations_url": f"{url}/orgs",
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events{{/privacy}}",
        "received_events_url": f"{url}/received_events",
        "type": account.type,
        "site_admin": account.is_site_admin,
    }


def public_user_json(view: View, account: Account) -> Json:
    """`public-user`: what `GET /users/{username}` tells anyone."""
    repos = view.repos_of(account)
    return user_json(view, account) | {
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": sum(not repo.is_private for repo in repos),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": account.created_at,
        "updated_at": account.created_at,
    }


def private_user_json(view: View, account: Account) -> Json:
    """`private-user`: what `GET /user` tells the user."""
    private = sum(repo.is_private for repo in view.repos_of(account))
    return public_user_json(view, account) | {
        "email": account.email,
        "private_gists": 0,
        "total_private_repos": private,
        "owned_private_repos": private,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }


def organization_json(view: View, account: Account) -> Json:
    """`organization-simple`, in lists and in webhooks."""
    url = f"{view.api_url}/orgs/{account.login}"
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id("O", account.id),
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": avatar(view, account),
        "description": None,
    }


def organization_full_json(view: View, account: Account) -> Json:
    """`team-organization` and the public part of `organization-full`: `GET /orgs/{org}`."""
    repos = view.repos_of(account)
    return organization_json(view, account) | {
        "name": account.name,
        "has_organization_projects": False,
        "has_repository_projects": False,
        "public_repos": sum(not repo.is_private for repo in repos),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": account_html(view, account),
        "created_at": account.created_at,
        "updated_at": account.created_at,
        "archived_at": None,
        "type": account.type,
    }


def membership_json(view: View, org: Account, account: Account, role: Literal["admin", "member"]) -> Json:
    """`org-membership` of a member; nobody is ever only invited."""
    organization = organization_json(view, org)
    return {
        "url": f"{organization['url']}/memberships/{account.login}",
        "state": "active",
        "role": role,
        "organization_url": organization["url"],
        "user": user_json(view, account),
        "organization": organization,
    }
