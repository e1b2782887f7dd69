"""Who may do what: an account's permission in a repository, and what an actor may ask for.

It reads the world and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.localhub.records import Account, App, Installation, Permission, Repository, Team, Token

if TYPE_CHECKING:
    from bot.localhub.world import World

RANK: Mapping[str, int] = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}
_LEVEL: Mapping[str, int] = {"read": 1, "write": 2, "admin": 3}
_BASE: Mapping[str, Permission] = {"read": "pull", "write": "push", "admin": "admin"}
_USER_NEEDS: Mapping[str, Permission] = {"read": "pull", "write": "push"}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever made a request. `account` is the user, or the App's bot; None for nobody.

    With `app` alone it came with the App's JWT; with `installation` too, by an installation token.
    """

    account: Account | None = None
    app: App | None = None
    installation: Installation | None = None
    token: Token | None = None
    address: str = field(default="", compare=False)

    @property
    def is_user(self) -> bool:
        """A person's token."""
        return self.account is not None and self.app is None

    @property
    def rate_key(self) -> str:
        """What shares one primary rate limit."""
        if self.installation is not None:
            return f"installation:{self.installation.id}"
        if self.app is not None:
            return f"app:{self.app.id}"
        return f"user:{self.account.id}" if self.account else f"address:{self.address}"


NOBODY = Actor()


def teams_of(world: World, org_id: int, account_id: int) -> list[Team]:
    """The organization's teams in which the account is."""
    return [team for team in world.store.find(Team, org_id=org_id) if account_id in team.members]


def permission_of(world: World, repo: Repository, account: Account) -> Permission | None:
    """The most that any of ownership, membership, collaboration and visibility gives; None for nothing."""
    return max(_grants(world, repo, account), key=RANK.__getitem__, default=None)


def _grants(world: World, repo: Repository, account: Account) -> Iterator[Permission]:
    if not repo.is_private:
        yield "pull"
    if repo.owner_id == account.id:
        yield "admin"
    if account.id in repo.collaborators:
        yield repo.collaborators[account.id]
    owner = world.store.get(Account, repo.owner_id)
    role = owner.members.get(account.id)
    if role == "admin":
        yield "admin"
    elif role == "member" and owner.base_permission != "none":
        yield _BASE[owner.base_permission]
    for team in teams_of(world, owner.id, account.id):
        if repo.id in team.repos:
            yield team.repos[repo.id]


def has_repo(installation: Installation, repo: Repository) -> bool:
    """Whether the installation reaches this repository."""
    if installation.account_id != repo.owner_id:
        return False
    return installation.repository_selection == "all" or repo.id in installation.repository_ids


def token_has_repo(actor: Actor, repo: Repository) -> bool:
    """The same for an installation token, which may be narrower."""
    if actor.installation is None or actor.token is None:
        return False
    narrow = actor.token.repository_ids
    return has_repo(actor.installation, repo) and (narrow is None or repo.id in narrow)


def can_see(world: World, actor: Actor, repo: Repository) -> bool:
    """Whether the repository exists for the actor. What it may not see answers 404."""
    if not repo.is_private:
        return True
    if actor.is_user and actor.account is not None:
        return permission_of(world, repo, actor.account) is not None
    return token_has_repo(actor, repo)


def token_grants(actor: Actor, wanted: str) -> bool:
    """Whether an installation token has one of `wanted`: `issues:write|pull_requests:write`."""
    held = actor.token.permissions if actor.token else {}
    for alternative in wanted.split("|"):
        name, _, level = alternative.partition(":")
        if _LEVEL.get(held.get(name, ""), 0) >= _LEVEL[level]:
            return True
    return False


def user_permission_for(wanted: str) -> Permission:
    """What a user needs where an App needs `wanted`."""
    name, _, level = wanted.split("|", maxsplit=1)[0].partition(":")
    return "admin" if name == "administration" and level == "write" else _USER_NEEDS[level]


def may(world: World, actor: Actor, repo: Repository, wanted: str, *, user: Permission | None = None) -> bool:
    """Whether the actor may do in the repository what an App needs `wanted` for, and a user `user`."""
    if actor.is_user and actor.account is not None:
        held = permission_of(world, repo, actor.account)
        return held is not None and RANK[held] >= RANK[user or user_permission_for(wanted)]
    is_read = all(alternative.endswith(":read") for alternative in wanted.split("|"))
    if is_read and not repo.is_private:
        return True
    return token_has_repo(actor, repo) and token_grants(actor, wanted)
