"""What two components of one environment may not both have: a host with a path, and an object.

Looks at a whole rendering, since no component can know of the others. It keeps neither from being rendered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from bot.catalog.entity import Catalog, Entity, Pointer, Position
from bot.kubernetes.claims import Claim
from bot.kubernetes.identity import Identity
from bot.model.plan import Fact, Finding, Severity
from bot.templating.deploy import home_of, start_of
from bot.templating.environment import Environment
from bot.templating.render import RenderedComponent, Rendering


class _Stake(NamedTuple):
    """What a component holds. `key` tells it from others, `says` are the facts of it."""

    rule: str
    key: tuple[str, ...]
    says: Mapping[str, Fact]
    host: str = ""


def clash_findings(
    rendering: Rendering, catalog: Catalog, environment: Environment, *, of: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Hosts and objects that two components claim, sorted.

    `rendering`: the whole environment's. `of`: only clashes in which one of these references takes part; the
    finding stands at it. Else it stands at the second of the two, by reference.
    """
    holders: dict[tuple[str, ...], list[tuple[RenderedComponent, _Stake]]] = {}
    for component in sorted(rendering.components.values(), key=lambda one: one.ref):
        for stake in _stakes(component):
            holders.setdefault((stake.rule, *stake.key), []).append((component, stake))
    findings: dict[tuple[object, ...], Finding] = {}
    for held in holders.values():
        for finding in _among(held, catalog, environment, of) if len(held) > 1 else ():
            spot = (finding.rule, finding.path, finding.line, finding.column, finding.facts["holder"])
            findings.setdefault(spot, finding)
    return tuple(findings[spot] for spot in sorted(findings, key=str))


def gains(before: Rendering, after: Rendering) -> frozenset[str]:
    """References of components that claim what they did not claim before: these may clash with others."""
    known = {
        one.ref: {(stake.rule, *stake.key) for stake in _stakes(one)} for one in before.components.values()
    }
    return frozenset(
        one.ref
        for one in after.components.values()
        if not {(stake.rule, *stake.key) for stake in _stakes(one)} <= known.get(one.ref, set())
    )


def moves(
    before: Rendering,
    after: Rendering,
    catalog: Catalog,
    environment: Environment,
    *,
    keep: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Hosts that a component takes and another gives up, sorted: legal, but who is promoted first counts.

    `before` and `after`: as far as components may have changed. `keep`: references of those that keep what
    they have although they are not in `after`. The finding stands at the one that takes.
    """
    given: dict[tuple[str, str], str] = {}
    for one in before.components.values():
        if one.ref in keep:
            continue
        kept = _claimed(after, one.folder, one.ref)
        given |= {(claim.host, claim.path): one.ref for claim in one.claims if claim[:2] not in kept}
    found: dict[tuple[object, ...], Finding] = {}
    for one in after.components.values():
        had, entity = _claimed(before, one.folder, one.ref), catalog.get(one.ref)
        for claim in one.claims:
            giver = given.get(claim[:2], one.ref)
            if claim[:2] in had or giver == one.ref or entity is None:
                continue
            stake = _host(claim)
            place = _place(entity, environment, stake)
            facts = {**stake.says, "component": one.ref, "holder": giver, "environment": environment.name}
            spot = (entity.path, place, giver, *claim[:2])
            found.setdefault(
                spot, Finding("host-moves", Severity.WARN, entity.path, place.line, place.column, facts)
            )
    return tuple(found[spot] for spot in sorted(found, key=str))


def _claimed(rendering: Rendering, folder: str, ref: str) -> frozenset[tuple[str, ...]]:
    one = rendering.components.get(folder)
    return frozenset(claim[:2] for claim in one.claims) if one is not None and one.ref == ref else frozenset()


def _stakes(component: RenderedComponent) -> Iterator[_Stake]:
    seen: set[tuple[str, str]] = set()
    for claim in component.claims:
        if (claim.host, claim.path) not in seen:
            seen.add((claim.host, claim.path))
            yield _host(claim)
    for identity in component.objects:
        yield _object(identity)


def _host(claim: Claim) -> _Stake:
    facts = {"host": claim.host, "path": claim.path, "claim": _written(claim)}
    return _Stake("host-taken", (claim.host, claim.path), facts, claim.host)


def _written(claim: Claim) -> str:
    """As people write it: without the `/` that every host has, and without the sign of an exact path."""
    if claim.path == "/":
        return claim.host
    between = " " if claim.path.startswith("~") else ""
    return f"{claim.host}{between}{claim.path.removeprefix('=')}"


def _object(identity: Identity) -> _Stake:
    facts: dict[str, Fact] = {"object": str(identity)}
    if identity.namespace:
        facts |= {"case": "namespaced", "namespace": identity.namespace}
    return _Stake("object-taken", identity, facts)


def _among(
    held: list[tuple[RenderedComponent, _Stake]],
    catalog: Catalog,
    environment: Environment,
    of: Collection[str] | None,
) -> Iterator[Finding]:
    first, *others = held
    for component, stake in others:
        holder = first[0]
        if of is not None and component.ref not in of:
            if holder.ref not in of:
                continue
            component, holder = holder, component  # noqa: PLW2901 - the finding stands at the other of the two
        entity = catalog.get(component.ref)
        if entity is not None:
            place = _place(entity, environment, stake)
            facts = {
                **stake.says,
                "component": component.ref,
                "holder": holder.ref,
                "environment": environment.name,
            }
            yield Finding(stake.rule, Severity.DENY, entity.path, place.line, place.column, facts)


def _place(entity: Entity, environment: Environment, stake: _Stake) -> Position:
    """The parameter that gives the host; else where the entity begins to say what it wants."""
    home = home_of(entity)
    for start in ((*home, "environments", environment.name), home):
        for pointer, text in _texts(_at(entity, start), start):
            if stake.host and stake.host in (text, f"{text}.{environment.domain}"):
                return entity.where(*pointer)
    return start_of(entity)


def _at(entity: Entity, pointer: Pointer) -> Any:
    node: Any = {"spec": entity.spec}
    for step in pointer:
        node = node.get(step) if isinstance(node, Mapping) else None
    return node


def _texts(value: object, at: Pointer) -> Iterator[tuple[Pointer, str]]:
    """All texts in it, without those of environments."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            if key != "environments":
                yield from _texts(one, (*at, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _texts(one, (*at, index))
