"""Branch protection: set, taken away, and asked before a ref moves. Merges ask `mergeability` too."""

from __future__ import annotations

from dataclasses import replace

from bot.localhub import access, refs
from bot.localhub.access import Actor
from bot.localhub.git import ZERO
from bot.localhub.mergeability import unmet_checks
from bot.localhub.records import Protection, Repository, Team
from bot.localhub.world import World


def protect(world: World, protection: Protection) -> Protection:
    """Set the protection of its branch; replaces one that stands there already."""
    with world.change():
        old = world.store.first(Protection, repo_id=protection.repo_id, branch=protection.branch)
        new_id = old.id if old else world.next_id()
        return world.store.save(replace(protection, id=new_id))


def unprotect(world: World, protection: Protection) -> None:
    """Take the protection away."""
    with world.change():
        world.store.delete(protection)


def may_bypass(world: World, repo: Repository, protection: Protection, actor: Actor) -> bool:
    """Whether the actor is an administrator whom these rules do not bind."""
    if protection.enforce_admins or not actor.is_user or actor.account is None:
        return False
    return access.permission_of(world, repo, actor.account) == "admin"


def may_push(world: World, protection: Protection, actor: Actor) -> bool:
    """Whether the actor is among those who may push to the branch; without restrictions everybody is."""
    allowed = protection.restrictions
    if allowed is None:
        return True
    if actor.app is not None:
        return actor.app.id in allowed.app_ids
    if actor.account is None:
        return False
    teams = [world.store.get(Team, team_id) for team_id in allowed.team_ids]
    return actor.account.id in allowed.user_ids or any(actor.account.id in team.members for team in teams)


def push_refusals(
    world: World, repo: Repository, actor: Actor, moves: list[tuple[str, str, str]]
) -> dict[str, str]:
    """Ref -> GitHub's sentence, for each `(ref, old, new)` that protection forbids, whatever is in it."""
    said: dict[str, str] = {}
    for name, _, new in moves:
        protection = _of_ref(world, repo, name)
        if protection is None or may_bypass(world, repo, protection, actor):
            continue
        reason = _refusal(world, protection, actor, new)
        if reason:
            said[name] = reason
    return said


def _refusal(world: World, protection: Protection, actor: Actor, new: str) -> str:
    if not may_push(world, protection, actor):
        return "You're not authorized to push to this branch."
    if new == ZERO:
        return "" if protection.allow_deletions else "Cannot delete this protected branch"
    said = unmet_checks(world, protection.repo_id, new, protection.required_checks or ())
    if protection.required_approvals is not None:
        said.insert(0, "Changes must be made through a pull request.")
    return " ".join(said)


def forward_only(world: World, repo: Repository, actor: Actor) -> list[str]:
    """The refs that this actor may not force-push."""
    return [
        refs.HEADS + protection.branch
        for protection in world.store.find(Protection, repo_id=repo.id)
        if not protection.allow_force_pushes and not may_bypass(world, repo, protection, actor)
    ]


def _of_ref(world: World, repo: Repository, name: str) -> Protection | None:
    branch = name.removeprefix(refs.HEADS)
    return world.store.first(Protection, repo_id=repo.id, branch=branch) if branch != name else None
