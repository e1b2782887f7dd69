"""The schemas that come with Roadcrew: Kubernetes' own, from kubernetes-validate, and those in `crds/`.

Reads files of installed packages, each once and only when it is needed; validates nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import version as version_of
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from bot.kubernetes.schemas import Schema, minor_of
from bot.kubernetes.validate import QUANTITY_PATTERN

_FOLDER = re.compile(r"v(1\.[0-9]+)\.[0-9]+-local-strict")
_HERE = "#/$defs/"
_META = f"{_HERE}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_MENDED: Mapping[str, Any] = {
    # As they come, both say `oneOf` of two types that each allow null, and so refuse every null.
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string", "null"]},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {
        "type": ["number", "string", "null"],
        "pattern": QUANTITY_PATTERN,
    },
}
_BOUNDS = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "int64": {"minimum": -(2**63), "maximum": 2**63 - 1},
}
_STABILITY = {"": 0, "beta": 1, "alpha": 2}


class ShippedSchemas:
    """The schemas of all versions of Kubernetes that we have. What was asked for once is kept for all."""

    @cached_property
    def id(self) -> str:
        digest = sha256(version_of("kubernetes-validate").encode())
        for entry in _custom_files():
            digest.update(entry.read_bytes())
        return digest.hexdigest()

    @cached_property
    def versions(self) -> tuple[str, ...]:
        return tuple(sorted(_folders(), key=minor_of))

    def schema(self, version: str, api_version: str, kind: str) -> Schema | None:
        """One of Kubernetes' kinds, or a custom one, which is the same in every version of Kubernetes."""
        return _schema(version, api_version, kind)

    def kinds(self, version: str) -> Mapping[str, tuple[str, ...]]:
        return _kinds(version)


@lru_cache(maxsize=2_000)
def _schema(version: str, api_version: str, kind: str) -> Schema | None:
    name = _names(version).get((api_version, kind))
    if name is None:
        return _custom().get((api_version, kind))
    return Schema(_with_parts(_definitions(version), name))


@cache
def _custom() -> Mapping[tuple[str, str], Schema]:
    found = (json.loads(entry.read_bytes()) for entry in _custom_files())
    return {
        (f"{one['group']}/{name}", one["kind"]): Schema(schema)
        for one in found
        for name, schema in one["versions"].items()
    }


def _folders() -> Mapping[str, Traversable]:
    root = files("kubernetes_validate").joinpath("kubernetes-json-schema")
    named = ((_FOLDER.fullmatch(entry.name), entry) for entry in root.iterdir())
    return {found[1]: entry for found, entry in named if found}


def _custom_files() -> list[Traversable]:
    folder = files("bot.adapters").joinpath("crds")
    entries = (entry for entry in folder.iterdir() if entry.name.endswith(".json"))
    return sorted(entries, key=lambda entry: entry.name)


@lru_cache(maxsize=4)  # 15 ms to read, some MB to keep; environments ask for few versions
def _definitions(version: str) -> Mapping[str, Any]:
    whole = json.loads(_folders()[version].joinpath("_definitions.json").read_bytes())
    found: Mapping[str, Any] = whole["$defs"]
    return found


@lru_cache(maxsize=64)
def _names(version: str) -> Mapping[tuple[str, str], str]:
    """API version and kind to the definition of each kind of object; lists and requests are no such kinds."""
    names = {}
    for name, definition in _definitions(version).items():
        metadata = definition.get("properties", {}).get("metadata", {})
        served = definition.get("x-kubernetes-group-version-kind", ())
        if metadata.get("$ref") == _META and len(served) == 1:
            group, number, kind = (served[0][key] for key in ("group", "version", "kind"))
            names[f"{group}/{number}" if group else number, kind] = name
    return names


@lru_cache(maxsize=64)
def _kinds(version: str) -> Mapping[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for api_version, kind in _names(version):
        table.setdefault(kind, []).append(api_version)
    return {kind: tuple(sorted(served, key=_rank)) for kind, served in table.items()}


def _rank(api_version: str) -> tuple[int, int, int, str]:
    """Stable before beta before alpha, newest first: `apps/v1`, `v2`, `v2beta2`, `v2beta1`, `v1alpha1`."""
    found = re.search(r"v([0-9]+)(alpha|beta)?([0-9]*)$", api_version)
    major, stage, minor = found.groups("") if found else ("0", "alpha", "0")
    return _STABILITY[stage], -int(major), -int(minor or 0), api_version


def _with_parts(definitions: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A schema that holds all definitions that it refers to, so that it compiles in a moment."""
    parts: dict[str, Any] = {}
    left = [name]
    while left:
        part = left.pop()
        if part not in parts:
            parts[part] = _MENDED.get(part) or _lean(definitions[part])
            left.extend(_referred(parts[part]))
    return {"$ref": f"{_HERE}{name}", "$defs": parts}


def _lean(node: Any, *, is_schema: bool = True) -> Any:
    """Without words for people, and with the bounds of Go's integers."""
    if isinstance(node, list):
        return [_lean(one) for one in node]
    if not isinstance(node, Mapping):
        return node
    if not is_schema:  # the mapping of properties: its keys are names, `description` among them
        return {key: _lean(value) for key, value in node.items()}
    kept = {
        key: _lean(value, is_schema=key != "properties")
        for key, value in node.items()
        if key not in ("description", "format") and not key.startswith("x-")
    }
    return {**kept, **_BOUNDS.get(node.get("format", ""), {})}


def _referred(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _referred(one)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix(_HERE)
            else:
                yield from _referred(value)
