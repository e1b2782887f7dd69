"""The lines of a text that a reader sees as typed: paragraphs, outside of all that CommonMark sets apart.

Not in code, quotes, lists, headings, tables, links, HTML and its comments, nor between an opening and a
closing tag such as `<details>`. It knows no command and never raises; time grows with the text's length.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.balance_pairs import link_pairs
from markdown_it.token import Token

MAX_TEXT = 65_536
"""Characters; GitHub takes no longer comment, review or description."""
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MAYBE = re.compile(r"^ {0,3}/[A-Za-z]", re.MULTILINE)
_HTML = re.compile(r"<!--|-->|<(/?)([A-Za-z][A-Za-z0-9-]*)(?=[\s/>])[^<>]*>")
_COMMENT = re.compile(r"(?<!\\)<!--|-->")
_SET_APART = frozenset({"backticks", "link", "image", "autolink", "html_inline"})
_STRUCK = ord("~")
_VOIDS = "area base br col embed hr img input link meta source track wbr"
"""Tags of HTML that hold nothing."""
_HOLDERS = """
!-- blockquote code del details div dl ol pre s script select strike style table template textarea ul
"""
"""They hold all that follows when nobody closes them. Others then do not: `<p>`, or a `<T>` of prose."""
_VOID, _LASTING = frozenset(_VOIDS.split()), frozenset(_HOLDERS.split())


@dataclass(frozen=True, slots=True)
class Line:
    """A line that begins with a slash and a letter. `number` counts from 1; `text` is as it was typed."""

    number: int
    text: str
    is_plain: bool
    """Whether no part of it is code, a link or HTML."""


@dataclass
class _Tags:
    """What opening and closing tags hold. Offsets count characters of the whole text."""

    waiting: dict[str, list[int]] = field(default_factory=dict)
    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def opened(self, name: str, at: int) -> None:
        if name not in _VOID:
            self.waiting.setdefault(name, []).append(at)

    def closed(self, name: str, at: int) -> None:
        if self.waiting.get(name):
            self.begins.append(self.waiting[name].pop())
            self.ends.append(at)

    def finish(self) -> None:
        for name in _LASTING & self.waiting.keys():
            self.begins += self.waiting[name]
        self.begins.sort()
        self.ends.sort()

    def hold(self, at: int) -> bool:
        return bisect_left(self.begins, at) > bisect_right(self.ends, at)


def slash_lines(body: str) -> tuple[Line, ...]:
    """All of them, in order; none of a text that is too long."""
    text = body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if len(text) > MAX_TEXT or _MAYBE.search(text) is None:
        return ()
    lines, tags = text.split("\n"), _Tags()
    found = [*_found(text, lines, tags)]
    tags.finish()
    return tuple(line for at, line in found if not tags.hold(at))


def _found(text: str, lines: Sequence[str], tags: _Tags) -> Iterator[tuple[int, Line]]:
    """With the offset of each, whatever tags hold it; fills `tags`."""
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    tokens: list[Token] = []
    env: dict[str, Any] = {}
    _MARKDOWN.block.parse(text, _MARKDOWN, env, tokens)
    for token in tokens:
        if token.level or token.map is None:
            continue
        first, last = token.map
        if token.type == "html_block":
            _read_html("\n".join(lines[first:last]), offsets[first], tags)
        elif token.type == "paragraph_open":
            yield from _of_paragraph(lines[first:last], first, offsets[first], tags, env)


def _of_paragraph(
    lines: Sequence[str], first: int, start: int, tags: _Tags, env: dict[str, Any]
) -> Iterator[tuple[int, Line]]:
    source = "\n".join(lines)
    if "<" not in source and _MAYBE.search(source) is None:
        return
    apart = _set_apart(source, env, start, tags)
    at = 0
    for number, line in enumerate(lines, first + 1):
        if _MAYBE.match(line) and not apart[at]:
            is_last = number == first + len(lines)
            typed = line if is_last else _without_break(line)
            yield start + at, Line(number, typed.strip(" \t"), not any(apart[at : at + len(line)]))
        at += len(line) + 1


def _without_break(line: str) -> str:
    """A single backslash at the end of a line only breaks it."""
    slashes = len(line) - len(line.rstrip("\\"))
    return line[:-1] if slashes % 2 else line


def _set_apart(source: str, env: dict[str, Any], start: int, tags: _Tags) -> bytearray:
    """For each character of a paragraph, whether it belongs to code, a link, HTML or is struck out."""
    apart = bytearray(len(source) + 1)
    state = StateInline(source, _MARKDOWN, env, [])
    names = _MARKDOWN.inline.ruler.get_active_rules()
    rules = [*zip(names, _MARKDOWN.inline.ruler.getRules(""), strict=True)]
    struck: dict[int, int] = {}
    while state.pos < state.posMax:
        at, known = state.pos, (len(state.tokens), len(state.delimiters))
        name = next((name for name, rule in rules if rule(state, False)), "")
        if not name:
            state.pending += source[at]
            state.pos = at + 1
        if name in _SET_APART and len(state.tokens) > known[0]:
            apart[at : state.pos] = b"\1" * (state.pos - at)
        if name == "html_inline":
            _read_html(source[at : state.pos], start + at, tags)
        if name == "strikethrough":
            struck |= {one.token: at for one in state.delimiters[known[1] :]}
    _strike(state, struck, apart)
    _read_stray(source, start, apart, tags)
    return apart


def _strike(state: StateInline, struck: dict[int, int], apart: bytearray) -> None:
    link_pairs(state)
    for one in state.delimiters:
        if one.marker == _STRUCK and one.end >= 0 and one.token in struck:
            begin, end = struck[one.token], struck[state.delimiters[one.end].token]
            apart[begin:end] = b"\1" * (end - begin)


def _read_stray(source: str, start: int, apart: bytearray, tags: _Tags) -> None:
    """A comment over several paragraphs is none to CommonMark, and was meant as one."""
    for match in _COMMENT.finditer(source):
        if not apart[match.start()]:
            act = tags.closed if match.group() == "-->" else tags.opened
            act("!--", start + match.start())


def _read_html(html: str, start: int, tags: _Tags) -> None:
    is_comment = False
    for match in _HTML.finditer(html):
        at, name = start + match.start(), (match[2] or "!--").lower()
        is_end = match.group() == "-->"
        if is_comment and not is_end:
            continue
        is_comment = match.group() == "<!--"
        act = tags.closed if is_end or match[1] else tags.opened
        act(name, at)
