"""The most that one component may ask for in an environment. Compares; changes nothing that is asked for.

What a template makes of a parameter is not known here, so a finding stands at one that is called after what
is too much, and else where the component begins to say what it wants.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from bot.catalog.entity import Pointer, Position
from bot.model.plan import Fact, Finding, Severity, Totals
from bot.templating.deploy import Deploy
from bot.templating.environment import Environment

_REPLICAS: tuple[Pointer, ...] = (("replicas", "max"), ("replicas",), ("instances",))
_SUSPECTS: Mapping[str, tuple[Pointer, ...]] = {
    "replicas": _REPLICAS,
    "cpu": (("resources", "requests", "cpu"), ("resources",), ("cpu",), *_REPLICAS),
    "memory": (("resources", "requests", "memory"), ("resources",), ("memory",), *_REPLICAS),
    "storage": (("storage", "size"), ("storage",), ("size",), *_REPLICAS),
}
"""Parameters that are probably the cause, the likeliest first."""
_UNITS = (("Ti", 2**40), ("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10))


def limit_findings(deploy: Deploy, environment: Environment, totals: Totals) -> Iterator[Finding]:
    """One for each resource of which the component asks for more than the environment gives to one."""
    limits = environment.limits
    for resource, asked, limit in (
        ("replicas", totals.most_replicas, limits.replicas),
        ("cpu", totals.most_cpu, limits.cpu),
        ("memory", totals.most_memory, limits.memory),
        ("storage", totals.storage, limits.storage),
    ):
        if limit is not None and asked > limit:
            facts: dict[str, Fact] = {
                "component": deploy.entity.ref,
                "environment": environment.name,
                "case": resource,
                "asked": _written(resource, asked),
                "limit": _written(resource, limit),
            }
            path, place = _place(deploy, resource)
            yield Finding("environment-limit", Severity.DENY, path, place.line, place.column, facts)


def _place(deploy: Deploy, resource: str) -> tuple[str, Position]:
    for pointer in _SUSPECTS[resource]:
        if any(layer.holds(pointer) for layer in deploy.sources):
            return deploy.place(pointer)
    return deploy.place(())


def _written(resource: str, amount: int) -> str:
    """As Kubernetes writes it; never less than it is."""
    if resource == "replicas":
        return str(amount)
    if resource == "cpu":
        return f"{amount / 1000:.3f}".rstrip("0").rstrip(".")
    for unit, size in _UNITS:
        if amount >= size:
            return f"{math.ceil(amount * 10 / size) / 10:g}{unit}"
    return str(amount)
