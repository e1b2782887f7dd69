"""Rendered objects against the schemas of their environment, as problems of the templates that made them.

Knows no component and no place in a catalog, so that its results hold for all that render the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.text import decode, pieces
from bot.catalog.yaml12 import load, places
from bot.kubernetes.identity import identify, text
from bot.kubernetes.schemas import Schemas
from bot.kubernetes.validate import (
    LATER_KIND,
    MISSING,
    NO_KIND,
    REMOVED_KIND,
    UNCHECKED,
    UNKNOWN,
    SchemaProblem,
    validate,
)
from bot.model.plan import Fact
from bot.templating.deploy import near
from bot.templating.lines import spot_in_sources
from bot.templating.manifests import Problem

Pointer = tuple[str | int, ...]

_MOST_KNOWN = 12


def schema_problems(
    texts: Mapping[str, str],
    sources: Mapping[str, str],
    objects: Iterable[Mapping[str, Any]],
    schemas: Schemas,
    version: str,
) -> tuple[Problem, ...]:
    """What a strict API server of this version refuses. `manifest-unchecked` for a kind without a schema.

    `texts`: rendered; `sources`: as they were written; `objects`: what became of them.
    """
    if not version:
        return ()
    return tuple(
        _problem(texts, sources, value, found, version)
        for value in objects
        for found in validate(schemas, version, value)
    )


def _problem(
    texts: Mapping[str, str],
    sources: Mapping[str, str],
    value: Mapping[str, Any],
    found: SchemaProblem,
    version: str,
) -> Problem:
    parent = found.keyword == MISSING
    pointer = found.pointer[:-1] if parent else found.pointer
    file, line = _spot(texts, sources, value, pointer)
    if found.keyword == UNCHECKED:
        facts: dict[str, Fact] = {"kind": text(value, "kind"), "api": text(value, "apiVersion")}
        return Problem("manifest-unchecked", file, line, facts)
    return Problem(
        "manifest-schema",
        file,
        line,
        _facts(value, found, version),
        trail=spoken(value, pointer),
        value=_at(value, pointer),
    )


def _facts(value: Mapping[str, Any], found: SchemaProblem, version: str) -> dict[str, Fact]:
    api, kind = text(value, "apiVersion"), text(value, "kind")
    facts: dict[str, Fact] = {
        "object": str(identify(value)),
        "field": written(found.pointer),
        "reason": found.reason,
        "keyword": found.keyword,
        "kubernetes": version,
        "kind": kind,
        "api": api,
    }
    match found.keyword:
        case keyword if keyword in (UNKNOWN, NO_KIND):
            name = api if found.pointer == ("apiVersion",) else str(found.pointer[-1])
            facts |= {"case": keyword, "near": near(name, found.known)}
            if keyword == UNKNOWN and 0 < len(found.known) <= _MOST_KNOWN:
                facts |= {"case": "unknown-of-few", "known": found.known}
            if keyword == NO_KIND and found.pointer == ("apiVersion",):
                facts["near"] = found.known
        case keyword if keyword in (REMOVED_KIND, LATER_KIND):
            case = keyword if found.known else f"{keyword}-alone"
            facts |= {"case": case, "since": found.reason, "use": found.known[:1]}
        case keyword if keyword == MISSING:
            facts["case"] = keyword
    return facts


def written(pointer: Pointer) -> str:
    """As a person would write it: `spec.containers[0].image`."""
    said = ""
    for step in pointer:
        said += f"[{step}]" if isinstance(step, int) else f".{step}"
    return said.removeprefix(".")


def spoken(value: object, pointer: Pointer) -> Pointer:
    """The pointer with the names of list items for their numbers, as parameters spell such lists.

    `{name: LOG, value: debug}` in a list is `LOG: debug` in a parameter, so `value` behind a name is no step.
    """
    trail: list[str | int] = []
    for number, step in enumerate(pointer):
        value = _at(value, (step,))
        name = value.get("name") if isinstance(step, int) and isinstance(value, Mapping) else None
        is_value = step == "value" and number > 0 and isinstance(pointer[number - 1], int)
        if isinstance(name, str):
            trail.append(name)
        elif not (is_value and trail and isinstance(trail[-1], str)):
            trail.append(step)
    return tuple(trail)


def _at(value: Any, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _spot(
    texts: Mapping[str, str], sources: Mapping[str, str], value: Mapping[str, Any], pointer: Pointer
) -> tuple[str, int]:
    """The template's file and line that wrote the key at `pointer`; line 0 where that is not sure."""
    for file, piece, above in _documents(texts):
        if load(piece) == value:
            table = places(piece)
            while pointer not in table:
                pointer = pointer[:-1]
            key, place = table[pointer]
            line = (key or place)[0] + above + 1
            return spot_in_sources(texts[file], sources, file, line)
    return "", 0


def _documents(texts: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    for file in sorted(texts):
        try:
            found = [(file, one.text, one.above) for one in pieces(decode(texts[file].encode()))]
            for one in found:
                load(one[1])
        except Broken:
            continue
        yield from found
