"""Puts into other words what the engine does not know, so that places in its messages can be found again.

* A host function cannot return an optional value: `f.validate(s)` becomes `f.validate(s)[?0]`, a list of none or one.
* The engine has no runtime for maps made by comprehensions: `m.transformMap(k, v, e)` becomes
  `m.transformList(k, v, {k: e}).merged__()`.

Changes only the text; never what it means.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from bot.policy.cel.scan import Token, closing, tokens

_OPTIONAL_RESULTS = {"validate": 1, "named": 1}
"""Member functions whose host function returns a list of none or one, by their number of arguments."""
MERGED = "merged__"
_MAPS = {"transformMap", "transformMapEntry"}


@dataclass(slots=True)
class Rewritten:
    """The new text, and where its characters came from."""

    text: str
    _ends: list[int] = field(default_factory=list)
    _moved: list[int] = field(default_factory=list)

    def origin(self, offset: int) -> int:
        """The place in the author's text of a place in the new one, in characters from 0."""
        index = bisect_right(self._ends, offset) - 1
        return offset if index < 0 else max(0, offset - self._moved[index])


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    at: int
    drop: int
    put: str


def rewritten(text: str, optional_variables: Collection[str] = ()) -> Rewritten:
    """The text as the engine understands it. `optional_variables`: whose value is a list of none or one."""
    found = tokens(text)
    edits: list[_Edit] = []
    for index, token in enumerate(found):
        if token.kind != "name" or index == 0 or found[index - 1].text != ".":
            continue
        before = found[index - 2] if index > 1 else None
        is_variable = before is not None and before.text == "variables" and token.text in optional_variables
        if is_variable:
            edits.append(_Edit(token.end, 0, "[?0]"))
        elif index + 1 < len(found) and found[index + 1].text == "(":
            edits += _call(found, index)
    return _applied(text, sorted(edits))


def _call(found: Sequence[Token], index: int) -> list[_Edit]:
    end = closing(found, index + 1)
    if end is None:
        return []
    name = found[index].text
    arguments = _arguments(found, index + 1, end)
    if _OPTIONAL_RESULTS.get(name) == len(arguments):
        return [_Edit(found[end].end, 0, "[?0]")]
    if name in _MAPS and len(arguments) in {3, 4}:
        return _map(found, index, end, arguments)
    return []


def _arguments(found: Sequence[Token], opening: int, end: int) -> list[tuple[int, int]]:
    """The first and the last token of each argument."""
    if end == opening + 1:
        return []
    depth, starts = 0, [opening + 1]
    for index in range(opening + 1, end):
        text = found[index].text if found[index].kind == "sign" else ""
        depth += (text in {"(", "[", "[?", "{"}) - (text in {")", "]", "}"})
        if text == "," and depth == 0:
            starts.append(index + 1)
    ends = [*(start - 2 for start in starts[1:]), end - 1]
    return [(start, last) for start, last in zip(starts, ends, strict=True) if start <= last]


def _map(found: Sequence[Token], index: int, end: int, arguments: list[tuple[int, int]]) -> list[_Edit]:
    name = found[index]
    edits = [_Edit(name.start, len(name.text), "transformList"), _Edit(found[end].end, 0, f".{MERGED}()")]
    if name.text == "transformMap":
        first, last = arguments[-1]
        key = found[arguments[0][0]].text
        edits += [_Edit(found[first].start, 0, f"{{{key}: "), _Edit(found[last].end, 0, "}")]
    return edits


def _applied(text: str, edits: Sequence[_Edit]) -> Rewritten:
    made = Rewritten("")
    pieces: list[str] = []
    at = size = 0
    for edit in edits:
        pieces += [text[at : edit.at], edit.put]
        size += edit.at - at + len(edit.put)
        at = edit.at + edit.drop
        made._ends.append(size)  # noqa: SLF001 # its own kin
        made._moved.append(size - at)  # noqa: SLF001
    made.text = "".join([*pieces, text[at:]])
    return made
