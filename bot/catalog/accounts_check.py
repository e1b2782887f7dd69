"""Which Users claim the same GitHub account: nobody could tell who that is. Judges nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.catalog.accounts import LOGIN, login_of
from bot.catalog.entity import Catalog, Entity
from bot.catalog.schema import clip
from bot.model.plan import Fact, Finding, Severity


def account_findings(catalog: Catalog) -> Iterator[Finding]:
    """At each of them. An account is claimed by the annotation, or by the name where there is none."""
    claims: dict[str, list[Entity]] = {}
    for user in catalog.of_kind("User"):
        if catalog.get(user.ref) is user:
            claims.setdefault(login_of(user).lower(), []).append(user)
    for users in claims.values():
        for user in users:
            others = [one for one in users if one is not user and _is_certain(one, user)]
            if others:
                yield _finding(user, others[0])


def _is_certain(one: Entity, other: Entity) -> bool:
    """Two of one name in two namespaces, neither of which speaks of an account, may have none at all."""
    homes = {each.namespace for each in (one, other)}
    return len(homes) == 1 or _says(one) or _says(other)


def _says(user: Entity) -> bool:
    said = user.metadata.get("annotations")
    return isinstance(said, Mapping) and LOGIN in said


def _finding(user: Entity, other: Entity) -> Finding:
    facts: dict[str, Fact] = {"login": clip(login_of(user)), "user": clip(user.ref), "other": clip(other.ref)}
    pointer = ("metadata", "annotations", LOGIN) if _says(user) else ("metadata", "name")
    return Finding("user-account", Severity.DENY, user.path, *user.where(*pointer), facts)
