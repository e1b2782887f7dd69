"""CustomResourceDefinitions to strict JSON Schemas (draft 2020-12): what a server that knows them takes.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/
(structural schemas, pruning, nullable, defaulting). Leaves out CEL rules, most formats and unique map keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from bot.kubernetes.meta import OBJECT_META

Pointer = tuple[str | int, ...]

_COPIED = (
    "enum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
)
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_FORMATS = ("ipv4", "ipv6")
"""Those that choose between the branches of a `oneOf`; others are left out."""
_TYPES = ("array", "boolean", "integer", "number", "object", "string")
_NULL = {"type": "null"}
_DEEPEST = 120


class CrdBroken(Exception):
    """A document that defines no kind. `reason` completes "It ..."; `pointer` leads to the place."""

    def __init__(self, reason: str, pointer: Pointer = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pointer = pointer


def other_kind(document: object) -> str:
    """The kind of an object that defines none; empty for a CustomResourceDefinition, and for no object."""
    if not isinstance(document, Mapping):
        return ""
    kind, version = document.get("kind"), document.get("apiVersion")
    is_object = all(isinstance(one, str) and one for one in (kind, version))
    return str(kind) if is_object and kind != "CustomResourceDefinition" else ""


@dataclass(frozen=True)
class CustomKind:
    """A kind that a CustomResourceDefinition adds, and the schema of each version that is served."""

    group: str
    kind: str
    versions: Mapping[str, Mapping[str, Any]] = field(repr=False)


def custom_kind(document: object) -> CustomKind:
    """The kind that a document of `apiextensions.k8s.io/v1` defines. Raises CrdBroken."""
    if not isinstance(document, Mapping) or document.get("kind") != "CustomResourceDefinition":
        raise CrdBroken("is no CustomResourceDefinition", ("kind",))
    if document.get("apiVersion") != "apiextensions.k8s.io/v1":
        raise CrdBroken("is not of apiVersion apiextensions.k8s.io/v1", ("apiVersion",))
    group = _text(document, ("spec", "group"))
    kind = _text(document, ("spec", "names", "kind"))
    versions = _at(document, ("spec", "versions"))
    if not isinstance(versions, list) or not versions:
        raise CrdBroken("has no list of versions", ("spec", "versions"))
    schemas = dict(_served(document, versions))
    if not schemas:
        raise CrdBroken("serves no version", ("spec", "versions"))
    return CustomKind(group, kind, schemas)


def _served(document: Mapping[str, Any], versions: list[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, version in enumerate(versions):
        at = ("spec", "versions", number)
        name = _text(document, (*at, "name"))
        if version.get("served") is not True:
            continue
        path = (*at, "schema", "openAPIV3Schema")
        schema = _at(document, path)
        if not isinstance(schema, Mapping) or schema.get("type") != "object":
            raise CrdBroken(f"has no schema of type object for {name}", path)
        yield name, _root(schema, path)


def _root(schema: Mapping[str, Any], path: Pointer) -> dict[str, Any]:
    """A whole object: every server knows its head, and writes its status itself."""
    strict = _strict(schema, path, is_optional=False, is_embedded=True)
    properties = strict["properties"]
    if "status" in properties:
        properties["status"] = True
        strict["required"] = [name for name in strict["required"] if name != "status"]
    strict["$defs"] = {"ObjectMeta": OBJECT_META}
    return strict


def _strict(node: object, path: Pointer, *, is_optional: bool, is_embedded: bool = False) -> dict[str, Any]:
    """One node as JSON Schema. `is_optional`: a null there is taken away again before anybody sees it."""
    if not isinstance(node, Mapping):
        raise CrdBroken("has a schema that is no mapping", path)
    if len(path) > _DEEPEST:
        raise CrdBroken("has a schema that is nested too deeply", path)
    said = _values(node, node)
    types = _types(node, path)
    if "object" in types:
        said |= _object(node, path, is_embedded=is_embedded)
    if "array" in types:
        said["items"] = _strict(node.get("items", {}), (*path, "items"), is_optional=False)
        if node.get("x-kubernetes-list-type") == "set":
            said["uniqueItems"] = True
    if types:
        said["type"] = types
    return _or_null(said, types) if is_optional or node.get("nullable") is True else said


def _values(node: Mapping[str, Any], beside: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of values themselves, here and in `allOf` and its like; those say nothing of fields."""
    said = {key: node[key] for key in _COPIED if key in node}
    if node.get("format") in _FORMATS:
        said["format"] = node["format"]
    for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if node.get(exclusive) is True and limit in said:
            said[exclusive] = said.pop(limit)
    for key in _JUNCTORS:
        if isinstance(node.get(key), list):
            said[key] = [_condition(one, beside) for one in node[key]]
    if isinstance(node.get("not"), Mapping):
        said["not"] = _condition(node["not"], beside)
    return said


