"""Bytes to text to documents: encoding first, then a cut at every `---` and `...`.

A line that starts with `---` ends a document whatever stands before it, so each piece can be read alone and
one broken document does not hide the others.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from bot.catalog.broken import Broken

MAX_BYTES = 1024 * 1024
"""The largest YAML file that is read."""

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_CUT = re.compile(r"^(---|\.\.\.)(?=[ \t\r\n]|\Z)", re.MULTILINE)
_ENDED = re.compile(r"\.\.\.[^\n]*\n?")
_PREFIX = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n|%[^\n]*\n)*[ \t]*(?:#[^\n]*)?")


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one document. `above` is how many lines of the file stand before it."""

    text: str
    above: int


def decode(data: bytes) -> str:
    """The text of a file, without a byte order mark. Raises Broken for anything but printable UTF-8."""
    if len(data) > MAX_BYTES:
        raise Broken("yaml-size", facts={"size": len(data), "limit": MAX_BYTES})
    if data.startswith(_WIDE_MARKS) or _looks_wide(data):
        raise Broken("yaml-encoding", line=1, column=1, facts={"case": "utf-16"})
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _undecodable(data, error.start + (3 if data.startswith(b"\xef\xbb\xbf") else 0)) from None
    if (found := _UNPRINTABLE.search(text)) is not None:
        line, column = place_in(text, found.start())
        code = ord(found.group())
        case = "binary" if code == 0 else "control"
        raise Broken("yaml-encoding", line=line, column=column, facts={"case": case, "code": f"U+{code:04X}"})
    return text


def visible(text: str) -> str:
    """One line, without characters that nobody can see: they turn words round, and forge lines.

    The joiners of emoji and of some scripts stay.
    """
    shown = (" " if unicodedata.category(one) in _UNSEEN and one not in _JOINERS else one for one in text)
    return " ".join("".join(shown).split())


def _looks_wide(data: bytes) -> bool:
    """UTF-16 without a mark: every other byte of a text in a Latin script is zero."""
    head = data[:64]
    half = len(head) // 2
    return half >= 4 and (head[::2].count(0) == half or head[1::2].count(0) == half)  # noqa: PLR2004


def _undecodable(data: bytes, at: int) -> Broken:
    before = data[:at]
    column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
    case = "binary" if b"\x00" in data[:8000] else "utf-8"
    facts = {"case": case, "code": f"0x{data[at]:02X}"}
    return Broken("yaml-encoding", line=before.count(b"\n") + 1, column=column, facts=facts)


def place_in(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


def pieces(text: str) -> list[Piece]:
    """The documents of a stream, in order. What holds only blank lines and comments is no document."""
    found: list[tuple[int, int]] = []
    start, is_marked = 0, False
    for cut in _CUT.finditer(text):
        if cut.group() == "...":
            end = text.find("\n", cut.end()) + 1 or len(text)
            found.append((start, end))
            start, is_marked = end, False
        elif is_marked or not _PREFIX.fullmatch(text, start, cut.start()):
            found.append((start, cut.start()))
            start, is_marked = cut.start(), True
        else:
            is_marked = True
    found.append((start, len(text)))
    return _counted(text, found)


def _is_nothing(text: str, start: int, end: int) -> bool:
    """Whether there is no document: not even an empty one behind a `---`."""
    prefix = _PREFIX.match(text, start, end)
    at = prefix.end() if prefix else start
    return at == end or _ENDED.fullmatch(text, at, end) is not None


def _counted(text: str, spans: list[tuple[int, int]]) -> list[Piece]:
    counted, line, at = [], 0, 0
    for start, end in spans:
        line += text.count("\n", at, start)
        at = start
        if not _is_nothing(text, start, end):
            counted.append(Piece(text[start:end], line))
    return counted
