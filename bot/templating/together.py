"""Findings that are one for who reads them: of one place, in several environments or of several components.

Joins what says the same of more; never leaves out a component, an environment or a host that has no other
finding.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.model.plan import Fact, Finding

_MANY_PLACES = frozenset({"host-taken", "host-moves", "object-taken"})
"""Rules whose facts name the environment, and what is claimed there."""
_VARIED = ("environment", "claim", "object", "namespace")
"""Facts that differ from environment to environment: joined, each value once."""


def together(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings in their order, the joined ones where the first of them stood.

    A clash in several environments has tuples as these facts. A limit that several components pass by one
    line has the number of all but the first by reference as `others`.
    """
    found: dict[tuple[object, ...], list[Finding]] = {}
    for number, one in enumerate(findings):
        found.setdefault(_key(one) or (number,), []).append(one)
    return tuple(_joined(same) if len(same) > 1 else same[0] for same in found.values())


def _key(one: Finding) -> tuple[object, ...]:
    place = (one.rule, one.severity, one.path, one.line, one.column)
    if one.rule in _MANY_PLACES:
        return (*place, one.facts.get("component"), one.facts.get("holder"))
    if one.rule == "environment-limit":
        return (*place, one.facts.get("environment"), one.facts.get("case"))
    return ()


def _joined(same: list[Finding]) -> Finding:
    if same[0].rule == "environment-limit":
        by_component = {str(one.facts["component"]): one for one in same}
        first = by_component[min(by_component)]
        others = len(by_component) - 1
        many: dict[str, Fact] = {"others": others, "case": f"{first.facts['case']}-many"}
        return replace(first, facts={**first.facts, **many}) if others else first
    facts = dict(same[0].facts)
    for name in _VARIED:
        values = tuple(dict.fromkeys(str(one.facts[name]) for one in same if name in one.facts))
        if len(values) > 1:
            facts[name] = values
    return replace(same[0], facts=facts)
