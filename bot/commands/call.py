"""The one parser of slash commands: a text to the commands that were meant, and to those that are unclear.

Pure and bounded: it never raises and runs nothing. Prose that merely looks like a command gives nothing.
What sets a line apart from prose is decided in `lines.py`; which words a command takes, in `arguments.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from bot.catalog.near import NameIndex
from bot.commands.lines import Line, slash_lines
from bot.commands.others import OTHERS
from bot.commands.prose import is_inflected, is_prose
from bot.commands.quotes import straightened
from bot.commands.table import NAMES, PREFIX, Command, find_command

MAX_CALLS = 20
"""In one text."""
MAX_LINE = 1_000
"""Characters of a command."""
_SHOWN = 120
_NEAR = 4
"""Shorter names are too near to everything."""
_FLAG = re.compile(r"(?<!\S)--([A-Za-z][A-Za-z-]*)")
_START = re.compile(r"/([A-Za-z][A-Za-z0-9-]*)(?:[ \t]+|$)")

Case = Literal["unknown", "quotes", "many", "long", "markup"]


@dataclass(frozen=True)
class Call:
    """A command as it was written. Whether its words fit is not known yet: `bind` says."""

    name: str
    words: tuple[str, ...]
    flags: Mapping[str, str]
    """A flag without a value has ""."""
    line: int
    """In the text, counted from 1."""
    text: str
    repeated: tuple[str, ...] = ()
    """Flags that were given more than once."""


@dataclass(frozen=True)
class Unclear:
    """A line that was meant for us and cannot be a command.

    `unknown`: no such command, `near` names those that it may have meant. `quotes`: one is not closed.
    `many`: this and all that follow are too many. `long`: the line is. `markup`: it holds code, a link, HTML.
    """

    line: int
    text: str
    case: Case
    near: tuple[str, ...] = ()


@dataclass
class _Words:
    """The words and flags of one line."""

    plain: list[str] = field(default_factory=list)
    flags: dict[str, str] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)

    def add(self, flag: str, value: str) -> None:
        if flag in self.flags:
            self.repeated.append(flag)
        self.flags[flag] = value


def calls(body: str, *, bare: bool = True, known: Collection[str] = NAMES) -> tuple[Call | Unclear, ...]:
    """What the text asks of us, in its order: at most `MAX_CALLS`, then one Unclear that says so.

    `bare`: whether `/name` is ours too, besides `/roadcrew name`. Line ends of any kind are the same.
    """
    found: list[Call | Unclear] = []
    for line in slash_lines(body):
        one = _read(line, bare=bare, known=known)
        if one is not None and len(found) == MAX_CALLS:
            return (*found, _unclear(line, "many"))
        if one is not None:
            found.append(one)
    return tuple(found)


def _read(line: Line, *, bare: bool, known: Collection[str]) -> Call | Unclear | None:
    match = _START.match(line.text)
    if match is None:
        return None
    name, rest = match[1].lower(), line.text[match.end() :]
    if name == PREFIX or (bare and name in known):
        is_ours = name == PREFIX or not _is_prose(name, rest)
        return _meant(name, rest, line, known) if is_ours else None
    slips = _slips(name, [*known, PREFIX] if bare else [PREFIX])
    near = tuple(one for one in slips if _goes_on(one, rest, known) and not is_inflected(name, one))
    return _unclear(line, "unknown", near) if near else None


def _is_prose(name: str, rest: str) -> bool:
    command = find_command(name)
    return command is not None and is_prose(rest, command)


def _goes_on(name: str, rest: str, known: Collection[str]) -> bool:
    """Whether what follows a slip fits the name that it may stand for: a sentence does not."""
    if name == PREFIX:
        return not rest.strip() or rest.split(maxsplit=1)[0].lower() in known
    command = find_command(name)
    flags = [one.lower() for one in _FLAG.findall(rest)]
    return command is None or not (
        is_prose(rest, command)
        or not all(any(one.name.startswith(flag) for one in command.flags) for flag in flags)
    )


def _meant(name: str, rest: str, line: Line, known: Collection[str]) -> Call | Unclear:
    """A line that begins with a name of ours."""
    if len(line.text) > MAX_LINE:
        return _unclear(line, "long")
    if not line.is_plain:
        return _unclear(line, "markup")
    try:
        words = shlex.split(straightened(rest), comments=False, posix=True)
    except ValueError:
        return _unclear(line, "quotes")
    if name == PREFIX:
        name, *words = words or ["help"]
        name = name.lower() if name.isascii() else name
    return _call(name, words, line) if name in known else _unclear(line, "unknown", _similar(name, known))


def _unclear(line: Line, case: Case, near: tuple[str, ...] = ()) -> Unclear:
    text = line.text if len(line.text) <= _SHOWN else f"{line.text[:_SHOWN]}\u2026"
    return Unclear(line.number, text, case, near)


def _call(name: str, words: Sequence[str], line: Line) -> Call:
    read = _Words()
    _sort_out(iter(words), read, find_command(name))
    return Call(name, tuple(read.plain), read.flags, line.number, line.text, tuple(read.repeated))


def _sort_out(words: Iterator[str], read: _Words, command: Command | None) -> None:
    """Into plain words and flags: `--flag value`, `--flag=value`; after `--` all words are plain."""
    switches = {one.name for one in command.flags if not one.value} if command is not None else set()
    waiting = ""
    for word in words:
        is_flag = word.startswith("--")
        if waiting and not is_flag:
            read.flags[waiting] = word
            waiting = ""
            continue
        waiting = ""
        if word == "--":
            read.plain += words
        elif is_flag:
            flag, equals, value = word[2:].partition("=")
            read.add(flag.lower(), value)
            waiting = "" if equals or flag.lower() in switches else flag.lower()
        else:
            read.plain.append(word)


def _slips(name: str, known: Collection[str]) -> tuple[str, ...]:
    """The names that are one slip of the finger away. What others listen to is no slip."""
    if len(name) < _NEAR or name in OTHERS:
        return ()
    return tuple(sorted(one for one in known if _is_slip(name, one)))


def _is_slip(one: str, other: str) -> bool:
    """One letter too many, too few, or another one, or two that changed places."""
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), None)
    at = min(len(one), len(other)) if at is None else at
    mine, yours = one[at:], other[at:]
    is_swapped = len(mine) > 1 and mine[:2] == yours[1::-1] and mine[2:] == yours[2:]
    return one != other and (mine[1:] == yours[1:] or mine[1:] == yours or mine == yours[1:] or is_swapped)


def _similar(name: str, known: Collection[str]) -> tuple[str, ...]:
    meant = name.removeprefix("/").lower()
    return _slips(meant, [*known, meant]) or NameIndex(sorted(known)).near(meant)
