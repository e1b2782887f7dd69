"""Whether a call may run, in one order: is it clear, does it apply here, may its author, was the head seen.

Closed by default: whatever is not allowed is refused, with who could.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bot.catalog.entity import Catalog
from bot.commands.arguments import Misuse, bind
from bot.commands.call import Call, Unclear
from bot.commands.roles import Asker, Matter, may
from bot.commands.settings import CommandSettings
from bot.commands.table import Command, Where, find_command
from bot.deciders.commands import HANDLERS, MATTERS
from bot.deciders.commands.asked import Answer, Asked, Values, not_done
from bot.deciders.commands.matters import usual_matters
from bot.deciders.commands.overtaken import overtaken_by
from bot.deciders.commands.refusals import closed, refused
from bot.deciders.commands.seen import unseen
from bot.deciders.decider import Snapshot
from bot.model.acts import EnsureLabels
from bot.model.event import Commanded
from bot.model.plan import Effect, Fact
from bot.model.proposal import EnsurePull
from bot.model.pull import OpenPull
from bot.model.thread import Written

SETTLING = frozenset({"approve", "deny", "cancel"})
"""They close the pull request. Of a closed one their handlers say whether it was they, before a restart."""

_UNKNOWN = -1
"""The number of a pull request that is to be opened."""


@dataclass(frozen=True)
class Text:
    """What was written, by whom, and what that account is here."""

    event: Commanded
    written: Written
    snapshot: Snapshot = field(repr=False)
    catalog: Catalog = field(repr=False)
    settings: CommandSettings
    asker: Asker

    def after(self, effects: Iterable[Effect]) -> Text:
        """The same text, with labels and open pull requests as these effects leave them."""
        pull, opened = self.snapshot.pull, [*self.snapshot.open_pulls]
        for one in effects:
            if isinstance(one, EnsurePull) and all(each.head_branch != one.head for each in opened):
                opened.append(OpenPull(_UNKNOWN, "", one.base, one.head, one.title, one.body, is_ours=True))
            if isinstance(one, EnsureLabels) and pull is not None:
                labels = dict.fromkeys((*pull.labels, *one.present))
                pull = replace(pull, labels=tuple(each for each in labels if each not in one.absent))
        return replace(self, snapshot=replace(self.snapshot, pull=pull, open_pulls=tuple(opened)))

    def asked(self, number: int, call: Call, command: Command, values: Values) -> Asked:
        """The call with all that is known about it; `number` counts the calls of the text from 1."""
        spot = self.event.spot
        return Asked(
            call=call,
            values=values,
            command=command,
            asker=self.asker,
            matter=Matter(),
            snapshot=self.snapshot,
            event=self.event,
            at=self.written.at,
            name=f"{spot.source}-{spot.id or spot.number}-{number}",
            catalog=self.catalog,
            settings=self.settings,
        )


def answer(number: int, one: Call | Unclear, text: Text) -> Answer:
    """What comes of one call. Nothing of it is done yet: its effects are for `apply`."""
    if isinstance(one, Unclear):
        return not_done(f"unclear-{one.case}", near=one.near)
    command = find_command(one.name)
    if command is None or one.name not in HANDLERS:
        return not_done("unclear-unknown", near=())
    bound = bind(one, command)
    if isinstance(bound, Misuse):
        return Answer(False, f"misuse-{bound.case}", bound.facts)
    asked = text.asked(number, one, command, bound.values)
    misplaced = _misplaced(asked)
    if misplaced is not None:
        return misplaced
    matters = MATTERS.get(command.name, usual_matters)(asked)
    refused = _not_allowed(asked, matters, text) or _not_timely(asked, text)
    return refused or HANDLERS[command.name](replace(asked, matter=matters[0]))


def _misplaced(asked: Asked) -> Answer | None:
    name, where, pull = asked.command.name, asked.command.where, asked.pull
    if pull is None:
        return None if where is Where.ANYWHERE else not_done("not-a-pull", command=name)
    if pull.is_open:
        return None
    if name in SETTLING:
        return HANDLERS[name](asked)
    return closed(asked) if where is Where.OPEN_PULL else None


def _not_allowed(asked: Asked, matters: Sequence[Matter], text: Text) -> Answer | None:
    command, settings = asked.command, text.settings
    roles = settings.allowed(command)
    if settings.is_broken and not roles:
        return not_done("settings", command=command.name)
    if text.asker.is_agent and not command.for_agents:
        return not_done("agent", command=command.name)
    for matter in matters:
        if not may(text.asker, roles, matter, settings):
            return refused(roles, matter, asked)
    return None


def _not_timely(asked: Asked, text: Text) -> Answer | None:
    command, snapshot = asked.command, text.snapshot
    overtaken = overtaken_by(command, text.written, snapshot.thread, bare=text.settings.bare)
    if overtaken is not None:
        name, login = overtaken
        return not_done("overtaken", command=command.name, other=name, who=login)
    if not command.is_bound:
        return None
    found = unseen(text.event, text.written, asked.text("at"), snapshot)
    if found is None:
        return None
    facts: dict[str, Fact] = {**found, "command": command.name}
    return Answer(False, f"unseen-{facts.pop('case')}", facts)
