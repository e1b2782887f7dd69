"""Rendered texts to files: one canonical YAML file an object, `<kind>-<name>.yaml`. Judges no meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.text import Piece, decode, pieces
from bot.catalog.yaml12 import EMPTY, load
from bot.model.plan import Fact
from bot.templating.canonical import ordered, written
from bot.templating.lines import line_in_source

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9]{0,62}")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.:]{0,251}[a-z0-9])?")
"""What Kubernetes takes for a name: a DNS subdomain; roles may hold colons."""
_LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LABEL_KINDS = frozenset(("Service", "Namespace"))
"""Kinds whose names become DNS labels."""
_LONGEST: Mapping[tuple[str, str], int] = {
    ("batch", "CronJob"): 52,
    ("batch", "Job"): 63,
    ("apps", "StatefulSet"): 52,
    ("postgresql.cnpg.io", "Cluster"): 50,
}
"""Where what comes of an object has a longer name, or its name becomes the value of a label.

Sources: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/, kubernetes/kubernetes#64023 (a
StatefulSet's revision is a label), CloudNativePG's validating webhook.
"""
_EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, in the template file that made it. `line` counts in that file; 0 is not known."""

    rule: str
    file: str = ""
    line: int = 0
    facts: Mapping[str, Fact] = field(default_factory=dict)
    trail: tuple[str | int, ...] = ()
    """Where in an object the problem is, with the names of list items for their numbers."""
    value: Any = None
    """What stands there."""


class _Wrong(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.rule)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Manifests:
    """Files by name, what they say in the same order, and what could not become one."""

    files: Mapping[str, bytes]
    objects: tuple[Mapping[str, Any], ...]
    problems: tuple[Problem, ...]


def manifests(texts: Mapping[str, str], sources: Mapping[str, str]) -> Manifests:
    """What the texts say, one file an object. `texts`: rendered; `sources`: as they were written."""
    files: dict[str, bytes] = {}
    objects: list[dict[str, Any]] = []
    makers: dict[str, str] = {}
    problems: list[Problem] = []
    for file in sorted(texts):
        try:
            for value in _objects(file, texts[file], sources.get(file, "")):
                name = _file_name(file, value)
                if name in files:
                    facts: dict[str, Fact] = {"object": name.removesuffix(".yaml"), "other": makers[name]}
                    problems.append(Problem("manifest-duplicate", file, facts=facts))
                else:
                    objects.append(ordered(value))
                    files[name], makers[name] = written(objects[-1]), file
        except _Wrong as wrong:
            problems.append(wrong.problem)
    return Manifests(files, tuple(objects), tuple(problems))


def _objects(file: str, text: str, source: str) -> Iterator[dict[str, Any]]:
    """The text's documents; empty ones are what a template writes when it has nothing to say."""
    try:
        for piece in pieces(decode(text.encode("utf-8", "surrogatepass"))):
            value = _loaded(piece)
            if value is EMPTY or value is None:
                continue
            if not isinstance(value, dict):
                raise _Wrong(Problem("manifest-invalid", file, facts={"case": "document"}))
            yield value
    except Broken as broken:
        raise _Wrong(_unreadable(file, text, source, broken)) from None


def _loaded(piece: Piece) -> Any:
    try:
        return load(piece.text)
    except Broken as broken:
        raise broken.moved(piece.above) from None


def _unreadable(file: str, text: str, source: str, broken: Broken) -> Problem:
    lines = text.split("\n")
    excerpt = lines[broken.line - 1].strip()[:_EXCERPT] if 0 < broken.line <= len(lines) else ""
    facts: dict[str, Fact] = {**broken.facts, "case": broken.rule, "line": broken.line, "excerpt": excerpt}
    return Problem("manifest-broken", file, line_in_source(lines, source.split("\n"), broken.line), facts)


def _file_name(file: str, value: Mapping[str, Any]) -> str:
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    kind = value.get("kind")
    for key, given in (("apiVersion", value.get("apiVersion")), ("kind", kind), ("metadata.name", name)):
        if not isinstance(given, str) or not given:
            raise _Wrong(Problem("manifest-invalid", file, facts={"field": key}))
    kind, name = str(kind), str(name)
    if not _KIND.fullmatch(kind):
        raise _Wrong(Problem("manifest-name", file, facts={"kind": kind[:63], "name": name[:253]}))
    if not (_LABEL if kind in _LABEL_KINDS else _NAME).fullmatch(name):
        raise _Wrong(Problem("manifest-name", file, facts={"kind": kind, "name": name[:253]}))
    longest = _LONGEST.get((str(value["apiVersion"]).rpartition("/")[0], kind), len(name))
    if len(name) > longest:
        facts: dict[str, Fact] = {"kind": kind, "name": name[:253], "case": "long", "limit": longest}
        raise _Wrong(Problem("manifest-name", file, facts=facts))
    namespace = metadata.get("namespace", "x") if isinstance(metadata, Mapping) else "x"
    if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
        raise _Wrong(
            Problem("manifest-name", file, facts={"kind": "Namespace", "name": str(namespace)[:253]})
        )
    return f"{kind.lower()}-{name.replace(':', '_')}.yaml"
