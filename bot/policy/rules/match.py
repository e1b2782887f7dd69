"""Whether a rule concerns what is judged. All that its `match` names must hold, of each list any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from bot.catalog.layout import matches
from bot.catalog.reader import is_yaml
from bot.catalog.reference import ReferenceBroken, parse_ref
from bot.policy.verdict import Request

TIER = "roadcrew.dev/tier"
"""The label that says how much depends on an entity; 1 is the most."""


def concerns(match: Mapping[str, Any], judges: str, request: Request) -> bool:
    """Whether the request is what a rule that judges `judges` (entity, object, pull, file) looks at.

    `where` is not looked at here. An object without an entity has no type, owner or tier.
    """
    if kind_of(request) != judges:
        return False
    entity = _mapping(request.more.get("entity"))
    judged = entity if judges == "entity" else _mapping(request.object)
    environment = _mapping(request.more.get("environment"))
    spec, labels = _mapping(entity.get("spec")), labels_of(judged)
    return (
        _any(match.get("kinds"), _kinds(judged))
        and _any(match.get("types"), [spec.get("type")])
        and _any(_refs(match.get("owners")), _refs([spec.get("owner")]))
        and _any(match.get("tiers"), [labels_of(entity).get(TIER)])
        and _any(match.get("environments"), [environment.get("name")])
        and all(_is_like(labels.get(key), wanted) for key, wanted in _mapping(match.get("labels")).items())
        and _paths(match.get("paths"), _touched(judges, request))
    )


def kind_of(request: Request) -> str:
    """What is judged: an entity, a rendered object, a pull request, a file; nothing of a bare request."""
    for kind in ("pull", "file"):
        if kind in request.more and request.object is None and "entity" not in request.more:
            return kind
    if request.object is not None or request.old_object is not None:
        return "object"
    return "entity" if "entity" in request.more else ""


def labels_of(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """metadata.labels; empty where there are none."""
    return _mapping(_mapping(value.get("metadata")).get("labels"))


def owner_ref(text: object) -> str:
    """The full reference of what an owner field says; itself where it is none."""
    try:
        return parse_ref(str(text), "group")
    except ReferenceBroken:
        return str(text)


def _refs(owners: Iterable[object] | None) -> list[str]:
    return [owner_ref(one) for one in owners or () if one is not None]


def _kinds(judged: Mapping[str, Any]) -> list[str]:
    kind, version = str(judged.get("kind", "")), str(judged.get("apiVersion", ""))
    return [kind, f"{version}/{kind}"]


def _any(wanted: Iterable[str] | None, found: Iterable[object]) -> bool:
    patterns = list(wanted or ())
    return not patterns or any(_is_like(one, pattern) for one in found for pattern in patterns)


def _is_like(found: object, pattern: str) -> bool:
    return found is not None and fnmatchcase(str(found), pattern)


def _touched(judges: str, request: Request) -> list[str]:
    pull = _mapping(request.more.get("pull"))
    return [str(path) for path in pull.get("paths", ())] if judges == "pull" else [request.path]


def _paths(patterns: Iterable[str] | None, paths: list[str]) -> bool:
    wanted = list(patterns or ())
    return not wanted or any(matches(path, pattern) for path in paths for pattern in wanted)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def is_file_meant(path: str, patterns: Sequence[str]) -> bool:
    """Whether a rule with these patterns looks at a file. Without patterns it means all YAML and JSON."""
    if not patterns:
        return is_yaml(path) or path.endswith(".json")
    return any(matches(path, one) for one in patterns)
