"""Kyverno's PolicyException: what it lets through of a policy, by conditions, and until when.

One that cannot be evaluated, or has ended, excuses nothing.
Source: github.com/kyverno/kyverno, pkg/cel/policies/vpol/compiler/policy.go (evaluateWithData).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.policy.cel import CelFault, CelProblem, Expression

Compile = Callable[[str], Expression]


@dataclass(frozen=True, slots=True)
class Excused:
    """What exceptions say of a request. `names`: of those that let all of it through, in their order."""

    names: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    values: tuple[str, ...] = ()

    def shown(self) -> dict[str, list[str]]:
        """As expressions see it: `exceptions.allowedImages`."""
        return {"allowedImages": list(self.images), "allowedValues": list(self.values)}


class Exceptions:
    """The exceptions of one policy."""

    def __init__(self, documents: Iterable[Mapping[str, Any]], compiled: Compile, now: str) -> None:
        """`now`: RFC 3339; without it, what has an end is taken to have ended."""
        self._known = [
            (document, conditions)
            for document in documents
            if not _is_over(document, now) and (conditions := _conditions(document, compiled)) is not None
        ]

    def of(self, values: Mapping[str, object]) -> Excused:
        """What they say of a request with these values."""
        found = [document for document, conditions in self._known if _hold(conditions, values)]
        whole = [
            one for one in found if not one["spec"].get("images") and not one["spec"].get("allowedValues")
        ]
        if whole:
            return Excused(tuple(str(one["metadata"]["name"]) for one in whole))
        return Excused((), _all(found, "images"), _all(found, "allowedValues"))


def _all(found: Sequence[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(str(each) for one in found for each in one["spec"].get(key) or ())


def _conditions(document: Mapping[str, Any], compiled: Compile) -> list[Expression] | None:
    try:
        return [compiled(one["expression"]) for one in document["spec"].get("matchConditions") or ()]
    except (CelProblem, KeyError, TypeError):
        return None


def _hold(conditions: Sequence[Expression], values: Mapping[str, object]) -> bool:
    try:
        return all(one.boolean(values) for one in conditions)
    except CelFault:
        return False


def _is_over(document: Mapping[str, Any], now: str) -> bool:
    until = document["spec"].get("expiresAt")
    if not until:
        return False
    try:
        return not now or _time(now) >= _time(str(until))
    except (ValueError, TypeError):
        return True


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
