"""The part of a rendered file in which a change may be dangerous: cheap to find, so few files are parsed.

Works on canonical YAML alone, whose layout is known: two spaces a level, one line a scalar but for blocks.
"""

from __future__ import annotations

import re

from bot.kubernetes.dangers import WATCHED

_WITH_PODS = frozenset(("deployment", "statefulset", "daemonset", "replicaset", "rollout"))
"""Kinds whose pods may change in everything but their labels."""
_METADATA = re.compile(rb"^metadata:\n(?: .*\n|\n)*", re.MULTILINE)
_TEMPLATE = re.compile(rb"^  template:\n(?:    .*\n|\n)*", re.MULTILINE)
_POD = re.compile(rb"^    spec:\n(?:     .*\n|\n)*", re.MULTILINE)
_SEALED = re.compile(rb"^immutable: true$", re.MULTILINE)


def kind_of(path: str) -> str:
    """The kind in lower case, which the name of a rendered file begins with."""
    return path.partition("-")[0]


def is_harmless(path: str, before: bytes | None, after: bytes | None) -> bool:
    """Whether no danger can come from this change of one file, whatever else changes or stays.

    Sure when it says yes; a no is only a doubt. That an object moves to another namespace is not seen here.
    """
    if before == after or kind_of(path) not in WATCHED:
        return True
    return before is not None and after is not None and _essence(path, before) == _essence(path, after)


def _essence(path: str, data: bytes) -> bytes:
    kind = kind_of(path)
    if kind == "configmap" and not _SEALED.search(data):
        return b""
    text = _METADATA.sub(b"", data)
    return _TEMPLATE.sub(lambda found: _POD.sub(b"", found[0]), text) if kind in _WITH_PODS else text