def _condition(node: object, beside: Mapping[str, Any]) -> dict[str, Any]:
    """A schema inside a junctor: it only looks at values, so unknown fields are none of its business.

    `beside`: the schema whose values it looks at. The server looks after it has filled the defaults in, so a
    field that is absent counts as its default.
    """
    if not isinstance(node, Mapping):
        return {}
    said = _values(node, beside)
    if node.get("type") in _TYPES:
        said["type"] = node["type"]
    fields = _mapping(beside, "properties")
    required = _required(node, fields)
    if isinstance(node.get("properties"), Mapping):
        said["properties"] = {
            name: _condition(one, _mapping(fields, name)) for name, one in node["properties"].items()
        }
        required += [
            name
            for name, one in said["properties"].items()
            if _has_default(fields, name) and not _holds(one, fields[name]["default"])
        ]
    if required:
        said["required"] = required
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), Mapping):
            said[key] = _condition(node[key], _mapping(beside, key))
    return said


def _mapping(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = node.get(key)
    return found if isinstance(found, Mapping) else {}


def _required(node: Mapping[str, Any], fields: Mapping[str, Any]) -> list[str]:
    """The server fills defaults in before it looks for what is missing."""
    needed = node.get("required")
    return [name for name in needed if not _has_default(fields, name)] if isinstance(needed, list) else []


def _has_default(fields: Mapping[str, Any], name: str) -> bool:
    return "default" in _mapping(fields, name)


def _holds(condition: dict[str, Any], value: object) -> bool:
    try:
        return bool(jsonschema_rs.is_valid(condition, value, offline=True, validate_formats=True))
    except ValueError:
        return True  # a pattern that is none: compiling the whole will say so


def _types(node: Mapping[str, Any], path: Pointer) -> list[str]:
    if node.get("x-kubernetes-int-or-string") is True:
        return ["integer", "string"]
    given = node.get("type")
    if given in _TYPES:
        return [str(given)]
    if given is None and node.get("x-kubernetes-preserve-unknown-fields") is True:
        return []
    raise CrdBroken("has a schema without a type", path)


def _object(node: Mapping[str, Any], path: Pointer, *, is_embedded: bool) -> dict[str, Any]:
    given = node.get("properties", {})
    if not isinstance(given, Mapping):
        raise CrdBroken("has properties that are no mapping", (*path, "properties"))
    required = _required(node, given)
    properties = {
        name: _strict(one, (*path, "properties", name), is_optional=name not in required)
        for name, one in given.items()
    }
    said: dict[str, Any] = {"additionalProperties": _others(node, path)}
    if is_embedded or node.get("x-kubernetes-embedded-resource") is True:
        properties |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
        properties["metadata"] = _metadata(given.get("metadata"))
        required = sorted({*required, "apiVersion", "kind"})
    if properties:
        said["properties"] = properties
    if required:
        said["required"] = required
    return said


def _metadata(node: object) -> dict[str, Any]:
    """Every server's own, and what a definition may ask of names beyond that."""
    condition = _condition(node, {})
    condition.pop("type", None)
    own: dict[str, Any] = {"$ref": "#/$defs/ObjectMeta"}
    return {"allOf": [own, condition]} if condition else own


def _others(node: Mapping[str, Any], path: Pointer) -> Any:
    """What holds for fields that are not named: as a server has it, they are unknown unless it says so."""
    given = node.get("additionalProperties")
    if isinstance(given, Mapping):
        return _strict(given, (*path, "additionalProperties"), is_optional=True)
    return given is True or node.get("x-kubernetes-preserve-unknown-fields") is True


def _or_null(said: dict[str, Any], types: list[str]) -> dict[str, Any]:
    if any(key in said for key in (*_JUNCTORS, "not")):
        return {"if": _NULL, "else": said}
    if types:
        said["type"] = [*types, "null"]
    if "enum" in said and None not in said["enum"]:
        said["enum"] = [*said["enum"], None]
    return said


def _at(node: object, pointer: Pointer) -> Any:
    for step in pointer:
        if isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        elif isinstance(node, Mapping):
            node = node.get(step)
        else:
            return None
    return node


def _text(node: object, pointer: Pointer) -> str:
    found = _at(node, pointer)
    if not isinstance(found, str) or not found:
        raise CrdBroken(f"has no {'.'.join(str(step) for step in pointer)}", pointer)
    return found
