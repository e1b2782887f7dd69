"""Whether a rule concerns what is judged. All that its `match` names must hold, of each list any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
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
    if not match:
        return True
    entity = _mapping(request.more.get("entity"))
    judged = entity if judges == "entity" else _mapping(request.object)
    return all(
        is_met(wanted, judged, entity, request)
        for key, is_met in _TESTS.items()
        if (wanted := match.get(key))
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


def _any(patterns: Iterable[str], found: Iterable[object]) -> bool:
    return any(_is_like(one, pattern) for one in found for pattern in patterns)


def _is_like(found: object, pattern: str) -> bool:
    if found is None:
        return False
    return fnmatchcase(str(found), pattern) if _has_wildcards(pattern) else str(found) == pattern


@lru_cache(maxsize=1024)
def _has_wildcards(pattern: str) -> bool:
    return any(one in pattern for one in "*?[")


def _has_paths(patterns: Iterable[str], _judged: object, _entity: object, request: Request) -> bool:
    pull = request.more.get("pull") if kind_of(request) == "pull" else None
    paths = [request.path] if pull is None else [str(path) for path in _mapping(pull).get("paths", ())]
    return any(matches(path, pattern) for path in paths for pattern in patterns)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def is_file_meant(path: str, patterns: Sequence[str]) -> bool:
    """Whether a rule with these patterns looks at a file. Without patterns it means all YAML and JSON."""
    if not patterns:
        return is_yaml(path) or path.endswith(".json")
    return any(matches(path, one) for one in patterns)


_Wanted = Any
_Test = Callable[[_Wanted, Mapping[str, Any], Mapping[str, Any], Request], bool]
_TESTS: Mapping[str, _Test] = {
    "kinds": lambda wanted, judged, _, __: _any(wanted, _kinds(judged)),
    "types": lambda wanted, _, entity, __: _any(wanted, [_mapping(entity.get("spec")).get("type")]),
    "owners": lambda wanted, _, entity, __: _any(
        _refs(wanted), _refs([_mapping(entity.get("spec")).get("owner")])
    ),
    "tiers": lambda wanted, _, entity, __: _any(wanted, [labels_of(entity).get(TIER)]),
    "environments": lambda wanted, _, __, request: _any(
        wanted, [_mapping(request.more.get("environment")).get("name")]
    ),
    "labels": lambda wanted, judged, _, __: all(
        _is_like(labels_of(judged).get(key), one) for key, one in _mapping(wanted).items()
    ),
    "paths": _has_paths,
}
"""Keys of `match` with what they are held against: what is judged, its entity, all of the request."""
