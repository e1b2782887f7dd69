"""Repositories over REST: read, create, fork, collaborators."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from bot.localhub import access
from bot.localhub.acts import apps, repos
from bot.localhub.api.call import NO_CONTENT, Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.problems import Problem, forbidden, not_found, unprocessable
from bot.localhub.records import Account, Permission, Repository
from bot.localhub.shapes.apps import installation_json
from bot.localhub.shapes.repos import (
    collaborator_json,
    minimal_repository_json,
    permission_json,
    repository_json,
)


class RepoAsked(BaseModel):
    """POST /orgs/{org}/repos and /user/repos."""

    name: str
    description: str | None = None
    private: bool = False
    auto_init: bool = False


class ForkAsked(BaseModel):
    """POST forks."""

    organization: str | None = None
    name: str | None = None
    default_branch_only: bool = False


class CollaboratorAsked(BaseModel):
    """PUT collaborators."""

    permission: Literal["pull", "triage", "push", "maintain", "admin"] = "push"


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _reading(rest)
    _making(rest)
    _forks(rest)
    _collaborators(rest)


def _reading(rest: Rest) -> None:
    @rest.route("GET", "/repos/<owner>/<repo>", needs="metadata:read")
    def repository(call: Call) -> Reply:
        return Reply(repository_json(call.view, call.repo))

    @rest.route("GET", "/repos/<account>/<name>/installation", who="app")
    def installation(call: Call, account: str, name: str) -> Reply:
        """Asked with the App's JWT, which may see no private repository in any other way."""
        repo, app = call.world.repo(account, name), call.actor.app
        if repo is None or app is None:
            raise not_found()
        found = apps.installation_on(call.world, app, call.view.account(repo.owner_id))
        if not access.has_repo(found, repo):
            raise not_found()
        return Reply(installation_json(call.view, found))

    @rest.route("GET", "/orgs/<org>/repos")
    @rest.route("GET", "/users/<org>/repos")
    def of_account(call: Call, org: str) -> Reply:
        account = call.world.account(org)
        if account is None:
            raise not_found()
        seen = [repo for repo in call.view.repos_of(account) if access.can_see(call.world, call.actor, repo)]
        return call.listed(seen, lambda repo: minimal_repository_json(call.view, repo))


def _making(rest: Rest) -> None:
    def made(call: Call, owner: Account) -> Reply:
        asked = call.body(RepoAsked)
        files = {"README.md": f"# {asked.name}\n"} if asked.auto_init else None
        repo = repos.create_repo(
            call.world,
            owner,
            asked.name,
            actor=call.actor,
            files=files,
            is_private=asked.private,
            description=asked.description,
            has_push_event=True,
        )
        return Reply(repository_json(call.view, repo), HTTPStatus.CREATED)

    @rest.route("POST", "/orgs/<org>/repos", is_content=True)
    def in_org(call: Call, org: str) -> Reply:
        owner = call.world.account(org)
        if owner is None or owner.type != "Organization":
            raise not_found()
        installation = call.actor.installation
        if installation is not None:
            if installation.account_id != owner.id or not access.token_grants(
                call.actor, "administration:write"
            ):
                raise forbidden()
        elif call.account().id not in owner.members:
            raise forbidden("You need admin access to the organization before adding a repository to it.")
        return made(call, owner)

    @rest.route("POST", "/user/repos", who="user", is_content=True)
    def for_user(call: Call) -> Reply:
        return made(call, call.account())


def _forks(rest: Rest) -> None:
    @rest.route("POST", "/repos/<owner>/<repo>/forks", needs="contents:read", is_content=True)
    def forks(call: Call) -> Reply:
        asked = call.body(ForkAsked)
        owner = call.world.account(asked.organization) if asked.organization else call.account()
        if owner is None:
            raise unprocessable(f"'{asked.organization}' is the login for an account that does not exist.")
        if owner.type == "Bot" or owner.id == call.repo.owner_id:
            raise forbidden("Name of the fork's owner must differ from the repository's own.")
        made_fork = repos.fork(call.world, call.repo, owner, actor=call.actor, name=asked.name)
        return Reply(repository_json(call.view, made_fork), HTTPStatus.ACCEPTED)

    @rest.route("GET", "/repos/<owner>/<repo>/forks", needs="metadata:read")
    def list_forks(call: Call) -> Reply:
        found = call.world.store.find(Repository, parent_id=call.repo.id)
        seen = [repo for repo in found if access.can_see(call.world, call.actor, repo)]
        return call.listed(seen, lambda repo: minimal_repository_json(call.view, repo))


def _collaborators(rest: Rest) -> None:
    def account(call: Call, login: str) -> Account:
        found = call.world.account(login)
        if found is None:
            raise not_found()
        return found

    @rest.route("GET", "/repos/<owner>/<repo>/collaborators", needs="metadata:read", user="push")
    def collaborators(call: Call) -> Reply:
        if call.actor.account is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        found = repos.collaborators(call.world, call.repo)
        return call.listed(found, lambda one: collaborator_json(call.view, call.repo, one))

    @rest.route("GET", "/repos/<owner>/<repo>/collaborators/<login>", needs="metadata:read", user="push")
    def is_collaborator(call: Call, login: str) -> Reply:
        if account(call, login) not in repos.collaborators(call.world, call.repo):
            raise not_found()
        return NO_CONTENT

    @rest.route(
        "GET", "/repos/<owner>/<repo>/collaborators/<login>/permission", needs="metadata:read", user="push"
    )
    def permission(call: Call, login: str) -> Reply:
        if call.actor.account is None:
            raise Problem(HTTPStatus.UNAUTHORIZED, "Requires authentication")
        return Reply(permission_json(call.view, call.repo, account(call, login)))

    @rest.route("PUT", "/repos/<owner>/<repo>/collaborators/<login>", needs="administration:write")
    def put_collaborator(call: Call, login: str) -> Reply:
        """GitHub invites people from outside; here everybody accepts at once, so it is always 204."""
        held: Permission = call.body(CollaboratorAsked).permission
        repos.set_collaborator(call.world, call.repo, account(call, login), held)
        return NO_CONTENT
