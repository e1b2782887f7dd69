"""What a change says apart from the component's own words: its name, namespace, team and so on.

Two changes that say the same apart from these are shown as one. Compares lines; it never parses them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from bot.model.plan import ComponentChange, FileChange


class OwnWords:
    """Puts a placeholder where a text holds one of the names. The longest name wins where several fit.

    A name stands for itself only where it is whole: `cart` is in `cart-config`, and not in `carts`.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        meanings: dict[str, list[str]] = {}
        for meaning, name in sorted(names.items()):
            if name:
                meanings.setdefault(name, []).append(meaning)
        # Names that are equal for this component may differ for the next: the placeholder says all they mean.
        self._placeholders = {
            name.encode(): f"\0{'+'.join(known)}\0".encode() for name, known in meanings.items()
        }
        longest_first = sorted(self._placeholders, key=lambda name: (-len(name), name))
        any_name = b"|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rb"(?<![A-Za-z0-9])(?:%b)(?![A-Za-z0-9])" % any_name) if any_name else None

    def out_of(self, text: bytes) -> bytes:
        """The text with placeholders."""
        if self._pattern is None:
            return text
        return self._pattern.sub(lambda found: self._placeholders[found[0]], text)

    def out_of_text(self, text: str) -> str:
        """The same for text, of whatever characters."""
        return self.out_of(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def spoken(change: ComponentChange) -> tuple[bytes, bytes]:
    """What the change says with placeholders, and as it is; equal bytes are equal changes.

    Paths come with placeholders in both, since every component has a folder of its own.
    """
    words = OwnWords(change.names)
    general: list[bytes] = []
    literal: list[bytes] = []
    for file in change.files:
        path = words.out_of(file.path.partition("/")[2].encode("utf-8", "surrogateescape"))
        head, lines = _sign(file) + path, _changed(file)
        general += [head, words.out_of(lines)]
        literal += [head, lines]
    return b"\0\n".join(general), b"\0\n".join(literal)


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
