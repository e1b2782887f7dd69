"""What a command is about, as far as that says who may give it: a request, a change, or nothing at all."""

from __future__ import annotations

from dataclasses import replace

from bot.commands.roles import Matter
from bot.deciders.commands.asked import Asked
from bot.deciders.commands.requested import change_of, is_requesting, owners_of, requested


def usual_matters(asked: Asked) -> tuple[Matter, ...]:
    """Of a pull request of requests each of these; of another one its author and whose entities it changes.

    Owners are those of the default branch: a pull request cannot make its author one.
    """
    pull = asked.pull
    if pull is None:
        return (Matter(),)
    change = change_of(asked.snapshot)
    if change is None:
        return (Matter(author=pull.author.login),)
    if is_requesting(change) and pull.base_branch == asked.snapshot.default_branch:
        return tuple(one.matter for one in requested(change, asked.catalog, asked.snapshot))
    refs = (one.ref for one in change.touched())
    return (Matter(author=pull.author.login, owners=owners_of(refs, asked.catalog)),)


def _open(matter: Matter) -> Matter:
    """Whoever owns a part of what it reaches can refuse it."""
    return replace(matter, owners=matter.owners | matter.sharing - {""}, sharing=frozenset())


def decided_matters(asked: Asked) -> tuple[Matter, ...]:
    """As usual. Where there is nothing to decide about, whoever can read may hear so."""
    change, pull = change_of(asked.snapshot), asked.pull
    is_to_decide = change is not None and is_requesting(change)
    if pull is None or (is_to_decide and pull.base_branch == asked.snapshot.default_branch):
        found = usual_matters(asked)
        return tuple(map(_open, found)) if asked.command.name == "deny" else found
    return (Matter(approvers=("read",)),)
