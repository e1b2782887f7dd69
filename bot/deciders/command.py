"""`accept` and `command`: what people write in a thread is read, shown as read, done once, and ended visibly.

The first pass only says that it was read; the second does it. Closed by default: what was edited, comes too
late, was written by a program, or is not allowed, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta

from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.commands.call import Call, Unclear, calls
from bot.commands.quoted import quoted
from bot.commands.roles import asker_of
from bot.commands.settings import CommandSettings, command_settings
from bot.deciders.commands.asked import Answer, not_done
from bot.deciders.commands.judged import Text, answer
from bot.deciders.decider import Decider, Need, Rights, Snapshot
from bot.model.acts import React, Record
from bot.model.event import Commanded, Event
from bot.model.plan import Effect, Enqueue, Plan
from bot.model.thread import ENDS, SEEN, Written
from bot.model.told import AnswersPart, Told

LATEST = timedelta(minutes=30)
"""Age after which nothing is done any more: whoever wrote it has gone on, and so has the world."""


def plan_accept(event: Event, snapshot: Snapshot) -> Plan:
    """Eyes on what holds commands, and the same event once more to do them."""
    if not isinstance(event, Commanded):
        return Plan()
    written = snapshot.written
    if written is None:
        return Plan(why=("It was deleted.",))
    why = _silent(written, snapshot)
    if not why and not calls(written.body, bare=_settings(snapshot).bare):
        why = "There is no command in it."
    if why:
        return Plan(why=(why,))
    again = event.model_copy(update={"is_accepted": True, "delivery": f"{event.delivery}/run"})
    return Plan(effects=(React(event.repo, event.spot, SEEN), Enqueue(again)))


def plan_command(event: Event, snapshot: Snapshot) -> Plan:
    """What each call does, in their order, and how each ended."""
    if not isinstance(event, Commanded):
        return Plan()
    written = snapshot.written
    if written is None:
        return Plan(why=("It was deleted.",))
    if why := _silent(written, snapshot):
        return Plan(why=(why,))
    catalog, settings = _catalog(snapshot), _settings(snapshot)
    found = calls(written.body, bare=settings.bare)
    case = _void(event, written, snapshot) or ("" if found else "nothing")
    if case:
        return _ended(event, [_told(one, not_done(case)) for one in found or (None,)])
    rights = snapshot.rights.get(written.author.login, Rights())
    asker = asker_of(written.author, catalog, rights)
    return _run(found, Text(event, written, snapshot, catalog, settings, asker))


def _silent(written: Written, snapshot: Snapshot) -> str:
    """Why nothing is even said; empty where people wait for an answer."""
    if written.is_ours:
        return "We wrote it."
    if written.author.is_bot:
        return "A program wrote it."
    if ENDS.intersection(snapshot.reactions):
        return "It was ended already."
    return ""


def _void(event: Commanded, written: Written, snapshot: Snapshot) -> str:
    """The case by which all of a text is not run; empty where it may be."""
    digest = hashlib.sha256(written.body.encode("utf-8", "surrogatepass")).hexdigest()
    if written.is_edited or event.digest not in ("", digest):
        return "edited"
    if snapshot.now - written.at > LATEST:
        return "late"
    return "" if snapshot.tip_tree is not None else "empty-repo"


def _run(found: Sequence[Call | Unclear], text: Text) -> Plan:
    """Each call sees the labels as those before it leave them."""
    told: list[Told] = []
    effects: list[Effect] = []
    for number, one in enumerate(found, start=1):
        got = answer(number, one, text)
        effects += got.effects
        told.append(_told(one, got))
        text = text.after(got.effects)
    return _ended(text.event, told, effects)


def _ended(event: Commanded, told: Sequence[Told], effects: Sequence[Effect] = ()) -> Plan:
    return Plan(parts=(AnswersPart(event.spot, tuple(told)),), effects=tuple(effects))


def _told(one: Call | Unclear | None, got: Answer) -> Told:
    return Told(
        command=one.name if isinstance(one, Call) else "",
        text=quoted(one) if one is not None else "",
        is_done=got.is_done,
        case=got.case,
        facts=got.facts,
        findings=got.findings,
        keys=_keys(got.effects),
        mark=got.mark,
    )


def _keys(effects: Sequence[Effect]) -> tuple[str, ...]:
    """Of what decides whether it is done. A record that cannot be kept undoes nothing beside it."""
    acts = [one for one in effects if not isinstance(one, Record | Enqueue)]
    return tuple(one.key for one in acts or effects)


def _catalog(snapshot: Snapshot) -> Catalog:
    """The default branch's."""
    tree = snapshot.tip_tree
    return check(tree, whole=True, memo=snapshot.memo).catalog if tree is not None else Catalog(())


def _settings(snapshot: Snapshot) -> CommandSettings:
    return command_settings(_catalog(snapshot))


def _is_new(event: Event) -> bool:
    return isinstance(event, Commanded) and not event.is_accepted


def _is_accepted(event: Event) -> bool:
    return isinstance(event, Commanded) and event.is_accepted


ACCEPT = Decider(
    name="accept",
    on=(Commanded,),
    needs=Need.THREAD | Need.TIP,
    help="Shows the author of a command that it was read, and puts it into the queue.",
    plan=plan_accept,
    where=_is_new,
)
COMMAND = Decider(
    name="command",
    on=(Commanded,),
    needs=Need.THREAD | Need.RIGHTS | Need.TIP | Need.PULL | Need.LEASES,
    help="Does what a command asks for, if its author may, and says how it ended.",
    plan=plan_command,
    where=_is_accepted,
)
