"""Apps over REST: who am I, where am I installed, tokens, and the log of deliveries."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import BaseModel

from bot.localhub.access import Actor, token_has_repo
from bot.localhub.acts import apps
from bot.localhub.api.call import Call, Reply
from bot.localhub.api.rest import Rest
from bot.localhub.events import PENDING
from bot.localhub.problems import not_found
from bot.localhub.records import App, Delivery, Installation
from bot.localhub.shapes.apps import app_json, hook_config_json, installation_json, token_json
from bot.localhub.shapes.hooks import delivery_full_json, delivery_json
from bot.localhub.shapes.repos import minimal_repository_json


class TokenAsked(BaseModel):
    """POST access_tokens."""

    repositories: list[str] | None = None
    repository_ids: list[int] | None = None
    permissions: dict[str, str] | None = None


def routes(rest: Rest) -> None:
    """Register this file's addresses."""
    _identity(rest)
    _tokens(rest)
    _log(rest)


def _app(actor: Actor) -> App:
    if actor.app is None:
        raise not_found()
    return actor.app


def _installation(call: Call, installation_id: int) -> Installation:
    for found in call.world.store.find(Installation, app_id=_app(call.actor).id):
        if found.id == installation_id:
            return found
    raise not_found()


def _identity(rest: Rest) -> None:
    @rest.route("GET", "/app", who="app")
    def app(call: Call) -> Reply:
        return Reply(app_json(call.view, _app(call.actor)))

    @rest.route("GET", "/apps/<slug>")
    def app_by_slug(call: Call, slug: str) -> Reply:
        found = call.world.store.first(App, slug=slug)
        if found is None:
            raise not_found()
        return Reply(app_json(call.view, found))

    @rest.route("GET", "/app/installations", who="app")
    def installations(call: Call) -> Reply:
        found = call.world.store.find(Installation, app_id=_app(call.actor).id)
        return call.listed(found, lambda one: installation_json(call.view, one))

    @rest.route("GET", "/app/installations/<int:installation_id>", who="app")
    def installation(call: Call, installation_id: int) -> Reply:
        return Reply(installation_json(call.view, _installation(call, installation_id)))

    @rest.route("GET", "/orgs/<org>/installation", who="app")
    @rest.route("GET", "/users/<org>/installation", who="app")
    def account_installation(call: Call, org: str) -> Reply:
        account = call.world.account(org)
        if account is None:
            raise not_found()
        return Reply(
            installation_json(call.view, apps.installation_on(call.world, _app(call.actor), account))
        )


def _tokens(rest: Rest) -> None:
    @rest.route("POST", "/app/installations/<int:installation_id>/access_tokens", who="app")
    def access_tokens(call: Call, installation_id: int) -> Reply:
        asked = call.body(TokenAsked)
        token = apps.create_token(
            call.world,
            _installation(call, installation_id),
            repos=asked.repositories,
            repo_ids=asked.repository_ids,
            permissions=asked.permissions,
        )
        return Reply(token_json(call.view, token), HTTPStatus.CREATED)

    @rest.route("GET", "/installation/repositories", who="installation")
    def repositories(call: Call) -> Reply:
        if call.actor.installation is None:
            raise not_found()
        reached = apps.repositories(call.world, call.actor.installation)
        own = [repo for repo in reached if token_has_repo(call.actor, repo)]
        return call.listed(own, lambda repo: minimal_repository_json(call.view, repo), key="repositories")


def _log(rest: Rest) -> None:
    @rest.route("GET", "/app/hook/config", who="app")
    def hook_config(call: Call) -> Reply:
        return Reply(hook_config_json(call.view, _app(call.actor)))

    @rest.route("GET", "/app/hook/deliveries", who="app")
    def deliveries(call: Call) -> Reply:
        """Newest first; `cursor` is the id below which the page begins."""
        found = [one for one in _deliveries(call) if one.status != PENDING]
        cursor = call.arg("cursor").removeprefix("v1_")
        if cursor.isdecimal():
            found = [one for one in found if one.id < int(cursor)]
        found.sort(key=lambda one: -one.id)
        shown = found[: call.per_page]
        headers = {}
        if len(found) > len(shown):
            headers["Link"] = f'<{call.address(cursor=f"v1_{shown[-1].id}")}>; rel="next"'
        return Reply([delivery_json(call.view, one) for one in shown], headers=headers)

    @rest.route("GET", "/app/hook/deliveries/<int:delivery_id>", who="app")
    def delivery(call: Call, delivery_id: int) -> Reply:
        return Reply(delivery_full_json(call.view, _delivery(call, delivery_id)))

    @rest.route("POST", "/app/hook/deliveries/<int:delivery_id>/attempts", who="app")
    def attempts(call: Call, delivery_id: int) -> Reply:
        rest.sender.redeliver(_delivery(call, delivery_id))
        return Reply({}, HTTPStatus.ACCEPTED)


def _deliveries(call: Call) -> list[Delivery]:
    return call.world.store.find(Delivery, app_id=_app(call.actor).id)


def _delivery(call: Call, delivery_id: int) -> Delivery:
    for found in _deliveries(call):
        if found.id == delivery_id:
            return found
    raise not_found()
