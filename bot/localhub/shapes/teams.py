"""Teams of organizations. They are never nested here, so `parent` is always null."""

from __future__ import annotations

from bot.localhub.records import Team
from bot.localhub.shapes.accounts import organization_full_json
from bot.localhub.shapes.addresses import Json, node_id
from bot.localhub.view import View


def team_simple_json(view: View, team: Team) -> Json:
    """`team-simple`: a team inside of something else."""
    org = view.account(team.org_id)
    url = f"{view.api_url}/organizations/{org.id}/team/{team.id}"
    return {
        "id": team.id,
        "node_id": node_id("T", team.id),
        "url": url,
        "html_url": f"{view.html_url}/orgs/{org.login}/teams/{team.slug}",
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "privacy": team.privacy,
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": org.id,
    }


def team_json(view: View, team: Team) -> Json:
    """`team`, as in lists."""
    return team_simple_json(view, team) | {"parent": None}


def team_full_json(view: View, team: Team) -> Json:
    """`team-full`: `GET /orgs/{org}/teams/{team_slug}`."""
    return team_json(view, team) | {
        "members_count": len(team.members),
        "repos_count": len(team.repos),
        "created_at": team.created_at,
        "updated_at": team.updated_at,
        "organization": organization_full_json(view, view.account(team.org_id)),
    }


def team_hook_json(view: View, team: Team) -> Json:
    """A team inside of a pull request of a review webhook, which knows fewer fields."""
    left_out = {"notification_setting", "type", "organization_id"}
    return {name: value for name, value in team_json(view, team).items() if name not in left_out}


def team_membership_json(view: View, team: Team, account_login: str, role: str) -> Json:
    """`team-membership` of a member; nobody is ever only invited."""
    url = f"{view.api_url}/organizations/{team.org_id}/team/{team.id}"
    return {"url": f"{url}/memberships/{account_login}", "role": role, "state": "active"}
