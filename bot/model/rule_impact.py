"""What a change of rules would do to all that there is: nouns of a plan. They judge nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RulesPart:
    """Rules change with this merge. `severities`: rule, before, after; a rule that is not set is "".

    `starts` and `stops` count today's findings that would newly deny, or deny no more.
    """

    severities: tuple[tuple[str, str, str], ...]
    starts: int
    stops: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A thing that a rule would judge otherwise.

    `was`, `now`: deny, warn, info, `not-evaluated`, `waived`, or empty if kept.

    `ref` is an entity, or a file. `environments`: where its objects are meant.
    """

    rule: str
    ref: str
    owner: str
    was: str
    now: str
    environments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RulesImpactPart:
    """Policies or waivers change with this merge: what would be judged otherwise, of all that there is.

    `rules`: those that change, by name. `entities` and `objects`: how many were looked at.
    """

    rules: tuple[str, ...]
    waivers: tuple[str, ...]
    entities: int
    objects: int
    shifts: tuple[Shift, ...] = ()
    stopped: tuple[tuple[str, str], ...] = ()
    """Rules as they would be that had to be stopped, and why."""
    unjudged: tuple[tuple[str, str, int], ...] = ()
    """Rules as they would be that cannot judge all there is: why not, the first time, and how often."""
