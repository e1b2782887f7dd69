"""What the engine's compiler knows of an expression: its calls, lists and maps, and the types of all parts.

The engine gives it as bytes of protobuf only, and two messages are read here without a library.
Source: github.com/google/cel-spec, proto/cel/expr/checked.proto and syntax.proto.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_VALUE = 2
_TYPE_MAP, _EXPRESSION, _SOURCE, _POSITIONS = 3, 4, 5, 4
_ID, _TEXT, _ENTRY = 2, 6, 2
_CONSTANT, _SELECT, _CALL, _LIST, _MAP, _LOOP = 3, 5, 6, 7, 8, 9
_KINDS = {_CONSTANT: "constant", _SELECT: "select", _CALL: "call", _LIST: "list", _MAP: "map", _LOOP: "loop"}
_PARTS = {_SELECT: {1}, _CALL: {1, 3}, _LIST: {1}, _LOOP: {2, 4, 5, 6, 7}}
"""The fields of each that are expressions."""
_KEY, _ENTRY_VALUE, _OPTIONAL = 3, 4, 5
_SIMPLE = {1: "dyn", 11: "type", 12: "error"}
_MESSAGE, _ABSTRACT = 9, 14
_MORE = 128
"""Added to each byte of a number but the last."""
_CONTAINERS = {6: "list", 7: "map"}
_PRIMITIVES = {1: "bool", 2: "int", 3: "uint", 4: "double", 5: "string", 6: "bytes"}
_WELL_KNOWN = {1: "any", 2: "timestamp", 3: "duration"}
_NUMBERED = {2: {0: "null"}, 3: _PRIMITIVES, 5: _WELL_KNOWN}


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression. `kind`: constant, select, call, list, map, loop, or empty for a name.

    `offset`: its place in characters. `type`: what it gives (`list(string)`, `kubernetes.Quantity`; `?` where
    it is not known); `of`: of what an optional value is. `name`: of a call. `text`: of a constant that is
    one.
    `parts`: what it is made of; of a map its values, and `keys`. `optional`: places of parts that may be
    absent (`[?a]`). `has_target`: the first part is what a function is called on.
    """

    kind: str
    offset: int
    type: str = ""
    of: str = ""
    name: str = ""
    text: str | None = None
    parts: tuple[Node, ...] = ()
    keys: tuple[Node, ...] = ()
    optional: frozenset[int] = field(default_factory=frozenset)
    has_target: bool = False

    def walk(self) -> Iterator[Node]:
        """It, and all that is in it."""
        yield self
        for one in (*self.keys, *self.parts):
            yield from one.walk()


def tree(serialized: bytes) -> Node:
    """Of a compiled expression, as the engine serializes it. Raises ValueError for what is none."""
    checked = _first(serialized, _VALUE)
    types = {key: _type(value) for key, value in _entries(checked, _TYPE_MAP)}
    places = dict(_numbers(_first(checked, _SOURCE), _POSITIONS))
    return _Reader(types, places).node(_first(checked, _EXPRESSION))


class _Reader:
    def __init__(self, types: Mapping[int, tuple[str, str]], places: Mapping[int, int]) -> None:
        self._types = types
        self._places = places

    def node(self, data: bytes) -> Node:
        number = next(_integers(data, _ID), 0)
        kind, inside = next(
            ((key, value) for key, value in _fields(data) if key in _KINDS and isinstance(value, bytes)),
            (0, b""),
        )
        type_, of = self._types.get(number, ("", ""))
        more = self._map(inside) if kind == _MAP else self._parts(kind, inside)
        return Node(_KINDS.get(kind, ""), self._places.get(number, 0), type_, of, **more)

    def _parts(self, kind: int, inside: bytes) -> dict[str, Any]:
        wanted = _PARTS.get(kind, set())
        parts = [(key, self.node(value)) for key, value in _messages(inside) if key in wanted]
        found: dict[str, Any] = {"parts": tuple(one for _, one in parts)}
        if kind == _CALL:
            found |= {"name": _first(inside, _ID).decode(), "has_target": any(key == 1 for key, _ in parts)}
        elif kind == _LIST:
            found["optional"] = frozenset(_packed(inside, _ENTRY))
        elif kind == _CONSTANT:
            text = [value for key, value in _messages(inside) if key == _TEXT]
            found["text"] = text[0].decode() if text else None
        return found

    def _map(self, inside: bytes) -> dict[str, Any]:
        entries = [value for key, value in _messages(inside) if key == _ENTRY]
        optional = [at for at, one in enumerate(entries) if next(_integers(one, _OPTIONAL), 0)]
        keys = [self.node(value) for one in entries for key, value in _messages(one) if key == _KEY]
        values = [self.node(value) for one in entries for key, value in _messages(one) if key == _ENTRY_VALUE]
        return {"parts": tuple(values), "keys": tuple(keys), "optional": frozenset(optional)}


def _type(data: bytes) -> tuple[str, str]:
    """The type, and of what it is where it is an abstract one with a parameter."""
    for key, value in _fields(data):
        if isinstance(value, int):
            return _NUMBERED.get(key, {}).get(value, ""), ""
        if key == _MESSAGE:
            return value.decode(), ""
        if key == _ABSTRACT:
            inner = [one for at, one in _messages(value) if at == _VALUE]
            return _first(value, 1).decode(), _type(inner[0])[0] if inner else ""
        if key in _CONTAINERS:
            held = [_type(one)[0] or "?" for _, one in _messages(value)]
            return f"{_CONTAINERS[key]}({', '.join(held or ['?'])})", ""
        return _SIMPLE.get(key, ""), ""
    return "", ""


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Numbers and values of a message. Raises ValueError."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        match key & 7:
            case 0:
                number, at = _varint(data, at)
                yield key >> 3, number
            case 2:
                size, at = _varint(data, at)
                yield key >> 3, data[at : at + size]
                at += size
            case 1 | 5:
                at += 8 if key & 7 == 1 else 4
            case other:
                raise ValueError(f"no wire type of protobuf: {other}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while at < len(data):
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < _MORE:
            return number, at
    raise ValueError("a number of protobuf has no end")


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    return ((key, value) for key, value in _fields(data) if isinstance(value, bytes))


def _integers(data: bytes, wanted: int) -> Iterator[int]:
    return (value for key, value in _fields(data) if key == wanted and isinstance(value, int))


def _packed(data: bytes, wanted: int) -> Iterator[int]:
    for key, value in _fields(data):
        if key == wanted and isinstance(value, bytes):
            at = 0
            while at < len(value):
                number, at = _varint(value, at)
                yield number
        elif key == wanted and isinstance(value, int):
            yield value


def _first(data: bytes, wanted: int) -> bytes:
    return next((value for key, value in _messages(data) if key == wanted), b"")


def _entries(data: bytes, wanted: int) -> Iterator[tuple[int, bytes]]:
    for key, value in _messages(data):
        if key == wanted:
            yield next(_integers(value, 1), 0), _first(value, _VALUE)


def _numbers(data: bytes, wanted: int) -> Iterator[tuple[int, int]]:
    for key, value in _messages(data):
        if key == wanted:
            yield next(_integers(value, 1), 0), next(_integers(value, _VALUE), 0)
