"""Announces a change: builds GitHub's webhook payload once and keeps one delivery for each App that may hear.

Sending is not done here, and what an event's own block looks like is the shapes' business.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bot.localhub import access
from bot.localhub.records import Account, App, Delivery, Installation, Repository
from bot.localhub.shapes.accounts import organization_json, user_json
from bot.localhub.shapes.apps import installation_lite_json
from bot.localhub.shapes.repos import repository_hook_json, repository_push_json
from bot.localhub.sight import Sight
from bot.localhub.world import World

Body = Callable[[Sight], Mapping[str, Any]]
PERMISSION: Mapping[str, tuple[str, ...]] = {
    "check_run": ("checks",),
    "check_suite": ("checks",),
    "create": ("contents",),
    "delete": ("contents",),
    "issue_comment": ("issues", "pull_requests"),
    "pull_request": ("pull_requests",),
    "pull_request_review": ("pull_requests",),
    "push": ("contents",),
    "repository": ("metadata",),
}
"""The permissions of which an App needs one, at read level, to subscribe to the event."""
_OWN_CHECK_ACTIONS = {"requested", "rerequested", "requested_action"}
PENDING = "pending"


def emit(
    world: World,
    event: str,
    *,
    repo: Repository,
    sender: Account,
    body: Body,
    action: str | None = None,
    only_app: int | None = None,
) -> None:
    """Tell every installed App that may see the repository and listens to the event. `only_app`: no other."""
    listeners = list(_listeners(world, event, action, repo, only_app))
    if not listeners:
        return
    sight = Sight(world)
    owner = sight.account(repo.owner_id)
    payload: dict[str, Any] = {"action": action} if action else {}
    payload |= body(sight)
    block = repository_push_json if event == "push" else repository_hook_json
    payload["repository"] = block(sight, repo)
    if owner.type == "Organization":
        payload["organization"] = organization_json(sight, owner)
    payload["sender"] = user_json(sight, sender)
    for installation in listeners:
        own = payload | {"installation": installation_lite_json(sight, installation)}
        post(world, installation, event, own, action=action, repository_id=repo.id)


def _listeners(
    world: World, event: str, action: str | None, repo: Repository, only_app: int | None
) -> Iterator[Installation]:
    for installation in world.store.find(Installation, account_id=repo.owner_id):
        is_meant = only_app in (None, installation.app_id)
        if is_meant and access.has_repo(installation, repo) and _hears(installation, event, action):
            yield installation


def _hears(installation: Installation, event: str, action: str | None) -> bool:
    """Apps with `checks: write` hear of checks without asking; others must subscribe and have a right."""
    if event in ("check_run", "check_suite"):
        if installation.permissions.get("checks") == "write":
            return True
        if action in _OWN_CHECK_ACTIONS:
            return False
    has_right = any(name in installation.permissions for name in PERMISSION[event])
    return event in installation.events and has_right


def post(
    world: World,
    installation: Installation,
    event: str,
    payload: Mapping[str, Any],
    *,
    action: str | None = None,
    repository_id: int | None = None,
) -> None:
    """Keep one delivery of this payload for the installation's App."""
    app = world.store.get(App, installation.app_id)
    keep(
        world,
        app,
        event,
        payload,
        action=action,
        installation_id=installation.id,
        repository_id=repository_id,
    )


def keep(
    world: World,
    app: App,
    event: str,
    payload: Mapping[str, Any],
    *,
    action: str | None = None,
    installation_id: int | None = None,
    repository_id: int | None = None,
) -> None:
    """Keep a delivery that is to be sent; Apps without an address hear nothing."""
    if not app.webhook_url:
        return
    world.post(
        Delivery(
            id=world.next_id(),
            guid=str(uuid.uuid4()),
            app_id=app.id,
            event=event,
            action=action,
            installation_id=installation_id,
            repository_id=repository_id,
            delivered_at=world.now(),
            is_redelivery=False,
            duration=0.0,
            status=PENDING,
            status_code=0,
            url=app.webhook_url,
            request_headers={},
            request_payload=json.dumps(payload, ensure_ascii=False, separators=(",", ":")),
        )
    )
