"""Backstage's own verdict on a document: its JSON schemas by jsonschema-rs, and the field rules of idp 1.1.

An oracle for tests: written from Backstage's source, sharing no code with what it judges.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

CORPORA = os.environ.get("ROADCREW_CORPORA", "")
needs_corpora = [
    pytest.mark.corpora,
    pytest.mark.skipif(not CORPORA, reason="ROADCREW_CORPORA is not set: real entity files are not at hand"),
]

_NAME = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\Z")
_LABEL = re.compile(r"^[a-z0-9]+(?:\-+[a-z0-9]+)*\Z")
_TAG = re.compile(r"^[a-z0-9:+#]+(\-[a-z0-9:+#]+)*\Z")
_KIND = re.compile(r"^[a-zA-Z][a-z0-9A-Z]*\Z")
_SUFFIX = re.compile(r"^[a-z0-9A-Z]+\Z")
_VARIANTS = {
    ("API", "mcp-server"): "API.v1alpha1.mcp-server",
    ("AiResource", "skill"): "AiResource.v1alpha1.skill",
    ("AiResource", "rule"): "AiResource.v1alpha1.rule",
    ("AiResource", "plugin"): "AiResource.v1alpha1.plugin",
    ("AiResource", "marketplace"): "AiResource.v1alpha1.marketplace",
}


class Backstage:
    """Judges as an installation with default settings would, before it looks at other entities."""

    def __init__(self, folder: Path) -> None:
        schemas = {
            path.name.removesuffix(".schema.json"): json.loads(path.read_bytes())
            for path in folder.glob("*.schema.json")
        }
        common = schemas["common"]["definitions"]
        # jsonschema-rs wants absolute names; Backstage's are bare words.
        self._definitions = {**common, "Entity": schemas["Entity"], "EntityMeta": schemas["EntityMeta"]}
        self._validators = {
            name: self._compiled(schema) for name, schema in schemas.items() if name != "common"
        }

    def _compiled(self, schema: dict[str, Any]) -> Any:
        whole = {**_local(schema), "definitions": _local(self._definitions)}
        return jsonschema_rs.Draft7Validator(whole, offline=True)

    def objections(self, value: Any) -> list[str]:
        """Empty when Backstage accepts it."""
        return [*self._schema(value), *_fields(value)]

    def _schema(self, value: Any) -> Iterator[str]:
        if not isinstance(value, dict):
            yield "root is no object"
            return
        yield from (error.message for error in self._validators["Entity"].iter_errors(value))
        yield from (f"Unknown field {key}" for key in value if key in ("relations", "status"))
        name = self._kind_schema(value)
        if name:
            yield from (error.message for error in self._validators[name].iter_errors(value))

    def _kind_schema(self, value: dict[str, Any]) -> str | None:
        kind, spec = value.get("kind"), value.get("spec")
        spec_type = spec.get("type") if isinstance(spec, dict) else None
        if not isinstance(kind, str):
            return None
        if isinstance(spec_type, str) and (kind, spec_type) in _VARIANTS:
            return _VARIANTS[kind, spec_type]
        name = "Template.v1beta3" if kind == "Template" else f"{kind}.v1alpha1"
        return name if name in self._validators else None


def _local(node: Any) -> Any:
    if isinstance(node, dict):
        kept = {key: _local(one) for key, one in node.items() if key not in ("$id", "$schema")}
        if isinstance(kept.get("$ref"), str):
            kept["$ref"] = f"#/definitions/{re.sub('^(common)?#', '', kept['$ref'])}"
        return kept
    return [_local(one) for one in node] if isinstance(node, list) else node


def _fields(value: Any) -> Iterator[str]:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict):
        return
    yield from _wrong("apiVersion", value.get("apiVersion"), lambda one: _prefixed(one, _SUFFIX))
    yield from _wrong("kind", value.get("kind"), lambda one: _short(_KIND, one))
    yield from _wrong("name", metadata.get("name"), lambda one: _short(_NAME, one))
    if "namespace" in metadata:
        yield from _wrong("namespace", metadata["namespace"], lambda one: _short(_LABEL, one))
    for holder in ("labels", "annotations"):
        table = metadata.get(holder)
        for key, one in table.items() if isinstance(table, dict) else ():
            yield from _wrong(holder, key, lambda found: _prefixed(found, _NAME))
            if holder == "labels":
                yield from _wrong(holder, one, lambda found: found == "" or _short(_NAME, found))
    for tag in _list(metadata.get("tags")):
        yield from _wrong("tag", tag, lambda one: _short(_TAG, one))
    for link in _list(metadata.get("links")):
        if isinstance(link, dict):
            yield from (
                f"{key} is blank" for key in ("title", "icon") if key in link and not str(link[key]).strip()
            )
            yield from _wrong("url", link.get("url"), lambda one: re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", one))


def _wrong(name: str, value: Any, is_valid: Any) -> Iterator[str]:
    if not isinstance(value, str) or not is_valid(value):
        yield f"{name} is not valid: {value!r}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _short(pattern: re.Pattern[str], text: str) -> bool:
    return 1 <= len(text) <= 63 and pattern.match(text) is not None


def _prefixed(text: str, suffix: re.Pattern[str]) -> bool:
    *prefix, last = text.split("/")
    if len(prefix) > 1 or not _short(suffix, last):
        return False
    return not prefix or (
        1 <= len(prefix[0]) <= 253 and all(_short(_LABEL, one) for one in prefix[0].split("."))
    )
