"""The ledger's lines: one JSON object each, by month, with a name that is unique for ever. Only added to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.leases.grant import read_stamp, stamp
from bot.model.acts import Record
from bot.model.tree import Files, Memo

LEDGER = "roadcrew/ledger"
"""The branch."""
GLASS_KEY = "breakGlass"
"""A line's key: whether it was asked for without approval."""
_ENDING = ".jsonl"

Said = str | int | bool | tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """One line. `facts`: all of its other keys."""

    name: str
    at: datetime
    event: str
    facts: Mapping[str, Said] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """A fact in words; empty where there is none."""
        value = self.facts.get(key, "")
        return ", ".join(value) if isinstance(value, tuple) else str(value)


def month_file(at: datetime) -> str:
    """The file in which what happened then is written down: `2026-11.jsonl`."""
    return f"{at:%Y-%m}{_ENDING}"


def line(record: Record) -> bytes:
    """The line, with its end. Equal records give equal bytes."""
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in record.entry.items()}
    whole = {**said, "name": record.name, "at": stamp(record.at)}
    return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def entries(data: bytes) -> tuple[Entry, ...]:
    """The lines of a month, in their order. What is no line of ours is left out."""
    return tuple(found for one in data.splitlines() if (found := _entry(one)) is not None)


def _entry(data: bytes) -> Entry | None:
    try:
        said = json.loads(data)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    name, at, event = (said.pop(key, "") for key in ("name", "at", "event"))
    when = read_stamp(at) if isinstance(at, str) else None
    if when is None or not (isinstance(name, str) and name and isinstance(event, str)):
        return None
    return Entry(name, when, event, {key: _value(value) for key, value in said.items()})


def _value(value: object) -> Said:
    if isinstance(value, list):
        return tuple(map(str, value))
    return value if isinstance(value, str | int | bool) else str(value)


def all_entries(tree: Files | None, memo: Memo | None = None) -> Iterator[Entry]:
    """Of all months, oldest month first. A month that did not change is read once."""
    for one in tree.list() if tree is not None else ():
        if not one.path.endswith(_ENDING) or tree is None:
            continue
        key = ("ledger", one.oid)
        if memo is None:
            yield from entries(tree.read(one.path))
            continue
        if key not in memo:
            memo[key] = entries(tree.read(one.path))
        yield from memo[key]


def names(tree: Files | None, memo: Memo | None = None) -> frozenset[str]:
    """Of all lines."""
    return frozenset(one.name for one in all_entries(tree, memo))
