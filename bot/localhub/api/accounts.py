"""Users, organizations, teams and the rate limit over REST."""

from __future__ import annotations

from typing import Literal

from bot.localhub.access import token_grants
from bot.localhub.api.call import Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.problems import forbidden, not_found
from bot.localhub.records import Account, Team
from bot.localhub.shapes.accounts import (
    membership_json,
    organization_full_json,
    private_user_json,
    public_user_json,
    user_json,
)
from bot.localhub.shapes.hooks import rate_json, rate_limit_json
from bot.localhub.shapes.repos import minimal_repository_json, permissions_block
from bot.localhub.shapes.teams import team_full_json, team_json, team_membership_json


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _users(rest)
    _teams(rest)


def _users(rest: Rest) -> None:
    @rest.route("GET", "/rate_limit", is_free=True)
    def rate_limit(call: Call) -> Reply:
        spent, limit = rest.limits.state(call.actor), rest.limits.limit_of(call.actor)
        core = rate_json(limit=limit, used=spent.used, reset=spent.reset)
        search = rate_json(limit=30, used=0, reset=spent.reset)
        return Reply(rate_limit_json(core, search))

    @rest.route("GET", "/user", who="user")
    def user(call: Call) -> Reply:
        return Reply(private_user_json(call.view, call.account()))

    @rest.route("GET", "/users/<login>")
    def user_by_login(call: Call, login: str) -> Reply:
        return Reply(public_user_json(call.view, _account(call, login)))

    @rest.route("GET", "/orgs/<org>")
    def organization(call: Call, org: str) -> Reply:
        return Reply(organization_full_json(call.view, _org(call, org)))


def _account(call: Call, login: str) -> Account:
    found = call.world.account(login)
    if found is None:
        raise not_found()
    return found


def _org(call: Call, login: str) -> Account:
    found = _account(call, login)
    if found.type != "Organization":
        raise not_found()
    return found


def _org_inside(call: Call, login: str) -> Account:
    """The organization, for members and for Apps with `members: read`; teams do not exist for others."""
    org = _org(call, login)
    installation = call.actor.installation
    if installation is not None:
        if installation.account_id != org.id:
            raise not_found()
        if not token_grants(call.actor, "members:read"):
            raise forbidden()
        return org
    if call.actor.account is None or call.actor.account.id not in org.members:
        raise not_found()
    return org


def _team(call: Call, login: str, slug: str) -> Team:
    found = call.world.store.first(Team, org_id=_org_inside(call, login).id, slug=slug.lower())
    if found is None:
        raise not_found()
    return found


def _teams(rest: Rest) -> None:
    @rest.route("GET", "/orgs/<org>/members")
    def org_members(call: Call, org: str) -> Reply:
        found = [call.view.account(one) for one in sorted(_org_inside(call, org).members)]
        return call.listed(found, lambda account: user_json(call.view, account))

    @rest.route("GET", "/orgs/<org>/memberships/<login>")
    def org_membership(call: Call, org: str, login: str) -> Reply:
        inside, account = _org_inside(call, org), _account(call, login)
        if account.id not in inside.members:
            raise not_found()
        return Reply(membership_json(call.view, inside, account, inside.members[account.id]))

    @rest.route("GET", "/orgs/<org>/teams")
    def teams(call: Call, org: str) -> Reply:
        found = call.world.store.find(Team, org_id=_org_inside(call, org).id)
        return call.listed(found, lambda team: team_json(call.view, team))

    @rest.route("GET", "/orgs/<org>/teams/<slug>")
    def team(call: Call, org: str, slug: str) -> Reply:
        return Reply(team_full_json(call.view, _team(call, org, slug)))

    @rest.route("GET", "/orgs/<org>/teams/<slug>/members")
    def team_members(call: Call, org: str, slug: str) -> Reply:
        found = [call.view.account(one) for one in sorted(_team(call, org, slug).members)]
        return call.listed(found, lambda account: user_json(call.view, account))

    @rest.route("GET", "/orgs/<org>/teams/<slug>/memberships/<login>")
    def team_membership(call: Call, org: str, slug: str, login: str) -> Reply:
        inside, account = _team(call, org, slug), _account(call, login)
        role: Literal["maintainer", "member"] | None = inside.members.get(account.id)
        if role is None:
            raise not_found()
        return Reply(team_membership_json(call.view, inside, account.login, role))

    @rest.route("GET", "/orgs/<org>/teams/<slug>/repos")
    def team_repos(call: Call, org: str, slug: str) -> Reply:
        inside = _team(call, org, slug)
        found = [call.view.repo(one) for one in sorted(inside.repos)]
        return call.listed(
            found,
            lambda repo: (
                minimal_repository_json(call.view, repo)
                | {"permissions": permissions_block(inside.repos[repo.id])}
            ),
        )
