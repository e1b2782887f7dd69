"""A constraint's parameters against its template's schema, as the API server has them. Judges nothing.

Of a template whose schema is none that a server could use (older ones leave out types) nothing is said.
Fields that the schema does not name are let be, as Gatekeeper's own commands do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.kubernetes.crd import CrdBroken, custom_kind
from bot.kubernetes.schemas import NoSchemas, WithCustom
from bot.kubernetes.validate import UNKNOWN, validate
from bot.policy.verdict import Json

_GROUP, _VERSION = "constraints.gatekeeper.sh", "v1beta1"


def wrong_parameters(schema: Json, parameters: Json) -> str:
    """What is wrong first, as `spec.parameters.max "x" is not of type integer`; empty if nothing is.

    `schema`: an openAPIV3Schema, or what stands in its place.
    """
    if not isinstance(schema, Mapping):
        return ""
    try:
        kind = custom_kind(_definition(schema))
    except CrdBroken:
        return ""
    constraint = {
        "apiVersion": f"{_GROUP}/{_VERSION}",
        "kind": "Constraint",
        "metadata": {"name": "one"},
        "spec": {"parameters": parameters},
    }
    for one in validate(WithCustom(NoSchemas(), (kind,)), "", constraint):
        if one.keyword != UNKNOWN:
            return f"{'.'.join(map(str, one.pointer))} {one.reason}"
    return ""


def with_defaults(schema: Json, value: Json) -> Json:
    """The value with what the schema fills in below it."""
    if isinstance(value, list):
        items = _at(schema, "items")
        return [with_defaults(items, one) for one in value]
    if not isinstance(value, Mapping):
        return value
    properties = _at(schema, "properties")
    found = dict(value)
    for name, one in properties.items() if isinstance(properties, Mapping) else ():
        if name not in found and isinstance(one, Mapping) and "default" in one:
            found[name] = one["default"]
        if name in found:
            found[name] = with_defaults(one, found[name])
    others = _at(schema, "additionalProperties")
    if isinstance(others, Mapping):
        named = set(properties) if isinstance(properties, Mapping) else set()
        found |= {name: with_defaults(others, one) for name, one in found.items() if name not in named}
    return found


def _at(schema: Json, key: str) -> Any:
    return schema.get(key) if isinstance(schema, Mapping) else None


def _definition(schema: Mapping[str, Json]) -> dict[str, Any]:
    spec = {"type": "object", "properties": {"parameters": schema}}
    whole = {"type": "object", "properties": {"spec": spec}}
    version = {"name": _VERSION, "served": True, "schema": {"openAPIV3Schema": whole}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {"group": _GROUP, "names": {"kind": "Constraint"}, "versions": [version]},
    }
