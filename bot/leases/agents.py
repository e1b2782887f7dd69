"""What accounts that are no persons may ask for: it stands on their User in the catalog.

Where nothing is said, nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from bot.catalog.entity import Entity
from bot.catalog.own import AgentSpec
from bot.catalog.reference import ReferenceBroken, parse_ref


@dataclass(frozen=True, slots=True)
class Bounds:
    """`acts_for`: the full reference of a User; empty where none is said."""

    acts_for: str = ""
    requests: tuple[str, ...] = ()
    """Kinds."""
    environments: tuple[str, ...] = ()
    open_requests: int = 0
    """How many may be open or in force at a time."""


def bounds_of(user: Entity | None) -> Bounds:
    """Of an agent's User; what cannot be understood allows nothing."""
    given = user.spec.get("agent") if user is not None else None
    try:
        spec = AgentSpec.model_validate(dict(given)) if isinstance(given, Mapping) else AgentSpec()
        acts_for = parse_ref(spec.actsFor, "user") if spec.actsFor else ""
    except (ValidationError, ReferenceBroken):
        return Bounds()
    return Bounds(acts_for, tuple(spec.requests), tuple(spec.environments), spec.openRequests)
