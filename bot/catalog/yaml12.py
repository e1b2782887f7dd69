"""One YAML document to plain values, bounded in depth and aliases, with places on request.

Values and places come from the same parser's events, so they cannot disagree. Nothing recurses: libyaml's own
composer does, and dies of deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.catalog.broken import Broken
from bot.catalog.problems import explained
from bot.catalog.scalars import Scalar, key_text, resolve
from bot.model.plan import Fact

MAX_DEPTH = 64
MAX_ALIASES = 50
MAX_EXPANDED = 100_000
"""Nodes that all aliases of a document may stand for together."""

EMPTY = object()
"""No document at all: only blank lines, comments, or a bare `---`."""

MERGE = "<<"

Places = dict[tuple[str | int, ...], tuple[tuple[int, int] | None, tuple[int, int]]]
"""Pointer to (place of its key, place of its value), as zero-based (line, column)."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CORE = "tag:yaml.org,2002:"
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
_BLANK_TABS = re.compile(r"^[ \t]++(?=#|\r?$)", re.MULTILINE)
_BREAKS = {0x85: "\ue085", 0x2028: "\ue028", 0x2029: "\ue029"}
"""Line breaks for YAML 1.1, plain characters for 1.2: out of libyaml's sight while it scans."""
_BACK = {ord(hidden): chr(code) for code, hidden in _BREAKS.items()}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What plain scalars mean. `is_lenient`: unknown tags are passed over, a plain `<<` merges mappings.

    `takes_last`: of two equal keys the last counts, as with Go's readers.
    """

    resolve: Callable[[str], Scalar]
    is_lenient: bool = False
    takes_last: bool = False
    aliases: int = MAX_ALIASES


_CORE_SCHEMA = Dialect(resolve)


def load(text: str) -> Any:
    """The document's value, or EMPTY. Raises Broken."""
    return loaded(text, _CORE_SCHEMA)


def places(text: str) -> Places:
    """Where everything stands. Raises Broken where `load` does."""
    return placed(text, _CORE_SCHEMA)


def loaded(text: str, dialect: Dialect) -> Any:
    """As `load`, in another dialect."""
    return _built(text, dialect, with_places=False).root


def placed(text: str, dialect: Dialect) -> Places:
    """As `places`, in another dialect. What a merge brings has no place."""
    return _built(text, dialect, with_places=True).places


def _built(text: str, dialect: Dialect, *, with_places: bool) -> _Builder:
    hidden = text.translate(_BREAKS) if any(chr(code) in text for code in _BREAKS) else text
    try:
        return _fed(hidden, dialect, with_places=with_places)
    except yaml.YAMLError:
        # A blank or comment line of tabs is fine in YAML 1.2; libyaml refuses it.
        hidden = _BLANK_TABS.sub(lambda found: " " * len(found.group()), hidden)
    try:
        return _fed(hidden, dialect, with_places=with_places)
    except yaml.YAMLError as error:
        raise explained(error, hidden) from None


def _fed(text: str, dialect: Dialect, *, with_places: bool) -> _Builder:
    builder = _Builder(dialect, is_hidden="\ue085" in text or "\ue028" in text or "\ue029" in text)
    builder.with_places = with_places
    loader = _LOADER(text)
    try:
        while not isinstance(event := _next(loader), StreamEndEvent):
            builder.feed(event)
    finally:
        loader.dispose()
    return builder


def _next(loader: Any) -> Event:
    """Asked for one by one, because `yaml.parse` asks twice for each."""
    try:
        event: Event = loader.get_event()
    except (ValueError, OverflowError) as error:
        # The parser in Python lets an impossible escape through to chr(); libyaml reports it itself.
        raise yaml.YAMLError(str(error)) from None
    return event


class _Frame:
    """A collection that is being filled."""

    __slots__ = ("anchor", "items", "key", "key_mark", "keys", "merges", "pointer", "started")

    def __init__(
        self, items: dict[str, Any] | list[Any], event: NodeEvent, pointer: Any, started: int
    ) -> None:
        self.items = items
        self.anchor: str | None = event.anchor
        self.pointer = pointer
        self.started = started
        self.key: str | None = None
        self.key_mark: Any = None
        self.keys: dict[str, int] = {}
        self.merges = False


