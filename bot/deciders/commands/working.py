"""What moves a pull request along: /plan and /retry look again, /hold and /unhold stop it and free it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.deciders.commands.asked import Answer, Asked, done
from bot.deciders.commands.refusals import closed
from bot.model.acts import EnsureLabels, Record
from bot.model.event import PullChanged, PullClosed
from bot.model.plan import Effect, Enqueue
from bot.model.pull import HOLD


def plan(asked: Asked) -> Answer:
    """The pull request is judged anew, whether anything changed or not."""
    return done("", _look(asked, rerun=True))


def retry(asked: Asked) -> Answer:
    """What failed is tried again: the check of an open pull request, what is to follow a merged one."""
    if asked.pull is not None and asked.pull.is_merged:
        merged = PullClosed(delivery=_delivery(asked), repo=asked.repo, number=asked.number)
        return done("", Enqueue(merged))
    if asked.pull is None or not asked.pull.is_open:
        return closed(asked)
    return done("", _look(asked, rerun=True))


def hold(asked: Asked) -> Answer:
    """The label stands, so the check fails until it is taken off."""
    return done("", EnsureLabels(asked.repo, asked.number, present=(HOLD,)), *_noted("held", asked))


def unhold(asked: Asked) -> Answer:
    """The label is off. Where it was off already, perhaps by ourselves before a restart, that is said."""
    was_held = asked.pull is not None and HOLD in asked.pull.labels
    return done(
        "" if was_held else "not-held",
        EnsureLabels(asked.repo, asked.number, absent=(HOLD,)),
        *_noted("unheld", asked),
    )


def _noted(event: str, asked: Asked) -> tuple[Effect, ...]:
    entry: dict[str, str | int | bool | tuple[str, ...]] = {
        "event": event,
        "who": asked.asker.login,
        "pull": asked.number,
    }
    if asked.pull is not None:
        entry["commit"] = asked.pull.head_sha
    if reason := asked.text("reason"):
        entry["reason"] = reason
    record = Record(asked.repo, f"{event}/{asked.number}/{asked.name}", asked.at, entry)
    return record, _look(asked)


def _look(asked: Asked, *, rerun: bool = False) -> Enqueue:
    return Enqueue(PullChanged(delivery=_delivery(asked), repo=asked.repo, number=asked.number, rerun=rerun))


def _delivery(asked: Asked) -> str:
    return f"{asked.event.delivery}/{asked.name}"


WORK: Mapping[str, Callable[[Asked], Answer]] = {
    "plan": plan,
    "retry": retry,
    "hold": hold,
    "unhold": unhold,
}
