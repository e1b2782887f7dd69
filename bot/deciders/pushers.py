"""Whose hands a pull request was in besides its author's: they are no second pair of eyes. It asks nobody.

GitHub tells accounts by the addresses in commits, which those who push choose. So this keeps honest people
apart and catches the careless; who forges addresses is kept out by rules for who may push, and signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.catalog.accounts import login_of, users_of
from bot.catalog.entity import Catalog
from bot.commands.roles import Asker, Matter, asker_of, is_hand, is_party, is_perhaps_party
from bot.deciders.decider import Rights
from bot.model.pull import Person, PullCommit

MOST = 250
"""GitHub shows no more commits of a pull request: whose the others are, nobody can tell."""


def with_hands(matter: Matter, commits: Iterable[PullCommit], catalog: Catalog) -> Matter:
    """The matter with those who wrote the commits of its pull request."""
    found = tuple(commits)
    logins = {login.lower() for one in found for login in one.logins}
    strange = {address for one in found for address in one.strange} - _addresses(matter.author, catalog)
    if len(found) >= MOST:
        strange.add("")
    return replace(matter, hands=frozenset(logins), strange=frozenset(strange))


def _addresses(login: str, catalog: Catalog) -> set[str]:
    """What is known to be the author's own needs no account."""
    users = users_of(login, catalog)
    askers = (asker_of(Person(login_of(one)), catalog, Rights()) for one in users)
    return {one.address for one in askers if one.address}


def why_not(asker: Asker, matter: Matter) -> str:
    """The case of a refusal to approve: what makes the matter the asker's own; empty where nothing does."""
    if is_hand(asker, matter) and not is_party(asker, replace(matter, hands=frozenset())):
        return "pushed"
    if is_party(asker, matter):
        return "own"
    return "strange" if is_perhaps_party(asker, matter) else ""


def strange_of(matter: Matter) -> tuple[str, ...]:
    """The addresses as people are told of them."""
    return tuple(sorted(one or "one that GitHub does not show" for one in matter.strange))
