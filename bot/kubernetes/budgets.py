"""PodDisruptionBudgets that let no pod be evicted, so that no node can be drained. Pure arithmetic.

Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/ (a percentage is rounded up).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.kubernetes.identity import Identity, Object, at
from bot.kubernetes.selectors import matches
from bot.kubernetes.totals import autoscaled, replicas


class Blocked(NamedTuple):
    """A budget that lets nothing go. `rule`: `minAvailable: 1`; `replicas`: when it is so, None is always."""

    budget: Identity
    rule: str
    replicas: int | None


def blocked(objects: Mapping[Identity, Object]) -> Iterator[Blocked]:
    """The budgets that block every eviction, at least while an autoscaler keeps to its least."""
    scales = autoscaled(objects.values())
    for identity, one in objects.items():
        if (identity.group, identity.kind) != ("policy", "PodDisruptionBudget"):
            continue
        pods = [
            replicas(other, scales).least
            for other in objects.values()
            if _makes_pods_for(at(one, "spec", "selector"), other)
        ]
        blocking = _blocking(at(one, "spec"), sum(pods))
        if blocking is not None:
            yield Blocked(identity, *blocking)


def _makes_pods_for(selector: object, one: Object) -> bool:
    labels = at(one, "spec", "template", "metadata", "labels")
    return isinstance(labels, Mapping) and matches(selector, labels)


def _blocking(spec: object, pods: int) -> tuple[str, int | None] | None:
    """The rule that blocks, and for how many pods; `pods` 0 is not known."""
    most, least = at(spec, "maxUnavailable"), at(spec, "minAvailable")
    if most is not None:
        return (f"maxUnavailable: {most}", None) if _share(most, 100) == 0 else None
    if least == "100%":
        return (f"minAvailable: {least}", None)
    needed = _share(least, pods)
    return (f"minAvailable: {least}", pods) if pods and needed is not None and needed >= pods else None


def _share(value: object, of: int) -> int | None:
    """A number of pods, or a percentage of them rounded up; None for what is neither."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found = re.fullmatch(r"([0-9]{1,4})%", value) if isinstance(value, str) else None
    return math.ceil(int(found[1]) * of / 100) if found else None
