"""Refusals that more than one command gives, and who is named in them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.catalog.entity import Catalog
from bot.commands.roles import Matter, holders
from bot.commands.settings import CommandSettings
from bot.deciders.commands.asked import Answer, Asked, not_done
from bot.leases.written import BRANCH


def closed(asked: Asked) -> Answer:
    """That the pull request is over, and how it ended."""
    pull = asked.pull
    if pull is not None and not pull.is_merged and pull.is_ours and pull.head_branch.startswith(BRANCH):
        return not_done("closed-ours", command=asked.command.name)
    is_merged = pull is not None and pull.is_merged
    return not_done("merged" if is_merged else "closed", command=asked.command.name)


def names_of(
    roles: Iterable[str], matters: Iterable[Matter], settings: CommandSettings, catalog: Catalog
) -> tuple[str, ...]:
    """Who could, each as `<kind>:<name>` of a Holder; of several matters all that are named."""
    found = (holder for one in matters for holder in holders(tuple(roles), one, settings, catalog))
    return tuple(dict.fromkeys(f"{one.kind}:{one.name}" for one in found))
