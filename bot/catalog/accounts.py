"""Which User of the catalog a GitHub account is, and what the catalog says of it. Asks nobody else."""

from __future__ import annotations

from collections.abc import Mapping

from bot.catalog.entity import Catalog, Entity

AGENT = "roadcrew.dev/agent"
"""The label of a User that is no person: `"true"`."""
LOGIN = "github.com/user-login"
"""The annotation that says a User's account, where that is not its name."""


def user_of(login: str, catalog: Catalog) -> Entity | None:
    """The User of an account: by its annotation, else by its name."""
    if not login:
        return None
    for one in catalog.of_kind("User"):
        said = one.metadata.get("annotations")
        if isinstance(said, Mapping) and str(said.get(LOGIN, "")).lower() == login.lower():
            return one
    named = catalog.get(f"user:default/{login}")
    return named if named is not None and login_of(named) == named.name else None


def users_of(login: str, catalog: Catalog) -> tuple[Entity, ...]:
    """All Users that claim an account. There should be one; the catalog's check says so."""
    wanted = login.lower()
    return tuple(one for one in catalog.of_kind("User") if wanted and login_of(one).lower() == wanted)


def login_of(user: Entity) -> str:
    """The account of a User, as its annotation or its name says."""
    said = user.metadata.get("annotations")
    login = said.get(LOGIN) if isinstance(said, Mapping) else None
    return login if isinstance(login, str) and login else user.name


def is_agent(user: Entity) -> bool:
    """Whether its label says that it is no person."""
    labels = user.metadata.get("labels")
    return isinstance(labels, Mapping) and labels.get(AGENT) == "true"


def groups_of(user: str, catalog: Catalog) -> frozenset[str]:
    """The groups that a user (a full reference) is in, and all groups above those."""
    found: set[str] = set()
    waiting = [*catalog.relations.targets(user, "memberOf")]
    while waiting:
        group = waiting.pop()
        if group not in found:
            found.add(group)
            waiting += catalog.relations.targets(group, "childOf")
    return frozenset(found)
