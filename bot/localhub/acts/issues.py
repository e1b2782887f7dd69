"""Plain issues: opened, edited, closed and opened again. `issues` events are not sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from bot.localhub.access import Actor
from bot.localhub.acts.pulls import MAX_BODY, MAX_TITLE
from bot.localhub.acts.threads import label_ids
from bot.localhub.problems import not_found, too_long, unprocessable
from bot.localhub.records import Issue, Repository
from bot.localhub.world import World

State = Literal["open", "closed"]
Reason = Literal["completed", "not_planned", "reopened", "duplicate"]


def _check(*, title: str | None = None, body: str | None = None) -> None:
    if title is not None and not title.strip():
        raise unprocessable(
            "Validation Failed", {"resource": "Issue", "code": "missing_field", "field": "title"}
        )
    if title is not None and len(title) > MAX_TITLE:
        raise too_long("Issue", "title", MAX_TITLE)
    if body is not None and len(body) > MAX_BODY:
        raise too_long("Issue", "body", MAX_BODY)


def open_issue(
    world: World,
    repo: Repository,
    *,
    actor: Actor,
    title: str,
    body: str | None = None,
    labels: Sequence[str] = (),
) -> Issue:
    """Open an issue; unknown labels come into being. Problem 422 for texts that are empty or too long."""
    _check(title=title, body=body)
    if actor.account is None:
        raise not_found()
    with world.change():
        repo = world.store.get(Repository, repo.id)
        world.store.save(replace(repo, next_number=repo.next_number + 1))
        now = world.now()
        return world.store.save(
            Issue(
                id=world.next_id(),
                repo_id=repo.id,
                number=repo.next_number,
                author_id=actor.account.id,
                title=title,
                body=body,
                created_at=now,
                updated_at=now,
                label_ids=label_ids(world, repo.id, labels),
                app_id=actor.app.id if actor.app else None,
            )
        )


def edit_issue(
    world: World,
    issue: Issue,
    *,
    actor: Actor,
    title: str | None = None,
    body: str | None = None,
    state: State | None = None,
    reason: Reason | None = None,
    labels: Sequence[str] | None = None,
) -> Issue:
    """Change what is given (None: leave it)."""
    _check(title=title, body=body)
    with world.change():
        given = {"title": title, "body": body}
        changes: dict[str, Any] = {name: said for name, said in given.items() if said is not None}
        if labels is not None:
            changes["label_ids"] = label_ids(world, issue.repo_id, labels)
        if state is not None and state != issue.state:
            changes |= _moved(world, state, reason, actor)
        new = replace(issue, **changes)
        return issue if new == issue else world.store.save(replace(new, updated_at=world.now()))


def _moved(world: World, state: State, reason: Reason | None, actor: Actor) -> dict[str, Any]:
    if state == "open":
        return {"state": state, "state_reason": "reopened", "closed_at": None, "closed_by_id": None}
    return {
        "state": state,
        "state_reason": reason or "completed",
        "closed_at": world.now(),
        "closed_by_id": actor.account.id if actor.account else None,
    }
