"""The one spelling of a Kubernetes object: equal values, equal bytes, and every YAML reader agrees on them.

Block style; keys sorted, because their order says nothing and so must not make a diff, with those first that
a reader looks for first. A string is quoted where YAML 1.1 or 1.2 would take it for something else.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
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
_SHORT = 64


_Emit = Callable[[yaml.Event], None]

_MAPPING = (yaml.MappingStartEvent(None, None, implicit=True, flow_style=False), yaml.MappingEndEvent())
_SEQUENCE = (yaml.SequenceStartEvent(None, None, implicit=True, flow_style=False), yaml.SequenceEndEvent())
_PLAIN_OR_QUOTED = (True, True)
"""The tag goes without saying, however it is written: `_style` sees to that."""
_OF_NUMBERS = yaml.representer.SafeRepresenter()


def dump(value: Mapping[str, Any]) -> bytes:
    """UTF-8 YAML of a mapping of plain JSON values. Equal mappings give equal bytes, in any order of keys."""
    return written(ordered(value))


def ordered(value: Any) -> Any:
    """The same value with its keys in the order in which they are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value, key=_rank)}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def written(value: dict[str, Any]) -> bytes:
    """As `dump`, for what `ordered` returned.

    Events go to libyaml's emitter without nodes in between: a third of the time of `yaml.dump`.
    """
    text = io.StringIO()
    dumper = yaml.CSafeDumper(text, allow_unicode=True, default_flow_style=False, width=_WIDE)
    emit: _Emit = dumper.emit
    try:
        emit(yaml.StreamStartEvent())
        emit(yaml.DocumentStartEvent(explicit=False))
        _put(value, emit)
        emit(yaml.DocumentEndEvent(explicit=False))
        emit(yaml.StreamEndEvent())
    finally:
        dumper.dispose()
    return text.getvalue().encode()


def _put(value: Any, emit: _Emit) -> None:
    if isinstance(value, str):
        emit((_scalar if len(value) <= _SHORT else _fresh_scalar)(value))
    elif isinstance(value, dict):
        emit(_MAPPING[0])
        for key, item in value.items():
            _put(key, emit)
            _put(item, emit)
        emit(_MAPPING[1])
    elif isinstance(value, list):
        emit(_SEQUENCE[0])
        for item in value:
            _put(item, emit)
        emit(_SEQUENCE[1])
    else:
        emit(yaml.ScalarEvent(None, None, _PLAIN_OR_QUOTED, _OF_NUMBERS.represent_data(value).value))


def _rank(key: str) -> tuple[int, str]:
    return _FIRST.get(key, len(_FIRST)), key


def _fresh_scalar(text: str) -> yaml.ScalarEvent:
    return yaml.ScalarEvent(None, None, _PLAIN_OR_QUOTED, text, style=_style(text))


_scalar = lru_cache(maxsize=4096)(_fresh_scalar)
"""Keys and names come again in every object."""


def _style(text: str) -> str | None:
    if _NEEDS_ESCAPES.search(text):
        return '"'
    if "\n" in text:
        return "|"
    if text.lower() in _WORDS or _NUMBER_LIKE.fullmatch(text):
        return '"'
    return None