class _Builder:
    """Takes events, makes one value. A second document in the same text is refused."""

    def __init__(self, dialect: Dialect, *, is_hidden: bool) -> None:
        self.root: Any = EMPTY
        self.places: Places = {}
        self.with_places = False
        self._dialect = dialect
        self._is_hidden = is_hidden
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open_anchors: set[str] = set()
        self._nodes = 0
        self._aliases = 0
        self._expanded = 0

    def feed(self, event: Event) -> None:
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent():
                self._opened(event, {})
            case SequenceStartEvent():
                self._opened(event, [])
            case MappingEndEvent() | SequenceEndEvent():
                self._closed()
            case AliasEvent():
                self._alias(event)

    def _scalar(self, event: ScalarEvent) -> None:
        value = _scalar_value(event, self._dialect)
        if self._is_hidden and isinstance(value, str):
            value = value.translate(_BACK)
        self._nodes += 1
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._node(value, event)

    def _node(self, value: Any, event: NodeEvent) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame is not None and frame.key is None and isinstance(frame.items, dict):
            self._keyed(frame, value, event)
        else:
            self._placed(value, event)

    def _keyed(self, frame: _Frame, value: Any, event: NodeEvent) -> None:
        mark: Any = event.start_mark
        if isinstance(value, dict | list):
            raise _broken("yaml-key", event)
        key = key_text(value)
        if key in frame.items and not self._dialect.takes_last:
            facts: dict[str, Fact] = {"key": key, "first": frame.keys[key] + 1}
            raise Broken("yaml-duplicate-key", line=mark.line + 1, column=mark.column + 1, facts=facts)
        frame.merges |= self._dialect.is_lenient and key == MERGE and not getattr(event, "style", "?")
        frame.key = key
        frame.key_mark = mark
        frame.keys[key] = mark.line

    def _placed(self, value: Any, event: NodeEvent) -> Any:
        """Puts a value into the innermost collection; returns its pointer where places are wanted."""
        if not self._stack:
            self.root = value
            if self.with_places:
                self.places[()] = (None, _place(event))
            return ()
        frame = self._stack[-1]
        step: str | int
        if isinstance(frame.items, dict):
            step = frame.key or ""
            frame.items[step] = value
            frame.key = None
        else:
            step = len(frame.items)
            frame.items.append(value)
        if not self.with_places:
            return None
        pointer = (*frame.pointer, step)
        key_mark = frame.key_mark if isinstance(step, str) else None
        self.places[pointer] = (key_mark and (key_mark.line, key_mark.column), _place(event))
        return pointer

    def _opened(self, event: CollectionStartEvent, items: dict[str, Any] | list[Any]) -> None:
        is_odd = event.tag is not None and event.tag not in ("!", f"{_CORE}map", f"{_CORE}seq")
        if is_odd and not self._dialect.is_lenient:
            raise _broken("yaml-tag", event, tag=event.tag or "")
        if len(self._stack) >= MAX_DEPTH:
            raise _broken("yaml-depth", event, limit=MAX_DEPTH)
        if self._stack and self._stack[-1].key is None and isinstance(self._stack[-1].items, dict):
            raise _broken("yaml-key", event)
        pointer = self._placed(items, event)
        self._nodes += 1
        if event.anchor:
            self._open_anchors.add(event.anchor)
        self._stack.append(_Frame(items, event, pointer, self._nodes + self._expanded))

    def _closed(self) -> None:
        frame = self._stack.pop()
        if frame.merges and isinstance(frame.items, dict):
            _merge(frame.items)
        if frame.anchor:
            self._open_anchors.discard(frame.anchor)
            weight = 1 + self._nodes + self._expanded - frame.started
            self._anchors[frame.anchor] = (frame.items, weight)

    def _alias(self, event: AliasEvent) -> None:
        name = event.anchor or ""
        if name in self._open_anchors:
            raise _broken("yaml-alias", event, case="loop", name=name)
        if name not in self._anchors:
            raise _broken("yaml-alias", event, case="undefined", name=name)
        value, weight = self._anchors[name]
        self._aliases += 1
        self._expanded += weight
        if self._aliases > self._dialect.aliases or self._expanded > MAX_EXPANDED:
            raise _broken("yaml-alias", event, case="many", limit=self._dialect.aliases)
        self._node(value, event)


def _merge(items: dict[str, Any]) -> None:
    """What `<<` brings, weaker than what stands there; of several the first is the strongest."""
    given = items.pop(MERGE)
    several = given if isinstance(given, list) else [given]
    if not all(isinstance(one, dict) for one in several):
        items[MERGE] = given
        return
    for one in several:
        for key, value in one.items():
            items.setdefault(key, value)


def _scalar_value(event: ScalarEvent, dialect: Dialect) -> Scalar:
    text: str = event.value
    tag, resolve = event.tag, dialect.resolve
    if tag is None:
        return text if event.style else resolve(text)
    if tag in ("!", f"{_CORE}str") or (dialect.is_lenient and tag.removeprefix(_CORE) not in _TYPES):
        return text
    wanted = _TYPES.get(tag.removeprefix(_CORE)) if tag.startswith(_CORE) else None
    value = resolve(text)
    if wanted is None or not isinstance(value, wanted) or (wanted == (int,) and isinstance(value, bool)):
        raise _broken("yaml-tag", event, tag=tag)
    return value


def _place(event: NodeEvent) -> tuple[int, int]:
    mark: Any = event.start_mark
    return mark.line, mark.column


def _broken(rule: str, event: NodeEvent, **facts: str | int) -> Broken:
    line, column = _place(event)
    if "tag" in facts:
        facts["tag"] = str(facts["tag"]).replace(_CORE, "!!")
    return Broken(rule, line=line + 1, column=column + 1, facts=facts)
