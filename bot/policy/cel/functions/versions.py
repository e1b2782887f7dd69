"""Kubernetes' semantic versions in CEL. Comparing ignores build metadata, as semver.org has it.

Source: pkg.go.dev/k8s.io/apiserver/pkg/cel/library#SemverLib
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bot.policy.cel.host import Tagged, member, plain, tagged, untagged

KIND = "semver"
_NUMBER = r"(0|[1-9][0-9]*)"
_PART = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(
    rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-({_PART}(?:\.{_PART})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_UINT64 = 2**64


def _parsed(text: str, is_normalized: bool = False) -> tuple[int, int, int, str]:  # noqa: FBT001, FBT002 # CEL's order
    found = _VERSION.fullmatch(_normal(text) if is_normalized else text)
    if found is None or any(int(found[index]) >= _UINT64 for index in (1, 2, 3)):
        raise ValueError(f"not a semantic version: {text!r:.80}")
    return int(found[1]), int(found[2]), int(found[3]), found[4] or ""


def _normal(text: str) -> str:
    """Without a leading `v` and leading zeros, with the numbers that are left out."""
    parts = [_bare(part) for part in text.removeprefix("v").split(".", 2)]
    if len(parts) < 3 and re.search(r"[+-]", parts[-1]):  # noqa: PLR2004 # major, minor, patch
        raise ValueError("short version cannot contain PreRelease/Build meta data")
    return ".".join([*parts, "0", "0"][: max(3, len(parts))])


def _bare(part: str) -> str:
    if len(part) <= 1:
        return part
    bare = part.lstrip("0")
    return bare if bare[:1].isdigit() and bare.isascii() else "0" + bare


def _semver(text: str, is_normalized: bool = False) -> Tagged:  # noqa: FBT001, FBT002
    major, minor, patch, before = _parsed(text, is_normalized)
    return tagged(KIND, f"{major}.{minor}.{patch}" + (f"-{before}" if before else ""))


def _is_semver(text: str, is_normalized: bool = False) -> bool:  # noqa: FBT001, FBT002
    try:
        _parsed(text, is_normalized)
    except ValueError:
        return False
    return True


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """-1, 0 or 1 by semver.org's precedence. Raises ValueError when one is no version."""
    left, right = (_parsed(untagged(KIND, each)) for each in (one, other))
    if left[:3] != right[:3]:
        return 1 if left[:3] > right[:3] else -1
    before, after = _precedence(left[3]), _precedence(right[3])
    return (before > after) - (before < after)


def _precedence(before: str) -> tuple[Any, ...]:
    """A release comes behind all its pre-releases; numbers before words; more parts behind fewer."""
    parts = [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in before.split(".") if part]
    return (1, ()) if not before else (0, tuple(parts))


def _part(index: int) -> Any:
    return lambda one: _parsed(untagged(KIND, one))[index]


VERSIONS = (
    plain("semver", "string", "map", _semver),
    plain("semver", "string bool", "map", _semver),
    plain("isSemver", "string", "bool", _is_semver),
    plain("isSemver", "string bool", "bool", _is_semver),
    member("major", "map", "int", _part(0)),
    member("minor", "map", "int", _part(1)),
    member("patch", "map", "int", _part(2)),
)
