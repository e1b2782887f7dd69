"""Puts into other words what the engine does not know, so that places in its messages can be found again.

* A host function cannot return an optional value: `f.validate(s)` becomes `f.validate(s)[?0]`.
* The engine has no runtime for maps made by comprehensions: `m.transformMap(k, v, e)` becomes
  `m.transformList(k, v, {k: e}).merged__()`.
* `s.matches(p)` becomes a call of ours, with the same RE2 and patterns that are compiled once.
* `int(s)`, `uint(s)`, `double(s)` and `bool(s)` become calls of ours that read texts as Go does; `string(t)`
  where times may be about becomes `string(timeless__(t))`, which says them as Go does; `duration(s)` becomes
  `duration(micros__(s))`, since Go knows another letter for a millionth.
* `optional.unwrap(l)` and `l.unwrapOpt()` become `l.map(o__, o__.hasValue(), o__.value())`.
* Kyverno's `time.now()` becomes the name `now`: a judge's clock is given to it.
* Some values enter as others: an optional variable as a list of none or one, a time as its text.
* A variable that failed is an empty map, and reading it is asking that map for `broken__<name>`, which is an
  error. (The engine would take no map of variables in which one is of a type that it does not know.)

Changes only the text; never what it means.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.policy.cel.scan import Token, closing, tokens

OPTIONAL = "optional"
TIMESTAMP = "timestamp"
DURATION = "duration"
BROKEN = "broken"
BROKEN_FIELD = "broken__"
_WRAPPED = {TIMESTAMP: ("timestamp(", ")"), DURATION: ("duration(", ")"), OPTIONAL: ("", "[?0]")}
_OPTIONAL_RESULTS = {"validate": 1, "named": 1}
"""Functions whose host function returns a list of none or one, by their number of arguments."""
MERGED = "merged__"
QUICK_MATCHES = "matches__"
TIMELESS, MICROS = "timeless__", "micros__"
_CONVERSIONS = frozenset({"bool", "double", "int", "uint"})
_ABOUT_TIMES = frozenset({"timestamp", "duration", "time", "now"})
_RENAMED = re.compile(rf"\b(matches|{'|'.join(sorted(_CONVERSIONS))})__(?=\W|$)")
_UNWRAPPED = ".map(o__, o__.hasValue(), o__.value())"
NOW = "now"
"""The name whose value Kyverno's `time.now()` gives."""
_MAPS = {"transformMap", "transformMapEntry"}
_OF_TWO = 3
"""The arguments of a comprehension with two variables; a filter makes one more."""

Kinds = Mapping[str, str]
"""How a name's value enters: by `now` or `variables.x`, as OPTIONAL, TIMESTAMP, DURATION or BROKEN."""


def renamed(name: str) -> str:
    """What the call of a conversion is put as."""
    return f"{name}__"


def known(said: str) -> str:
    """The engine's words with functions by the names that authors know."""
    return _RENAMED.sub(r"\1", said).replace(MICROS, DURATION).replace(TIMELESS, "string")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The new text, and where its characters came from.

    `ends`: where what was put in ends; `moved`: how far all behind it moved.
    """

    text: str
    ends: Sequence[int] = ()
    moved: Sequence[int] = ()

    def origin(self, offset: int) -> int:
        """The place in the author's text of a place in the new one, in characters from 0."""
        index = bisect_right(self.ends, offset) - 1
        return offset if index < 0 else max(0, offset - self.moved[index])


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    at: int
    drop: int
    put: str


def rewritten(text: str, kinds: Kinds) -> Rewritten:
    """The text as the engine understands it."""
    found = tokens(text)
    edits: list[_Edit] = []
    is_of_times = any(one.text in _ABOUT_TIMES for one in found) or {TIMESTAMP, DURATION} & {*kinds.values()}
    for index, token in enumerate(found):
        if token.kind != "name":
            continue
        if index + 1 < len(found) and found[index + 1].text == "(":
            edits += _call(found, index, kinds)
            edits += _conversion(found, index, is_of_times=bool(is_of_times))
        elif kinds:
            edits += _entering(found, index, kinds)
    return _applied(text, sorted(edits))


def _entering(found: Sequence[Token], index: int, kinds: Kinds) -> Iterator[_Edit]:
    before = found[index - 1].text if index else ""
    first, name = found[index], found[index].text
    if name == "variables" and before not in {".", ".?"}:
        yield from _indexed(found, index, kinds)
        return
    if before in {".", ".?"} and index > 1 and found[index - 2].text == "variables":
        first, name = found[index - 2], f"variables.{name}"
        if kinds.get(name) == BROKEN:
            yield from _broken(found, index)
            return
        if before == ".?":
            return
    elif before in {".", ".?"}:
        return
    if name in kinds:
        opening, ending = _WRAPPED[kinds[name]]
        yield _Edit(first.start, 0, opening)
        yield _Edit(found[index].end, 0, ending)


