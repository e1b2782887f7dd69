"""Whether someone has, or asks for, a service without approval already: one at a time. Part of `requesting`.

It decides only that; who may take it at all is asked before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

from bot.catalog.entity import Entity
from bot.commands.call import Call, calls
from bot.deciders.commands.asked import Answer, Asked, not_done
from bot.deciders.lease_ground import Ground
from bot.leases.ledger import GLASS_KEY, all_entries
from bot.leases.written import Wish, request_name

Named = Callable[[str], Entity | Answer]
"""The service that a word means."""
_TAIL = 6
_ON_ITS_WAY = timedelta(minutes=10)
"""How long what is asked for as break-glass may take to be in force."""
_OVER = frozenset({"cancelled", "denied", "ended", "revoked"})


def taken(asked: Asked, service: Entity, named: Named) -> Answer | None:
    """The refusal: one is in force, was asked for just now, or is asked for above in this very text.

    What this call asked for itself, before a restart, is none.
    """
    mine = request_name(Wish("", "", "", ""), f"{asked.repo}/{asked.name}")[-_TAIL:]
    names = _names(asked, service, named)
    there = next((one for one in names if not one.endswith(mine)), "")
    if there:
        return not_done("glass-taken", name=there)
    return not_done("glass-twice") if _is_repeated(asked, service, named) else None


def _names(asked: Asked, service: Entity, named: Named) -> Iterator[str]:
    granted = Ground(asked.snapshot, asked.catalog).granted
    for grant in granted.grants.values():
        is_same = (grant.requested_by.lower(), grant.service) == (asked.asker.login.lower(), service.ref)
        if grant.is_break_glass and is_same:
            yield grant.name
    yield from (one for one in _just_asked(asked, service, named) if one not in granted.ended)


def _just_asked(asked: Asked, service: Entity, named: Named) -> Iterator[str]:
    """What may still be on its way to be in force, as the ledger has it."""
    leases = asked.snapshot.leases
    lines = [*all_entries(leases.ledger.tree, asked.snapshot.memo)] if leases is not None else []
    over = {one.text("request") for one in lines if one.event in _OVER}
    for one in lines:
        is_mine = one.event == "requested" and one.text("who") == asked.asker.login
        is_glass = bool(one.facts.get(GLASS_KEY)) and one.at + _ON_ITS_WAY >= asked.at
        name = one.text("request")
        if is_mine and is_glass and name not in over and _is(service, one.text("service"), named):
            yield name


def _is_repeated(asked: Asked, service: Entity, named: Named) -> bool:
    written = asked.snapshot.written
    for one in calls(written.body, bare=asked.settings.bare) if written is not None else ():
        if not isinstance(one, Call) or one.line >= asked.call.line or one.name != asked.call.name:
            continue
        is_glass = any("break-glass".startswith(flag) for flag in one.flags)
        if is_glass and one.words and _is(service, one.words[0], named):
            return True
    return False


def _is(service: Entity, word: str, named: Named) -> bool:
    found = named(word)
    return isinstance(found, Entity) and found.ref == service.ref
