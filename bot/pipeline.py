"""The life of an event: gather, decide, apply, and then say it. What is said is what came of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.apply import apply
from bot.deciders import concerned, decide, needs
from bot.deciders.decider import Snapshot, is_staged
from bot.errors import Refused, Retry
from bot.gather import gather
from bot.gather_thread import marks
from bot.model.event import Commanded, Event, LeasesDue, PullChanged, PullClosed, Pushed
from bot.model.plan import Effect, Held, Outcome, Outcomes, Plan
from bot.model.pull import Pull
from bot.model.thread import ENDS
from bot.model.told import AnswersPart
from bot.ports import Ports
from bot.report.delivery import say_delivery, say_push
from bot.report.failure import say_failure, say_refusal
from bot.report.glass import say_glass
from bot.report.held import say_held
from bot.report.promotion import say_stuck
from bot.report.reply import say_answers, say_failed
from bot.report.review import CHECK, say_review

log = logging.getLogger(__name__)


def run(event: Event, ports: Ports) -> Outcomes:
    """Makes the world what the event calls for. Running it twice changes nothing the second time.

    Raises Retry when it should be tried later and Refused when it may not be done at all.
    """
    if not concerned(event):
        return {}
    if is_staged(event) and ports.patient is not None:
        ports = replace(ports, forge=ports.patient)
    snapshot: Snapshot | None = None
    try:
        snapshot = gather(event, needs(event), ports)
        outcomes, said = _work(event, snapshot, ports)
    except Retry:
        raise
    except Refused as refused:
        _tell(event, snapshot, ports, refused.reason)
        raise
    except Exception:
        _tell(event, snapshot, ports, None)
        raise
    # Outside of the net: a verdict that stands is not replaced because the comment beside it failed.
    return {**outcomes, **_say(event, said, ports)}


def _say(event: Event, said: Sequence[Effect], ports: Ports) -> Outcomes:
    """The reaction that ends a command must not hang on its reply: some threads take no comment."""
    if not isinstance(event, Commanded):
        return apply(said, ports)
    outcomes: dict[str, Outcome] = {}
    for one in said:
        try:
            outcomes |= apply([one], ports)
        except Refused as refused:
            log.warning("delivery=%s: %s was refused. %s", event.delivery, one.key, refused.reason)
    return outcomes


def _work(event: Event, snapshot: Snapshot, ports: Ports) -> tuple[Outcomes, tuple[Effect, ...]]:
    plan = decide(event, snapshot)
    why = " ".join(dict.fromkeys(plan.why))
    level = logging.DEBUG if event.is_routine and not plan.effects else logging.INFO
    log.log(level, "%s %s: %d effects. %s", event.kind, event.delivery, len(plan.effects), why)
    # The world first, the words after: nothing is reported that is not so.
    outcomes = apply(plan.effects, ports)
    for key, outcome in outcomes.items():
        if isinstance(outcome, Held):
            log.warning("%s %s: %s is held. %s", event.kind, event.delivery, key, outcome.reason)
    return outcomes, words(event, snapshot, plan, outcomes)


def words(event: Event, snapshot: Snapshot, plan: Plan, outcomes: Outcomes) -> tuple[Effect, ...]:
    """The comment and the check that this plan, and what came of it, amount to."""
    return (*_words(event, snapshot, plan, outcomes), *say_glass(snapshot.repo, plan, outcomes))


def _words(event: Event, snapshot: Snapshot, plan: Plan, outcomes: Outcomes) -> tuple[Effect, ...]:
    pull = snapshot.pull
    match event:
        case PullChanged() if pull and pull.is_open:
            return _changed(event, pull, snapshot, plan)
        case Commanded():
            found = (part for part in plan.parts if isinstance(part, AnswersPart))
            return tuple(effect for part in found for effect in say_answers(event.repo, part, outcomes))
        case PullClosed() if pull and pull.is_merged and _is_judged(pull, snapshot):
            return say_delivery(pull, plan, outcomes)
        case Pushed(branch=branch) if branch == snapshot.default_branch:
            return say_push(snapshot.repo, snapshot.tip, plan, outcomes)
        case Pushed() if is_staged(event):
            return say_stuck(snapshot.repo, plan)
        case _:
            return ()


def _changed(event: PullChanged, pull: Pull, snapshot: Snapshot, plan: Plan) -> tuple[Effect, ...]:
    if not _is_judged(pull, snapshot):
        return (say_held(pull, CHECK),)
    comment, check = say_review(pull, plan, rerun=event.delivery if event.rerun else "")
    return check, comment  # the gate first: it must not hang on the comment


def _is_judged(pull: Pull, snapshot: Snapshot) -> bool:
    """Such a pull request gets its check even when there is nothing to say: it may be a required one."""
    return pull.base_branch == snapshot.default_branch


def _tell(event: Event, snapshot: Snapshot | None, ports: Ports, reason: str | None) -> None:
    """Says on the commit that it did not work; if even that fails, the queue's own record must do.

    Commands are answered where they stand: now if they may not be done, else when they are given up.
    """
    try:
        if isinstance(event, Commanded):
            if reason is not None:
                _end(event, ports, reason)
            return
        sha = _commit(event, snapshot, ports)
        if sha and reason is None:
            apply([say_failure(event.repo, sha, event.delivery)], ports)
        elif sha:
            apply([say_refusal(event.repo, sha, reason or "")], ports)
    except (Retry, Refused) as problem:
        log.warning("delivery=%s: the failure could not be shown: %s", event.delivery, problem)


def _commit(event: Event, snapshot: Snapshot | None, ports: Ports) -> str:
    """The commit that the event is about, also when not all of the snapshot could be gathered.

    Of environments and leases none is: what went wrong there is shown on the status page, not on somebody's
    commit.
    """
    if is_staged(event) or isinstance(event, LeasesDue):
        return ""
    if snapshot is not None:
        return snapshot.pull.head_sha if snapshot.pull else snapshot.tip
    return ports.forge.pull(event.repo, event.number).head_sha if isinstance(event, PullChanged) else ""


def say_given_up(event: Event, reason: str, ports: Ports) -> None:
    """The last word about an event that was tried as often as it may be. Raises as `apply` does."""
    if isinstance(event, Commanded):
        log.warning("delivery=%s was given up: %s", event.delivery, reason)
        _end(event, ports, None)
    if isinstance(event, PullChanged):
        pull = ports.forge.pull(event.repo, event.number)
        log.warning("delivery=%s was given up: %s", event.delivery, reason)
        apply([say_failure(event.repo, pull.head_sha, event.delivery)], ports)


def _end(event: Commanded, ports: Ports, reason: str | None) -> None:
    """Ends a command that cannot be done, unless its end stands there already or its text is gone."""
    written = ports.forge.written(event.repo, event.spot)
    if written is None or written.is_ours or written.author.is_bot:
        return
    if not ENDS.intersection(marks(event.repo, event.spot, ports)):
        _say(event, say_failed(event.repo, event.spot, event.delivery, reason), ports)
