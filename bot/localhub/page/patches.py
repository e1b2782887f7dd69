"""A diff as rows to show: numbered lines, annotations under their line, and bounds that are stated.

Pure: it gets patches and annotations as arguments and knows neither git nor the world.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.localhub.records import Annotation
from bot.localhub.view import FileDiff

MAX_FILES = 200
MAX_LINES = 8_000
"""Lines of all files together on one page."""
_FOLDED_LINES = 600
"""A file with more lines starts folded."""
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")


@dataclass(frozen=True, slots=True)
class Mark:
    """An annotation and the name of the check that says it."""

    annotation: Annotation
    run: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a diff: `context`, `added`, `removed`, `hunk` or `note`. Numbers count from 1."""

    kind: str
    old: int | None
    new: int | None
    text: str
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of a diff. `strays` are annotations on lines that the diff does not show."""

    file: FileDiff
    anchor: str
    rows: tuple[Row, ...]
    note: str
    is_open: bool
    strays: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownDiff:
    """A page's worth of a diff, and how much there is in all."""

    files: tuple[ShownFile, ...]
    total: int
    additions: int
    deletions: int
    strays: tuple[Mark, ...] = ()

    @property
    def hidden(self) -> int:
        """Files that are not shown."""
        return self.total - len(self.files)


def shown(files: Sequence[FileDiff], marks: Iterable[Mark] = ()) -> ShownDiff:
    """The first files of a diff with their annotations; in a long one, annotated files come first."""
    by_path: dict[str, list[Mark]] = {}
    for mark in marks:
        by_path.setdefault(mark.annotation.path, []).append(mark)
    if len(files) > MAX_FILES:
        files = sorted(files, key=lambda file: file.path not in by_path)
    told: list[ShownFile] = []
    left = MAX_LINES
    for file in files[:MAX_FILES]:
        one = _file(file, by_path.get(file.path, []), left)
        left -= len(one.rows)
        told.append(one)
    paths = {file.path for file in files}
    return ShownDiff(
        tuple(told),
        len(files),
        sum(file.additions for file in files),
        sum(file.deletions for file in files),
        tuple(mark for path, own in by_path.items() if path not in paths for mark in own),
    )


def anchor(path: str) -> str:
    """The id of the file on the page."""
    return "diff-" + sha256(path.encode(errors="surrogateescape")).hexdigest()[:16]


def _file(file: FileDiff, marks: list[Mark], left: int) -> ShownFile:
    rows = rows_of(file.patch) if file.patch else []
    note = "" if rows else _why_empty(file)
    if len(rows) > left:
        rows, note = [], f"{len(rows):,} lines are not shown: this page is full."
    visible = {row.new for row in rows if row.new is not None}
    placed = [_marked(row, marks) for row in rows]
    strays = tuple(mark for mark in marks if mark.annotation.end_line not in visible)
    is_open = len(rows) <= _FOLDED_LINES
    return ShownFile(file, anchor(file.path), tuple(placed), note, is_open, strays)


def _why_empty(file: FileDiff) -> str:
    if file.status == "renamed":
        return "Moved without changes."
    if file.additions or file.deletions:
        return f"{file.additions + file.deletions:,} changed lines are too many to show."
    return "A binary file, an empty one, or only its mode changed."


def _marked(row: Row, marks: list[Mark]) -> Row:
    own = tuple(mark for mark in marks if row.new is not None and mark.annotation.end_line == row.new)
    return Row(row.kind, row.old, row.new, row.text, own) if own else row


def rows_of(patch: str) -> list[Row]:
    """A patch from its first `@@` on as rows."""
    rows: list[Row] = []
    old = new = 0
    for line in patch.split("\n"):
        sign, text = line[:1], line[1:]
        if match := _HUNK.match(line):
            old, new = int(match[1]), int(match[2])
            rows.append(Row("hunk", None, None, line))
        elif sign == "+":
            rows.append(Row("added", None, new, text))
            new += 1
        elif sign == "-":
            rows.append(Row("removed", old, None, text))
            old += 1
        elif sign == "\\":
            rows.append(Row("note", None, None, text.strip()))
        else:
            rows.append(Row("context", old, new, text))
            old, new = old + 1, new + 1
    return rows
