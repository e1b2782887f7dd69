"""Schemas of Kubernetes objects: what stands for them, and custom kinds on top of the built-in ones.

Reads nothing: where schemas come from is the business of whoever holds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol

import jsonschema_rs

from bot.kubernetes.crd import CustomKind


@dataclass(frozen=True)
class Schema:
    """A JSON Schema (draft 2020-12) that refers to nothing outside itself, compiled when first used."""

    document: Mapping[str, Any] = field(repr=False)

    @cached_property
    def _validator(self) -> Any:
        # Kubernetes' own patterns are Go's, which never backtrack.
        return jsonschema_rs.Draft202012Validator(
            dict(self.document),
            offline=True,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(),
        )

    def errors(self, value: object) -> Iterator[Any]:
        """The validator's errors. Raises ValueError for a schema or a value that is none."""
        errors: Iterator[Any] = self._validator.iter_errors(value)
        return errors


class Schemas(Protocol):
    """All schemas that there are."""

    @property
    def id(self) -> str:
        """Equal ids give equal verdicts."""
        ...

    @property
    def versions(self) -> tuple[str, ...]:
        """Minor versions of Kubernetes, such as `1.34`, oldest first."""
        ...

    def schema(self, version: str, api_version: str, kind: str) -> Schema | None:
        """The schema of a kind, built-in or custom, or None. `version`: one of `versions`."""
        ...

    def kinds(self, version: str) -> Mapping[str, tuple[str, ...]]:
        """The built-in kinds of a version, and the API versions that serve each, stable ones first."""
        ...


@dataclass(frozen=True)
class NoSchemas:
    """Knows no version and no kind: validates nothing."""

    id: str = "none"
    versions: tuple[str, ...] = ()

    def schema(self, version: str, api_version: str, kind: str) -> Schema | None:  # noqa: ARG002
        return None

    def kinds(self, version: str) -> Mapping[str, tuple[str, ...]]:  # noqa: ARG002
        return {}


@dataclass(frozen=True)
class WithCustom:
    """Schemas, and custom kinds that are stronger than what those know of the same kind."""

    under: Schemas
    custom: tuple[CustomKind, ...]

    @cached_property
    def id(self) -> str:
        said = json.dumps([[one.group, one.kind, one.versions] for one in self.custom], sort_keys=True)
        return f"{self.under.id}+{sha256(said.encode()).hexdigest()}"

    @property
    def versions(self) -> tuple[str, ...]:
        return self.under.versions

    @cached_property
    def _table(self) -> Mapping[tuple[str, str], Schema]:
        return {
            (f"{one.group}/{name}", one.kind): Schema(document)
            for one in self.custom
            for name, document in one.versions.items()
        }

    def schema(self, version: str, api_version: str, kind: str) -> Schema | None:
        return self._table.get((api_version, kind)) or self.under.schema(version, api_version, kind)

    def kinds(self, version: str) -> Mapping[str, tuple[str, ...]]:
        return self.under.kinds(version)


def closest(versions: tuple[str, ...], wanted: str) -> str:
    """The version to judge by: the wanted one, or the nearest that there is; empty for the newest.

    `wanted`: `1.<minor>`. Empty where there are no versions.
    """
    if not versions:
        return ""
    if not wanted:
        return versions[-1]
    minor = minor_of(wanted)
    return min(versions, key=lambda version: abs(minor_of(version) - minor))


def minor_of(version: str) -> int:
    """The minor version: `1.34` is 34."""
    return int(version.split(".")[1])