def _indexed(found: Sequence[Token], index: int, kinds: Kinds) -> Iterator[_Edit]:
    """`variables["x"]`, where x failed."""
    rest = found[index + 1 : index + 4]
    if [one.text for one in rest[:1]] not in (["["], ["[?"]) or [one.text for one in rest[2:]] != ["]"]:
        return
    name = rest[1].text.strip("\"'")
    if kinds.get(f"variables.{name}") == BROKEN:
        yield _Edit(found[index].start, rest[2].end - found[index].start, _asked(name))


def _broken(found: Sequence[Token], index: int) -> Iterator[_Edit]:
    """`variables.x` or `has(variables.x)`, where x failed."""
    first, last = found[index - 2], found[index]
    before = [one.text for one in found[max(0, index - 4) : index - 2]]
    after = [one.text for one in found[index + 1 : index + 2]]
    if before == ["has", "("] and after == [")"]:
        first, last = found[index - 4], found[index + 1]
    yield _Edit(first.start, last.end - first.start, _asked(found[index].text))


def _asked(name: str) -> str:
    return f"variables.{name}.{BROKEN_FIELD}{name}"


def _call(found: Sequence[Token], index: int, kinds: Kinds) -> Iterator[_Edit]:
    name = found[index]
    end = closing(found, index + 1)
    if end is None or index == 0 or found[index - 1].text != ".":
        return
    if name.text == NOW and end == index + 2 and index > 1 and found[index - 2].text == "time":
        put = NOW.join(_WRAPPED.get(kinds.get(NOW, ""), ("", "")))
        yield _Edit(found[index - 2].start, found[end].end - found[index - 2].start, put)
    yield from _unwrapping(found, index, end)
    arguments = _arguments(found, index + 1, end)
    if _OPTIONAL_RESULTS.get(name.text) == len(arguments):
        yield _Edit(found[end].end, 0, "[?0]")
    elif name.text in _MAPS and len(arguments) in {_OF_TWO, _OF_TWO + 1}:
        yield from _map(found, index, end, arguments)
    elif name.text == "matches" and len(arguments) == 1:
        yield _Edit(name.start, len(name.text), QUICK_MATCHES)
    elif name.text == "exists_one" and len(arguments) == _OF_TWO:
        yield _Edit(name.start, len(name.text), "existsOne")


def _conversion(found: Sequence[Token], index: int, *, is_of_times: bool) -> Iterator[_Edit]:
    name, end = found[index], closing(found, index + 1)
    if end is None or (index and found[index - 1].text in {".", ".?"}):
        return
    if name.text in _CONVERSIONS:
        yield _Edit(name.start, len(name.text), renamed(name.text))
    elif name.text == DURATION:
        yield _Edit(found[index + 1].end, 0, f"{MICROS}(")
        yield _Edit(found[end].start, 0, ")")
    elif name.text == "string" and is_of_times and end > index + 2:
        yield _Edit(found[index + 1].end, 0, f"{TIMELESS}(")
        yield _Edit(found[end].start, 0, ")")


def _unwrapping(found: Sequence[Token], index: int, end: int) -> Iterator[_Edit]:
    """`optional.unwrap(l)` and `l.unwrapOpt()`."""
    name, before = found[index], [one.text for one in found[max(0, index - 3) : index]]
    if name.text == "unwrapOpt" and end == index + 2:
        start = found[index - 1].start
        yield _Edit(start, found[end].end - start, _UNWRAPPED)
    elif name.text == "unwrap" and before[-2:] == ["optional", "."] and before[:-2] != ["."]:
        start = found[index - 2].start
        yield _Edit(start, found[index + 1].start - start, "")
        yield _Edit(found[end].end, 0, _UNWRAPPED)


def _arguments(found: Sequence[Token], opening: int, end: int) -> list[tuple[int, int]]:
    """The first and the last token of each argument."""
    depth, starts = 0, [opening + 1]
    for index in range(opening + 1, end):
        text = found[index].text if found[index].kind == "sign" else ""
        depth += (text in {"(", "[", "[?", "{"}) - (text in {")", "]", "}"})
        if text == "," and depth == 0:
            starts.append(index + 1)
    ends = [*(start - 2 for start in starts[1:]), end - 1]
    return [(start, last) for start, last in zip(starts, ends, strict=True) if start <= last]


def _map(found: Sequence[Token], index: int, end: int, arguments: list[tuple[int, int]]) -> Iterator[_Edit]:
    name = found[index]
    yield _Edit(name.start, len(name.text), "transformList")
    yield _Edit(found[end].end, 0, f".{MERGED}()")
    if name.text == "transformMap":
        first, last = arguments[-1]
        key = found[arguments[0][0]].text
        yield _Edit(found[first].start, 0, f"{{{key}: ")
        yield _Edit(found[last].end, 0, "}")


def _applied(text: str, edits: Sequence[_Edit]) -> Rewritten:
    pieces: list[str] = []
    ends: list[int] = []
    moved: list[int] = []
    at = size = 0
    for edit in edits:
        pieces += [text[at : edit.at], edit.put]
        size += edit.at - at + len(edit.put)
        at = edit.at + edit.drop
        ends.append(size)
        moved.append(size - at)
    return Rewritten("".join([*pieces, text[at:]]), ends, moved)
