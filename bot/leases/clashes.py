"""What a request would take that others have in its environment: objects, hosts, a whole namespace.

A grant would write over what stands there, and take it along at its end. Whether those who own it would mind
is not asked: it is refused. Reads trees; writes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.entity import Catalog, Pointer, Position
from bot.catalog.yaml12 import load
from bot.kubernetes.claims import Claim, Record, claims, made_of, records
from bot.kubernetes.identity import Identity, identify
from bot.leases.grant import GRANT_FILE
from bot.leases.manifests import Workshop
from bot.leases.request import Request
from bot.leases.standing import Standing, files_in
from bot.model.plan import Fact, Finding, Severity
from bot.model.tree import Files
from bot.templating.context import namespace_of
from bot.templating.deploy import is_deployed, start_of
from bot.templating.environment import Environment, environments
from bot.templating.render import RenderedComponent, render

_YAML = ".yaml"


@dataclass(frozen=True)
class Holding:
    """What someone has in an environment. `ref`: of a component, resource or request."""

    ref: str
    objects: frozenset[Identity] = frozenset()
    claims: tuple[Claim, ...] = ()
    records: tuple[Record, ...] = ()
    namespaces: frozenset[str] = frozenset()
    """Those that it makes, or that something of it is in."""


def holding(ref: str, files: Mapping[str, bytes]) -> Holding:
    """Of canonical YAML by name, as it is rendered. What people left there and nobody can read is nothing."""
    objects = [one for path in sorted(files) if (one := _object(path, files[path])) is not None]
    found = frozenset({*map(identify, objects), *made_of(objects)})
    return Holding(ref, found, claims(objects), records(objects), _namespaces(found))


def _object(path: str, data: bytes) -> Mapping[str, Any] | None:
    try:
        found = load(data.decode()) if path.endswith(_YAML) else None
    except (Broken, UnicodeDecodeError):
        return None
    return found if isinstance(found, Mapping) else None


def held(environment: Environment, workshop: Workshop) -> Iterator[Holding]:
    """What components and resources have in the environment, and in others of the same cluster.

    Of an environment that names no cluster nobody knows what it shares one with, so that others like it count
    with their namespaces alone.
    """
    for stage in environments(workshop.catalog):
        is_here = stage.name == environment.name
        if stage.cluster != environment.cluster and not is_here:
            continue
        if is_here or environment.cluster:
            yield from _rendered(stage, workshop)
        yield from _homes(stage, workshop)


def granted(
    environment: Environment, there: Standing, tree: Files | None, workshop: Workshop
) -> Iterator[Holding]:
    """What grants in force have there. `tree`: of the branch of grants."""
    stages = {one.name: one.cluster for one in environments(workshop.catalog)}
    for grant in there.grants.values():
        is_near = bool(environment.cluster) and stages.get(grant.environment) == environment.cluster
        if grant.environment == environment.name or is_near:
            files = {path: data for path, data in files_in(tree, grant.folder).items() if path != GRANT_FILE}
            yield holding(f"request:default/{grant.name}", files)


def clashes(
    request: Request, files: Mapping[str, bytes], others: Iterable[Holding], environment: Environment
) -> tuple[Finding, ...]:
    """What it would take of others, the same thing once. `files`: what it would make."""
    mine = holding(request.entity.ref, files)
    found = _found(mine, others, environment)

    def place(name: str) -> Position:
        return request.entity.where(*_pointer(request, name))

    return tuple(Finding(rule, Severity.DENY, request.path, *place(name), said) for rule, name, said in found)


def trespasses(
    component: RenderedComponent, catalog: Catalog, grants: Iterable[Holding], environment: Environment
) -> tuple[Finding, ...]:
    """What a component or resource would take of grants in force."""
    objects, entity = frozenset(component.objects), catalog.get(component.ref)
    if entity is None:
        return ()
    mine = Holding(component.ref, objects, component.claims, namespaces=_namespaces(objects))
    found, place = _found(mine, grants, environment), start_of(entity)
    return tuple(Finding(rule, Severity.DENY, entity.path, *place, said) for rule, _, said in found)


def _found(
    mine: Holding, others: Iterable[Holding], environment: Environment
) -> Iterator[tuple[str, str, Mapping[str, Fact]]]:
    """Rule, what it is about, and facts; the same thing once, sorted."""
    found: dict[tuple[str, str], Mapping[str, Fact]] = {}
    for other in others:
        for rule, name, facts in _between(mine, other) if other.ref != mine.ref else ():
            around = {"component": mine.ref, "holder": other.ref, "environment": environment.name}
            found.setdefault((rule, name), {**around, **facts})
    return ((rule, name, found[rule, name]) for rule, name in sorted(found))


def _between(mine: Holding, other: Holding) -> Iterator[tuple[str, str, Mapping[str, Fact]]]:
    """Rule, what it is about, and facts."""
    for one in sorted(mine.objects & other.objects):
        facts: dict[str, Fact] = {"object": str(one)}
        if one.namespace:
            facts |= {"case": "namespaced", "namespace": one.namespace}
        yield "object-taken", one.name, facts
    for one in sorted(mine.objects - other.objects):
        # A component that makes a namespace makes it for others, be they grants.
        if _is_namespace(one) and one.name in other.namespaces and mine.ref.startswith("request:"):
            yield "object-taken", one.name, {"object": str(one), "case": "inhabited", "namespace": one.name}
    theirs = {claim[:2] for claim in other.claims}
    for claim in mine.claims:
        if claim[:2] in theirs:
            yield "host-taken", claim.host, {"host": claim.host, "claim": claim.host}
    for record in mine.records:
        if _leads_away(record, other):
            yield "host-taken", record.host, {"host": record.host, "claim": record.host}


def _leads_away(record: Record, other: Holding) -> bool:
    """An address beside an address of the other family is no clash; a CNAME tolerates nothing beside it."""
    if any(claim.host == record.host for claim in other.claims):
        return True
    beside = (one.kind for one in other.records if one.host == record.host)
    return any(kind == record.kind or "CNAME" in (kind, record.kind) for kind in beside)


def _rendered(environment: Environment, workshop: Workshop) -> Iterator[Holding]:
    files, catalog, memo = workshop.files, workshop.catalog, workshop.memo
    found = render(files, catalog, environment, workshop.run, schemas=workshop.schemas, memo=memo)
    for one in found.components.values():
        objects = frozenset(one.objects)
        yield Holding(one.ref, objects, one.claims, namespaces=_namespaces(objects))


def _homes(environment: Environment, workshop: Workshop) -> Iterator[Holding]:
    """Where entities live, also those that cannot be rendered now."""
    for one in workshop.catalog.entities:
        if is_deployed(one):
            yield Holding(one.ref, namespaces=frozenset({namespace_of(one, environment)}))


def _namespaces(objects: Iterable[Identity]) -> frozenset[str]:
    found = [*objects]
    made = {one.name for one in found if _is_namespace(one)}
    return frozenset(made | {one.namespace for one in found if one.namespace})


def _is_namespace(one: Identity) -> bool:
    return (one.group, one.kind) == ("", "Namespace")


def _pointer(request: Request, name: str) -> Pointer:
    """The parameter that says it; else the request's own name, after which objects are called."""
    wanted = (name, *name.split("/"), *name.split(".", 1))
    said: Mapping[str, Any] = request.parameters
    first = next((key for key, value in said.items() if isinstance(value, str) and value in wanted), "")
    return ("spec", "parameters", first) if first else ("metadata", "name")
