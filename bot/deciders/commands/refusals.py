"""Refusals that more than one command gives, and who is named in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.catalog.entity import Catalog
from bot.commands.roles import Matter, holders, may
from bot.commands.settings import CommandSettings
from bot.deciders.commands.asked import Answer, Asked, not_done
from bot.deciders.pushers import strange_of, why_not
from bot.leases.written import BRANCH


def closed(asked: Asked) -> Answer:
    """That the pull request is over, and how it ended."""
    pull = asked.pull
    if pull is not None and not pull.is_merged and pull.is_ours and pull.head_branch.startswith(BRANCH):
        return not_done("closed-ours", command=asked.command.name)
    is_merged = pull is not None and pull.is_merged
    return not_done("merged" if is_merged else "closed", command=asked.command.name)


def refused(roles: tuple[str, ...], matter: Matter, asked: Asked) -> Answer:
    """That the asker may not, why, and who could."""
    who = names_of(roles, [matter], asked.settings, asked.catalog)
    case = why_not(asked.asker, matter) if "approver" in roles else ""
    known = replace(matter, strange=frozenset())
    if case == "strange" and not may(asked.asker, roles, known, asked.settings):
        case = ""
    addresses = strange_of(matter) if case == "strange" else ()
    return not_done(case or "no-right", command=asked.command.name, who=who, addresses=addresses)


def names_of(
    roles: Iterable[str], matters: Iterable[Matter], settings: CommandSettings, catalog: Catalog
) -> tuple[str, ...]:
    """Who could, each as `<kind>:<name>` of a Holder; of several matters all that are named."""
    found = (holder for one in matters for holder in holders(tuple(roles), one, settings, catalog))
    return tuple(dict.fromkeys(f"{one.kind}:{one.name}" for one in found))
