"""What a change says apart from the component's own words: its name, namespace, team and so on.

Two changes that say the same apart from these are shown as one. Compares lines; it never parses them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.plan import ComponentChange, FileChange

_HOLE = b"\0"
"""Where one of the own words stood: no manifest holds it, as it is escaped there."""

Meaning = frozenset[str]
"""What a word of a component may mean: `{name}`, or `{name, team}` where both are called the same."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text without the component's own words, and what these mean, in the order in which they stood."""

    text: bytes
    meanings: tuple[Meaning, ...]


class OwnWords:
    """Takes a component's own words out of texts. The longest wins where several fit.

    A word stands for itself only where it is whole: `cart` is in `cart-config`, and not in `carts`.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        meanings: dict[bytes, set[str]] = {}
        for meaning, name in names.items():
            if name:
                meanings.setdefault(name.encode("utf-8", "surrogateescape"), set()).add(meaning)
        self._meanings = {name: frozenset(known) for name, known in meanings.items()}
        any_name = b"|".join(map(re.escape, sorted(meanings, key=lambda name: (-len(name), name))))
        self._pattern = re.compile(rb"(?<![A-Za-z0-9])(?:%b)(?![A-Za-z0-9])" % any_name) if any_name else None

    def out_of(self, text: bytes) -> Said:
        """The text with holes."""
        if self._pattern is None:
            return Said(text, ())
        found: list[Meaning] = []

        def hole(match: re.Match[bytes]) -> bytes:
            found.append(self._meanings[match[0]])
            return _HOLE

        return Said(self._pattern.sub(hole, text), tuple(found))

    def out_of_text(self, text: str) -> Said:
        """The same for text, of whatever characters."""
        return self.out_of(text.encode("utf-8", "surrogateescape"))


def common(one: tuple[Meaning, ...], other: tuple[Meaning, ...]) -> tuple[Meaning, ...] | None:
    """What the words of two equal texts can both mean; None where some word can mean nothing in both."""
    shared = tuple(mine & theirs for mine, theirs in zip(one, other, strict=True))
    return shared if all(shared) else None


def spoken(change: ComponentChange) -> tuple[Said, bytes]:
    """What the change says with holes, and as it is. Either of them equal is an equal change."""
    words = OwnWords(change.names)
    holes: list[Said] = []
    literal: list[bytes] = []
    for file in change.files:
        path = words.out_of(_sign(file) + file.path.partition("/")[2].encode("utf-8", "surrogateescape"))
        lines = _changed(file)
        holes += [path, words.out_of(lines)]
        literal += [path.text, lines]
    meanings = tuple(meaning for said in holes for meaning in said.meanings)
    return Said(b"\0\n".join(said.text for said in holes), meanings), b"\0\n".join(literal)


def _sign(file: FileChange) -> bytes:
    return b"+" if file.before is None else b"-" if file.after is None else b"~"


def _changed(file: FileChange) -> bytes:
    """The lines that a diff would mark, with their signs; where they stand in the file says nothing."""
    before, after = _lines(file.before), _lines(file.after)
    start = 0
    for old, new in zip(before, after, strict=False):
        if old != new:
            break
        start += 1
    end = 0
    for old, new in zip(reversed(before[start:]), reversed(after[start:]), strict=False):
        if old != new:
            break
        end += 1
    gone, come = before[start : len(before) - end], after[start : len(after) - end]
    lost, gained = Counter(gone), Counter(come)
    marked = [*_marked(b"-", gone, lost - gained), *_marked(b"+", come, gained - lost)]
    # Where lines only changed places, these are all there is to say.
    return b"\n".join(marked or [*(b"-" + line for line in gone), *(b"+" + line for line in come)])


def _marked(sign: bytes, lines: list[bytes], only: Counter[bytes]) -> list[bytes]:
    return [sign + line for line in lines if line in only]


def _lines(data: bytes | None) -> list[bytes]:
    return data.split(b"\n") if data else []
