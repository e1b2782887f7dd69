"""Where a value or a key stands in its file. Computed only when someone asks: it costs as much as parsing."""

from __future__ import annotations

from functools import lru_cache

from bot.catalog.broken import Broken
from bot.catalog.entity import Pointer, Position
from bot.catalog.text import Piece, decode, pieces
from bot.catalog.yaml12 import Places, places


def position_of(source: bytes, index: int, pointer: Pointer) -> Position:
    """The value at `pointer` in document `index`, or its nearest ancestor that exists."""
    above, table = _table(source, index)
    _, (line, column) = table[_nearest(table, pointer)]
    return Position(line + above + 1, column + 1)


def key_position_of(source: bytes, index: int, pointer: Pointer) -> Position:
    """The key that `pointer` ends with, or that of its nearest ancestor; a list's item has only its value."""
    above, table = _table(source, index)
    key, value = table[_nearest(table, pointer)]
    line, column = key or value
    return Position(line + above + 1, column + 1)


def _nearest(table: Places, pointer: Pointer) -> Pointer:
    while pointer not in table:
        pointer = pointer[:-1]
    return pointer


@lru_cache(maxsize=2)
def _pieces(source: bytes) -> list[Piece]:
    return pieces(decode(source))


# Findings of one file come together; the table is a function of its arguments.
@lru_cache(maxsize=16)
def _table(source: bytes, index: int) -> tuple[int, Places]:
    try:
        piece = _pieces(source)[index]
        return piece.above, places(piece.text) or {(): (None, (0, 0))}
    except (Broken, IndexError):
        return 0, {(): (None, (0, 0))}
