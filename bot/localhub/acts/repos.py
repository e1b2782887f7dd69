"""Repositories come into being: empty, from files, or as forks. Access to them is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.localhub import access, events, git
from bot.localhub.access import Actor
from bot.localhub.acts import apps, pushes
from bot.localhub.problems import invalid
from bot.localhub.records import Account, Installation, KnownRefs, Label, Permission, Repository
from bot.localhub.world import World

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
DEFAULT_LABELS = (
    ("bug", "d73a4a", "Something isn't working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("enhancement", "a2eeef", "New feature or request"),
)


def create_repo(
    world: World,
    owner: Account,
    name: str,
    *,
    actor: Actor,
    files: Mapping[str, bytes | str] | None = None,
    is_private: bool = False,
    description: str | None = None,
    default_branch: str = "main",
    message: str = "Initial commit",
    has_push_event: bool = False,
) -> Repository:
    """A new repository, with one commit of `files` where there are any. Seeding tells of no push."""
    with world.change():
        repo = _make(
            world, owner, name, is_private=is_private, description=description, branch=default_branch
        )
        if files:
            pushes.write_files(world, repo, default_branch, files, message, actor=actor, parent=None)
        if has_push_event:
            pushes.sync(world, repo, actor)
        else:
            pushes.learn(world, repo)
        _announce(world, repo, actor)
        return repo


def _make(
    world: World,
    owner: Account,
    name: str,
    *,
    is_private: bool,
    description: str | None,
    branch: str,
    parent: Repository | None = None,
) -> Repository:
    if not _NAME.fullmatch(name) or name in (".", "..") or name.endswith(".git"):
        raise invalid("Repository", "name", "name is invalid")
    if world.repo(owner.login, name) is not None:
        raise invalid("Repository", "name", "name already exists on this account")
    now = world.now()
    repo = Repository(
        id=world.next_id(),
        owner_id=owner.id,
        name=name,
        created_at=now,
        updated_at=now,
        pushed_at=now,
        default_branch=branch,
        description=description,
        is_private=is_private,
        parent_id=parent.id if parent else None,
        source_id=(parent.source_id or parent.id) if parent else None,
    )
    world.store.save(repo)
    world.store.save(KnownRefs(id=repo.id))
    for label, color, text in DEFAULT_LABELS:
        world.store.save(
            Label(world.next_id(), repo.id, label, color=color, description=text, is_default=True)
        )
    git.create(world.path(repo), default_branch=branch)
    return repo


def _announce(world: World, repo: Repository, actor: Actor) -> None:
    """`repository.created`, and the Apps that are installed everywhere learn that they have one more."""
    sender = actor.account or world.store.get(Account, repo.owner_id)
    current = world.store.get(Repository, repo.id)
    for installation in world.store.find(Installation, account_id=repo.owner_id):
        if installation.repository_selection == "all":
            apps.announce_repositories(world, installation, "added", [current], sender)
    events.emit(world, "repository", action="created", repo=current, sender=sender, body=lambda _: {})


def fork(
    world: World, parent: Repository, owner: Account, *, actor: Actor, name: str | None = None
) -> Repository:
    """A fork with all branches of its parent. A second fork into the same account is the first one."""
    with world.change():
        for existing in world.store.find(Repository, parent_id=parent.id):
            if existing.owner_id == owner.id:
                return existing
        repo = _make(
            world,
            owner,
            name or parent.name,
            is_private=parent.is_private,
            description=parent.description,
            branch=parent.default_branch,
            parent=parent,
        )
        world.git(repo).fetch(world.git(parent).path, "+refs/heads/*:refs/heads/*")
        pushes.learn(world, repo)
        _announce(world, repo, actor)
        return repo


def set_collaborator(
    world: World, repo: Repository, account: Account, permission: Permission
) -> tuple[Repository, bool]:
    """Give the account this permission directly. Second: whether it had none before."""
    with world.change():
        is_new = account.id not in repo.collaborators
        changed = replace(repo, collaborators={**repo.collaborators, account.id: permission})
        return world.store.save(changed), is_new


def collaborators(world: World, repo: Repository) -> list[Account]:
    """All accounts that may do more than the public, or read a private repository; by id."""
    found: list[Account] = []
    for account in world.store.find(Account, type="User"):
        held = access.permission_of(world, repo, account)
        if held is not None and (repo.is_private or account.id in repo.collaborators or held != "pull"):
            found.append(account)
    return found
