"""One try at an event, and what follows from how it ended: the same table for both queues.

Pure but for `attempt`, the one place where an unexpected error of a handler is caught.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.errors import Refused, Retry, UserError
from bot.model.event import Event
from bot.ports import Work

log = logging.getLogger("roadcrew.queue")

MAX_TRIES: Final = 20
"""With the waits below: about a day of "try again later"."""
MAX_BUGS: Final = 5
"""An error that nobody foresaw rarely goes away by itself: about 15 minutes."""
LONGEST_WAIT: Final = 4 * 3600.0
PATIENT_TRIES: Final = 3
"""So many tries wait exactly as long as the world asked; after them the waits double."""


class State(StrEnum):
    """Where an event stands. The last four are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    FAILED = "failed"


ENDS: Final = frozenset({State.DONE, State.REFUSED, State.SUPERSEDED, State.FAILED})


@dataclass(frozen=True, slots=True)
class Ended:
    """It is over. `reason` is shown on the status page."""

    state: State
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """It did not work this time. `after`: seconds that the world asked for. `is_bug`: not foreseen."""

    reason: str
    after: float = 0.0
    is_bug: bool = False


def attempt(work: Work, event: Event) -> Ended | Again:
    """Runs the handler once. Never raises: whatever it raises becomes a value."""
    try:
        work.handle(event)
    except Retry as error:
        log.info("delivery=%s %s again in %.0f s: %s", event.delivery, event.kind, error.after, error.reason)
        return Again(error.reason, error.after)
    except (Refused, UserError) as error:
        log.info("delivery=%s %s refused: %s", event.delivery, event.kind, error)
        return Ended(State.REFUSED, str(error))
    except Exception as error:  # the edge of the process: a bug in one event must not stop the others
        log.exception("delivery=%s %s failed unexpectedly", event.delivery, event.kind)
        # Only the class is shown to people: an unforeseen message may hold anything, a token too.
        return Again(f"An unexpected {type(error).__name__}: the log tells more.", is_bug=True)
    level = logging.DEBUG if event.is_routine else logging.INFO
    log.log(level, "delivery=%s %s done", event.delivery, event.kind)
    return Ended(State.DONE)


def tell(work: Work, event: Event, reason: str) -> bool:
    """Says once more outside that the event failed; whether that worked."""
    try:
        work.failed(event, reason)
    except Exception:  # the edge of the process, as above
        log.exception("delivery=%s could not say that it failed", event.delivery)
        return False
    return True


def settled(result: Ended | Again, *, tries: int, bugs: int, jitter: float) -> Ended | Again:
    """What follows: an end, or an Again whose `after` is the whole wait until the next try.

    `tries` counts this try too, `bugs` only earlier ones. `jitter` is random in 0..1 and adds up to a
    quarter, so that events which failed together do not come back together.
    """
    if isinstance(result, Ended):
        return result
    bugs += result.is_bug
    if bugs >= MAX_BUGS or tries >= MAX_TRIES:
        return Ended(State.FAILED, f"Given up after {tries} tries. {result.reason}")
    own = 5.0**bugs if result.is_bug else 2.0 ** max(0, tries - PATIENT_TRIES)
    return replace(result, after=max(result.after, min(own, LONGEST_WAIT)) * (1 + jitter / 4))
