"""Which files are meant to be entities, and which are material of a template and never looked at."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bot.catalog.reader import MARKERS, is_yaml

_ALWAYS = re.compile(r"(?:^|/)catalog-info\.ya?ml$")
_TEMPLATE_FILE = re.compile(r"(?:^|/)template\.ya?ml$")
SHARED = "shared"
"""The folder among the templates whose files they all may use. It is no template, and holds no entity."""

DATA = "data"
"""The folder among the rules whose documents Rego sees below `data`."""

_MATERIAL = ("skeleton", "template", "content")
"""Folders beside a template that hold what it makes, by custom."""


@dataclass(frozen=True)
class Layout:
    """Where a platform repo keeps what. Folders without a slash at the end; "." is the root."""

    catalog: tuple[str, ...] = ("catalog",)
    templates: str = "templates"
    rules: str = "rules"

    def must_be_entity(self, path: str) -> bool:
        """Whether a YAML file here is an entity by its place alone."""
        if not is_yaml(path):
            return False
        if any(is_below(path, folder) for folder in self.catalog):
            return True
        folder, _, name = path.rpartition("/")
        if name in ("template.yaml", "template.yml"):
            return posixpath.dirname(folder) == self.templates and posixpath.basename(folder) != SHARED
        return self.is_rule(path)

    def is_rule(self, path: str) -> bool:
        """Whether the file is among the rules, and no test of them and none of their data."""
        if not is_below(path, self.rules):
            return False
        inside = path[len(self.rules) + 1 :] if self.rules not in ("", ".") else path
        first, *_ = parts = inside.split("/")[:-1] or [""]
        return "tests" not in parts and first != DATA

    def has_catalog(self, paths: Iterable[str]) -> bool:
        """Whether any of its catalog folders is there."""
        return any(is_below(path, folder) for path in paths for folder in self.catalog)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is inside a folder, at any depth."""
    return folder in ("", ".") or path.startswith(f"{folder.rstrip('/')}/")


def is_catalog_info(path: str) -> bool:
    """A file that is an entity wherever it lies."""
    return _ALWAYS.search(path) is not None


def is_template_file(path: str) -> bool:
    """A file that Backstage's convention says is a template."""
    return _TEMPLATE_FILE.search(path) is not None


@dataclass
class Material:
    """Folders that belong to templates. Grows while templates are found, the shallowest first."""

    _folders: dict[str, set[str]] = field(default_factory=dict)

    def add(self, path: str, value: object, siblings: Collection[str] = ()) -> None:
        """A template at `path`. `siblings`: other templates of its folder, which are not its material."""
        folder = posixpath.dirname(path)
        for material in (
            *_step_folders(folder, value),
            *(posixpath.join(folder, name) for name in _MATERIAL),
        ):
            self._folders.setdefault(material, set())
        if folder and is_template_file(path):
            self._folders.setdefault(folder, set()).update({path, *siblings})

    def holds(self, path: str) -> bool:
        """Whether the file is material of a template."""
        folder = posixpath.dirname(path)
        while folder:
            if folder in self._folders and path not in self._folders[folder]:
                return True
            folder = posixpath.dirname(folder)
        return False


def _step_folders(folder: str, value: object) -> Iterator[str]:
    """Folders that the template's fetch steps copy from."""
    for step in _steps(value):
        given = step.get("input")
        url = given.get("url") if isinstance(given, Mapping) else None
        if not str(step.get("action")).startswith("fetch:") or not isinstance(url, str):
            continue
        fixed = MARKERS.split(url)[0]
        fixed = fixed if fixed == url else posixpath.dirname(fixed)
        found = resolved(folder, fixed) if fixed else None
        if found:
            yield found


def _steps(value: object) -> Iterator[Mapping[str, Any]]:
    spec = value.get("spec") if isinstance(value, Mapping) else None
    steps = spec.get("steps") if isinstance(spec, Mapping) else None
    yield from (step for step in steps if isinstance(step, Mapping)) if isinstance(steps, list) else ()


def is_url(target: str) -> bool:
    """Whether it begins with a scheme, such as `https:`."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", target) is not None


def resolved(folder: str, target: str) -> str | None:
    """A relative target as a path of the repo; None for a URL and for what lies outside. "" is the root."""
    if target.startswith("/") or is_url(target):
        return None
    path = posixpath.normpath(posixpath.join(folder, target))
    if path == ".":
        return ""
    return None if path == ".." or path.startswith("../") else path


def matches(path: str, pattern: str) -> bool:
    """Whether a Location's target means this file. `*` stays in its folder, `**` is any depth of them."""
    if "*" not in pattern:
        return path == pattern
    wanted = pattern.split("/")
    states = _reached({0}, wanted)
    for part in path.split("/"):
        steps = (_step(state, part, wanted) for state in states)
        states = _reached({step for step in steps if step is not None}, wanted)
    return len(wanted) in states


def _step(state: int, part: str, wanted: list[str]) -> int | None:
    if state == len(wanted):
        return None
    if wanted[state] == "**":
        return state
    return state + 1 if fnmatchcase(part, wanted[state]) else None


def _reached(states: set[int], wanted: list[str]) -> set[int]:
    """With the states behind a `**` that matches nothing."""
    reached = set(states)
    for state in states:
        while state < len(wanted) and wanted[state] == "**":
            state += 1  # noqa: PLW2901 - walks on from there
            reached.add(state)
    return reached
