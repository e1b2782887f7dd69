"""What a Platform says of commands, and Users of agents, against what there is. Judges no shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from bot.catalog import own
from bot.catalog.entity import Catalog, Entity, Pointer
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.catalog.schema import clip, dotted, got
from bot.model.commands import COMMANDS, ROLES
from bot.model.plan import Fact, Finding, Severity

_LONGEST = 100


def command_findings(catalog: Catalog, *, is_whole: bool, ghosts: Collection[str]) -> Iterator[Finding]:
    """Names that mean nothing: they would allow nobody, or leave out nobody.

    `is_whole`: all groups and users are here. `ghosts`: `kind/name` of documents that could not be read.
    """
    if is_whole:
        yield from _agents(catalog, ghosts)
    platform = own.platform_in(catalog.entities)
    said = platform.spec.get("commands") if platform is not None else None
    if platform is None or not isinstance(said, Mapping):
        return
    roles = _mapping(said.get("roles"))
    yield from _allow(platform, _mapping(said.get("allow")), {*ROLES, *roles})
    for name, role in roles.items():
        if name in ROLES:
            yield _of_role(platform, ("spec", "commands", "roles", name), name, "role-taken")
        groups = role.get("groups") if is_whole and isinstance(role, Mapping) else None
        for at, group in _texts(groups):
            pointer = ("spec", "commands", "roles", name, "groups", at)
            yield from _reference(platform, pointer, group, wanted="group", catalog=catalog, ghosts=ghosts)


def _agents(catalog: Catalog, ghosts: Collection[str]) -> Iterator[Finding]:
    """Whom an agent acts for does not approve what it asks for: that must be someone."""
    for user in catalog.of_kind("User"):
        bounds = user.spec.get("agent")
        person = bounds.get("actsFor") if isinstance(bounds, Mapping) else None
        if isinstance(person, str) and person:
            pointer = ("spec", "agent", "actsFor")
            yield from _reference(user, pointer, person, wanted="user", catalog=catalog, ghosts=ghosts)


def _allow(platform: Entity, allow: Mapping[str, Any], roles: Collection[str]) -> Iterator[Finding]:
    for name, wanted in allow.items():
        pointer = ("spec", "commands", "allow", name)
        if name not in COMMANDS:
            facts: dict[str, Fact] = {"field": dotted(pointer), "near": _near(name, COMMANDS)}
            place = platform.where_key(*pointer)
            yield Finding("field-unknown", Severity.DENY, platform.path, place.line, place.column, facts)
        for at, role in _texts(wanted):
            if role not in roles:
                yield _of_role(platform, (*pointer, at), role, "role", _near(role, roles))


def _mapping(value: object) -> Mapping[str, Any]:
    return {str(key): one for key, one in value.items()} if isinstance(value, Mapping) else {}


def _texts(value: object) -> Iterator[tuple[int, str]]:
    for at, one in enumerate(value if isinstance(value, list) else ()):
        if isinstance(one, str) and one:
            yield at, one


def _near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    return tuple(get_close_matches(name[:_LONGEST], sorted(known), n=2, cutoff=0.6))


def _of_role(platform: Entity, pointer: Pointer, name: str, case: str, near: tuple[str, ...] = ()) -> Finding:
    facts: dict[str, Fact] = {"field": dotted(pointer), "got": got(name), "case": case, "near": near}
    place = platform.where(*pointer) if case == "role" else platform.where_key(*pointer)
    return Finding("field-value", Severity.DENY, platform.path, place.line, place.column, facts)


def _reference(
    entity: Entity, pointer: Pointer, text: str, *, wanted: str, catalog: Catalog, ghosts: Collection[str]
) -> Iterator[Finding]:
    """A reference of a kind that stands deeper than those that make relations."""
    facts: dict[str, Fact] = {"field": dotted(pointer), "found": clip(text)}
    place = entity.where(*pointer)
    try:
        ref = parse_ref(text, wanted)
    except ReferenceBroken:
        yield Finding("reference-form", Severity.DENY, entity.path, place.line, place.column, facts)
        return
    kind, _, rest = ref.partition(":")
    if kind != wanted:
        facts |= {"kind": clip(kind), "expected": (wanted,)}
        yield Finding("reference-target", Severity.DENY, entity.path, place.line, place.column, facts)
    elif catalog.get(ref) is None and f"{wanted}/{rest.rpartition('/')[2]}" not in ghosts:
        facts |= {"ref": clip(ref), "near": _near(text, [one.name for one in catalog.of_kind(wanted)])}
        yield Finding("reference-unknown", Severity.DENY, entity.path, place.line, place.column, facts)
