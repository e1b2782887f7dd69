"""The one spelling of a Kubernetes object: equal values, equal bytes, and every YAML reader agrees on them.

Block style; keys sorted, because their order says nothing and so must not make a diff, with those first that
a reader looks for first. A string is quoted where YAML 1.1 or 1.2 would take it for something else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

_FIRST = {key: rank for rank, key in enumerate(("apiVersion", "kind", "metadata", "name", "namespace"))}

_NUMBER_LIKE = re.compile(r"[-+.0-9][-+.0-9_:,xXoObBa-fA-FtTzZ \t]*|[-+]?\.(inf|nan)", re.IGNORECASE)
"""A superset of every integer, float, sexagesimal and timestamp of YAML 1.1 and 1.2."""
_WORDS = frozenset(("", "~", "=", "<<", "null", "true", "false", "yes", "no", "on", "off", "y", "n"))
_NEEDS_ESCAPES = re.compile(
    "[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
"""Control characters, and those that one YAML version takes for line breaks and the other does not."""
_WIDE = 1_000_000_000


class _Canonical(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _string(dumper: _Canonical, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _style(text: str) -> str | None:
    if _NEEDS_ESCAPES.search(text):
        return '"'
    if "\n" in text:
        return "|"
    if text.lower() in _WORDS or _NUMBER_LIKE.fullmatch(text):
        return '"'
    return None


_Canonical.add_representer(str, _string)


def dump(value: Mapping[str, Any]) -> bytes:
    """UTF-8 YAML of a mapping of plain JSON values. Equal mappings give equal bytes, in any order of keys."""
    text = yaml.dump(
        ordered(value),
        Dumper=_Canonical,
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=_WIDE,
    )
    return text.encode()


def ordered(value: Any) -> Any:
    """The same value with every mapping's keys in canonical order."""
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: (_FIRST.get(key, len(_FIRST)), key))
        return {key: ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [ordered(item) for item in value]
    return value
