"""Objects against schemas, as a strict API server would: what it refuses, and where. No words for people.

Total: any JSON value has a verdict.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from bot.kubernetes.removed import REMOVED
from bot.kubernetes.schemas import Schema, Schemas, minor_of

Pointer = tuple[str | int, ...]

MOST_PROBLEMS = 20
"""Of one object."""
QUANTITY_PATTERN = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([KMGTPE]i|[eE][+-]?[0-9]+|[numkMGTPE])?$"
"""https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity"""

UNKNOWN = "unknown"
MISSING = "required"
REMOVED_KIND = "removed"
LATER_KIND = "later"
NO_KIND = "kind"
UNCHECKED = "unchecked"
"""A custom kind without a schema: nothing is said about it."""

_LONGEST = 60
_REASON_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """What an API server would not take. `pointer` leads to the value, or to the field in question."""

    pointer: Pointer
    keyword: str
    """The JSON Schema keyword that says no, or one of this module's words in capitals."""
    reason: str
    """Completes "the value ..."; for REMOVED_KIND and LATER_KIND the version of Kubernetes since which."""
    known: tuple[str, ...] = ()
    """For UNKNOWN the fields that there are; for kinds the API versions that serve them."""


def validate(schemas: Schemas, version: str, value: object) -> tuple[SchemaProblem, ...]:
    """What a server of this version (one of `schemas.versions`) refuses in an object; empty for nothing."""
    if not isinstance(value, Mapping):
        return (SchemaProblem((), "type", "is no mapping"),)
    api_version, kind = value.get("apiVersion"), value.get("kind")
    for field, given in (("apiVersion", api_version), ("kind", kind)):
        if not isinstance(given, str) or not given:
            return (SchemaProblem((field,), MISSING, "is no text"),)
    schema = schemas.schema(version, str(api_version), str(kind))
    if schema is None:
        return (_without_schema(schemas, version, str(api_version), str(kind)),)
    try:
        found = dict.fromkeys(islice(_problems(schema, value), MOST_PROBLEMS))
    except ValueError as problem:  # nested too deeply, or half a character
        return (SchemaProblem((), "json", f"cannot be judged: {problem}"[:_REASON_CHARACTERS]),)
    return tuple(sorted(found, key=lambda one: (str(one.pointer), one.keyword, one.reason)))


def _problems(schema: Schema, value: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    for error in schema.errors(value):
        pointer = tuple(error.instance_path)
        match error.kind.name:
            case "additionalProperties":
                known = _known(schema.document, error.schema_path[:-1])
                for name in error.kind.unexpected:
                    yield SchemaProblem((*pointer, name), UNKNOWN, "is not known", known)
            case "required":
                yield SchemaProblem((*pointer, error.kind.property), MISSING, "is missing")
            case keyword:
                yield SchemaProblem(pointer, keyword, _reason(error))


def _known(document: Mapping[str, Any], path: list[str | int]) -> tuple[str, ...]:
    """The fields of the schema at `path`, which leads there without passing a reference."""
    node: Any = document
    for step in path:
        node = node[step]
    return tuple(sorted(node.get("properties", {})))


def _reason(error: Any) -> str:
    shown = json.dumps(error.instance, ensure_ascii=False)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
    match error.kind.name:
        case "type":
            types = [name for name in error.kind.types if name != "null"]
            return f"{shown} is not of type {' or '.join(types)}"
        case "enum":
            options = [json.dumps(one) for one in error.kind.options if one is not None]
            return f"{shown} is not one of {', '.join(options)}"[:_REASON_CHARACTERS]
        case "pattern" if error.kind.pattern == QUANTITY_PATTERN:
            return f"{shown} is no quantity such as 250m or 1.5Gi"
        case _:
            return str(error.message).split("\n", 1)[0][:_REASON_CHARACTERS]


def _without_schema(schemas: Schemas, version: str, api_version: str, kind: str) -> SchemaProblem:
    """Why there is none. Looks through all versions, which only a mistake costs."""
    tables = {one: schemas.kinds(one) for one in schemas.versions}
    group = api_version.rpartition("/")[0]
    served = tables[version].get(kind, ()) if version in tables else ()
    history = [one for one, table in tables.items() if api_version in table.get(kind, ())]
    since = REMOVED.get((api_version, kind), "")
    if history:
        newest = max(map(minor_of, history))
        if newest < minor_of(version):
            since = f"1.{newest + 1}"
        else:
            return SchemaProblem(("apiVersion",), LATER_KIND, _next_after(history, version), served)
    if since:
        return SchemaProblem(("apiVersion",), REMOVED_KIND, since, served)
    if not any(_has_group(table, group) for table in tables.values()):
        return SchemaProblem((), UNCHECKED, "has no schema")
    if served:
        return SchemaProblem(("apiVersion",), NO_KIND, "is not served", served)
    return SchemaProblem(("kind",), NO_KIND, "is not known", tuple(sorted(tables[version])))


def _next_after(history: list[str], version: str) -> str:
    """Of the versions that serve it, the first after `version`."""
    return min((one for one in history if minor_of(one) > minor_of(version)), key=minor_of)


def _has_group(table: Mapping[str, tuple[str, ...]], group: str) -> bool:
    return any(one.rpartition("/")[0] == group for versions in table.values() for one in versions)
