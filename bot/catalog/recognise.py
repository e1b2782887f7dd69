"""What kind of document this is: one of Backstage's, one of ours, or someone else's. Judges no field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import Any

from bot.catalog import kinds, own
from bot.catalog.fields import Closed, Open

OWN_GROUP = "roadcrew.dev"
_BACKSTAGE_KINDS = frozenset(kinds.KINDS)
_CLOSE = 0.8

ENTITY_TEXT = re.compile(
    r"^[ \t{]*[\"']?apiVersion[\"']?[ \t]*:[ \t]*[\"']?(?:[\w.-]*\bbackstage\.io|roadcrew\.dev)/",
    re.MULTILINE,
)
"""How an entity starts, in a text that cannot be parsed."""

HINT = re.compile(
    rb"backstage\.io/|roadcrew\.dev/|\bkind[\"']?[ \t]*:[ \t]*[\"']?(?:"
    + "|".join(sorted(_BACKSTAGE_KINDS)).encode()
    + rb")\b"
)
"""A file without this holds no entity."""


def group_of(api_version: str) -> str:
    """The part before the last slash; empty where there is none."""
    return api_version.rpartition("/")[0]


def is_backstage(api_version: str) -> bool:
    """`backstage.io/...` and `scaffolder.backstage.io/...`."""
    group = group_of(api_version)
    return group == "backstage.io" or group.endswith(".backstage.io")


def is_ours(api_version: str) -> bool:
    """`roadcrew.dev/...`, whatever version."""
    return group_of(api_version) == OWN_GROUP


def looks_like_entity(value: object) -> bool:
    """Whether the apiVersion says so; everything else may be wrong."""
    api_version = value.get("apiVersion") if isinstance(value, Mapping) else None
    return isinstance(api_version, str) and (is_backstage(api_version) or is_ours(api_version))


def is_foreign(value: object) -> bool:
    """Whether the apiVersion says that it is neither Backstage's nor ours."""
    api_version = value.get("apiVersion") if isinstance(value, Mapping) else None
    return isinstance(api_version, str) and bool(api_version) and not looks_like_entity(value)


def looks_mistyped(value: object) -> bool:
    """A Backstage kind with a name whose apiVersion is nearly Backstage's."""
    if not isinstance(value, Mapping) or value.get("kind") not in _BACKSTAGE_KINDS:
        return False
    metadata, api_version = value.get("metadata"), value.get("apiVersion")
    has_name = isinstance(metadata, Mapping) and isinstance(metadata.get("name"), str)
    return has_name and isinstance(api_version, str) and is_nearly_backstage(api_version, value["kind"])


def is_nearly_backstage(api_version: str, kind: str) -> bool:
    """A slip of the pen: `backstage.oi/v1alpha1`, or the version alone."""
    wanted, _ = kinds.KINDS[kind]
    if "/" not in api_version:
        return api_version in {one.rpartition("/")[2] for one in wanted}
    return any(SequenceMatcher(None, api_version.lower(), one).ratio() >= _CLOSE for one in wanted)


def api_versions(kind: str) -> tuple[str, ...]:
    """The apiVersions that a kind has; none for a kind that nobody here knows."""
    if kind in own.KINDS:
        return (own.API_VERSION,)
    return kinds.KINDS[kind][0] if kind in kinds.KINDS else ()


def is_built_in(api_version: str, kind: str) -> bool:
    """Whether the two belong together and we know the spec."""
    return api_version in api_versions(kind)


def near_kinds(api_version: str, kind: str) -> tuple[str, ...]:
    """Known kinds that a mistyped one may have meant."""
    known = list(own.KINDS if is_ours(api_version) else kinds.KINDS)
    folded = {one.lower(): one for one in known}
    return tuple(folded[one] for one in get_close_matches(kind.lower()[:100], folded, n=2, cutoff=0.7))


def spec_model(api_version: str, kind: str, spec: Mapping[str, Any]) -> type[Open | Closed]:
    """The model of a built-in kind's spec; `spec.type` may choose a variant."""
    if api_version == own.API_VERSION:
        return own.KINDS[kind]
    kind_type = spec.get("type")
    variant = kinds.VARIANTS.get((kind, kind_type)) if isinstance(kind_type, str) else None
    return variant or kinds.KINDS[kind][1]
