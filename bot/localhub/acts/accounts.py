"""Users, organizations, teams and their tokens come into being."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import Literal

from bot.localhub.problems import invalid
from bot.localhub.records import Account, AccountType, Permission, Repository, Team, Token
from bot.localhub.world import World

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(\[bot\])?")


def create_account(
    world: World, login: str, type_: AccountType, *, name: str | None = None, email: str | None = None
) -> Account:
    """A new account. Logins are letters, digits and hyphens, at most 39, and unique in any case."""
    with world.change():
        if not _LOGIN.fullmatch(login):
            raise invalid("User", "login", "login may only contain alphanumeric characters or single hyphens")
        if world.account(login) is not None:
            raise invalid("User", "login", "login is already taken")
        new_id = world.next_id()
        if type_ == "User" and email is None:
            email = f"{new_id}+{login}@users.noreply.github.com"
        return world.store.save(
            Account(id=new_id, login=login, type=type_, created_at=world.now(), name=name, email=email)
        )


def set_member(world: World, org: Account, account: Account, role: Literal["admin", "member"]) -> Account:
    """Make the account a member or an owner (`admin`) of the organization."""
    with world.change():
        return world.store.save(replace(org, members={**org.members, account.id: role}))


def create_team(world: World, org: Account, name: str) -> Team:
    """A new team without members; its slug is the name in lower case with hyphens."""
    with world.change():
        slug = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")
        if world.store.first(Team, org_id=org.id, slug=slug) is not None:
            raise invalid("Team", "name", "Name must be unique for this org")
        now = world.now()
        return world.store.save(
            Team(id=world.next_id(), org_id=org.id, slug=slug, name=name, created_at=now, updated_at=now)
        )


def set_team_member(
    world: World, team: Team, account: Account, role: Literal["maintainer", "member"]
) -> Team:
    """Put the account in the team."""
    with world.change():
        return world.store.save(replace(team, members={**team.members, account.id: role}))


def grant_team(world: World, team: Team, repo: Repository, permission: Permission) -> Team:
    """Let the team's members do this in the repository."""
    with world.change():
        return world.store.save(replace(team, repos={**team.repos, repo.id: permission}))


def create_user_token(world: World, account: Account) -> str:
    """A secret by which the account acts over REST and git."""
    with world.change():
        secret = "ghp_" + secrets.token_hex(18)
        world.store.save(
            Token(id=world.next_id(), secret=secret, created_at=world.now(), account_id=account.id)
        )
        return secret
