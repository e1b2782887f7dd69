"""Follows Locations of a platform repo to the files of the same repo that they name, and on from there.

Stays in the repo, out of what templates copy from, and ends: no file comes twice, no way is longer than some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bot.catalog.entity import Entity
from bot.catalog.graph import MOST_PATTERNS, location_targets
from bot.catalog.layout import Layout, Material, is_below, is_template_file, matches
from bot.catalog.reader import Reader, is_yaml, path_rule

MAX_DEPTH = 10
"""Locations one behind the other: more is a mistake, or meant to tire."""


class Follower:
    """Finds targets for one repo. What was found or `known` before is not found again."""

    def __init__(self, reader: Reader, layout: Layout, known: Iterable[str]) -> None:
        self._reader = reader
        self._paths = reader.entries
        self._layout = layout
        self._known = set(known)
        self._material = Material()
        self._patterns = 0

    def targets(self, documents: Iterable[tuple[str, Any]]) -> Iterator[str]:
        """Paths of files that Locations among these documents (path and value) name, the shallowest first."""
        found: set[str] = set()
        for path, value in documents:
            if isinstance(value, dict) and value.get("kind") == "Template":
                self._material.add(path, value)
            for target in targets_of(path, value):
                found.update(self._meant(target))
        fresh = sorted(found - self._known, key=lambda path: (path.count("/"), path))
        self._learn(path for path in fresh if is_template_file(path))
        for path in fresh:
            if not self._is_material(path):
                self._known.add(path)
                yield path

    def _learn(self, paths: Iterable[str]) -> None:
        """What these templates copy from: one pattern may name a template together with its material."""
        for path in paths:
            if not path_rule(self._paths[path]) and not self._is_material(path):
                for document in self._reader.read(path).documents:
                    if isinstance(document.value, dict) and document.value.get("kind") == "Template":
                        self._material.add(path, document.value)

    def _meant(self, target: str) -> Iterable[str]:
        if "*" not in target:
            return (target,) if target in self._paths else ()
        self._patterns += 1
        if self._patterns > MOST_PATTERNS:
            return ()
        return (path for path in self._paths if is_yaml(path) and matches(path, target))

    def _is_material(self, path: str) -> bool:
        """The templates' folder holds nothing else: their `template.yaml` are entities by their place."""
        return is_below(path, self._layout.templates) or self._material.holds(path)


def targets_of(path: str, value: Any) -> Iterator[str]:
    """The targets inside the repo of a document that is a Location; of others none."""
    is_location = isinstance(value, dict) and value.get("kind") == "Location"
    if is_location and isinstance(value.get("spec"), dict):
        version = str(value.get("apiVersion"))
        location = Entity(path, version, "Location", "default", "", metadata={}, spec=value["spec"])
        yield from (target for _, _, target in location_targets(location) if target)
