"""Rego as the embedded engine must be told it, where it reads something otherwise than OPA does.

OPA takes what a negated call is given out of the negation: `not f(x.y)` is undefined where `x.y` is, whereas
the engine finds it true. So it is taken out in the text. Lines stay what they are; columns do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from bot.policy.rego.outline import Path, namespace, reference
from bot.policy.rego.tokens import Token, tokens

TEXT_PACKAGE = "roadcrew_text"
TEXT_MODULE = """package roadcrew_text
import rego.v1
put(template, values) := roadcrew.sprintf(template, [text | some one in values; text := plain(one)])
plain(one) := one if is_string(one)
plain(one) := one if is_number(one)
plain(one) := "set()" if one == set()
plain(one) := sprintf("%v", [one]) if {
    not is_string(one)
    not is_number(one)
    one != set()
}
"""
"""In front of an engine's `sprintf`: `roadcrew.sprintf` gets all but texts and numbers as Rego text."""

_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_EQUAL = frozenset({"==", "="})
INFIX = frozenset({"!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "&", "|", "in"}) | _EQUAL
_MOST_PASSES = 20
"""How deeply negations may stand in each other."""

Tokens = Sequence[Token]


class Edit(NamedTuple):
    """Characters from `start` to `end` give way to `text`."""

    start: int
    end: int
    text: str


class Untold(Exception):
    """The engine cannot be told this: what it would make of it is not what OPA makes of it."""


def told(text: str, version: str) -> str:
    """The same module for the embedded engine. `version`: `v0` or `v1`. Raises Untold."""
    names = (f"roadcrew_{number}" for number in range(10**9))
    text = edited(text, list(_imported(list(tokens(text)))))
    if version == "v0":
        text = edited(text, list(_facts(text, list(tokens(text)), names)))
    text = edited(text, list(_contained(text, list(tokens(text)), names)))
    for _ in range(_MOST_PASSES):
        listed = list(tokens(text))
        edits = _apart([*_negations(text, listed, names), *_own_keys(listed, names)])
        if not edits:
            return edited(text, [*_printed(listed), *_parted(listed)])
        text = edited(text, edits)
    raise Untold("its negations stand too deeply in each other")


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with all edits, which do not meet."""
    for one in sorted(edits, reverse=True):
        text = text[: one.start] + one.text + text[one.end :]
    return text


def _apart(edits: Sequence[Edit]) -> list[Edit]:
    """Those that do not meet: of two, the inner."""
    kept: list[Edit] = []
    for one in sorted(edits, reverse=True):
        if not kept or one.end <= kept[-1].start:
            kept.append(one)
    return kept


def _imported(listed: Tokens) -> Iterator[Edit]:
    """What is named by an import, by its whole name.

    By the short one the engine makes the whole package, in the order in which its files came, and what refers
    to a later rule is empty there.
    """
    aliases: dict[str, str] = {}
    inside: set[int] = set()
    for at, one in enumerate(listed):
        if _is_word(one, "import") and one.is_first:
            path, end = reference(listed, at + 1)
            alias = path[-1] if path else ""
            if end + 1 < len(listed) and _is_word(listed[end], "as"):
                alias, end = listed[end + 1].text, end + 2
            inside |= set(range(at, end))
            if path[:1] == ("data",) and len(path) > 1:
                aliases[alias] = "data." + namespace(path[1:])
    shadowed = {name for name in aliases if _is_shadowed(listed, name)}
    for at, one in enumerate(listed):
        if one.kind != "name" or one.text not in aliases or at in inside:
            continue
        if listed[at - 1].text != ".":
            if one.text in shadowed:
                raise Untold(f"{one.text} is an import and something else in line {one.line}")
            yield Edit(one.start, one.end, aliases[one.text])


def whole_package(text: str, packages: Collection[Path]) -> str:
    """A package that the module, as the engine is told it, looks at as a whole: empty if it does not.

    The engine makes its rules in the order in which they stand, and what refers to a later one is empty.
    """
    listed = list(tokens(text))
    for at, one in enumerate(listed):
        if not _is_word(one, "data") or (at and listed[at - 1].text in {".", "import"}):
            continue
        path, _ = reference(listed, at)
        if any(each[: len(path) - 1] == path[1:] for each in packages):
            return f"data.{namespace(path[1:])}" if path[1:] else "data"
    return ""


def _is_shadowed(listed: Tokens, name: str) -> bool:
    """Whether a variable, a parameter or a rule may be called so too."""
    depth = 0
    is_parameter = False
    for at, one in enumerate(listed):
        if one.kind == "sign":
            is_parameter |= one.text == "(" and depth == 0 and listed[at - 1].is_first
            depth += (one.text in _OPEN) - (one.text in _CLOSE)
            is_parameter &= depth > 0
        elif _is_word(one, name) and (at == 0 or listed[at - 1].text != "."):
            after = listed[at + 1].text if at + 1 < len(listed) else ""
            is_rule = depth == 0 and one.is_first
            if is_parameter or is_rule or after == ":=" or listed[at - 1].text == "some":
                return True
    return False


def _facts(text: str, listed: Tokens, names: Iterator[str]) -> Iterator[Edit]:
    """Sets that are stated without a body, `x[y.z[_]]`, in whose keys the engine finds nothing undefined."""
    depth = 0
    for at, one in enumerate(listed):
        is_head = depth == 0 and one.kind == "name" and one.is_first
        if is_head and [each.text for each in listed[at + 1 : at + 2]] == ["["]:
            end = closes(listed, at + 1)
            is_bodiless = end + 1 >= len(listed) or listed[end + 1].is_first
            if is_bodiless and not _is_simple(listed[at + 2 : end]):
                name = next(names)
                said = text[listed[at + 1].end : listed[end].start]
                yield Edit(listed[at + 1].start, listed[end].end, f"[{name}] {{ {name} := {said} }}")
        depth += one.kind == "sign" and (one.text in _OPEN) - (one.text in _CLOSE)


def _contained(text: str, listed: Tokens, names: Iterator[str]) -> Iterator[Edit]:
    """The same of `x contains y.z[_]`."""
    depth = 0
    for at, one in enumerate(listed[:-1]):
        is_call = listed[at + 1].text == "(" and listed[at + 1].start == one.end
        before = listed[at - 1] if at else one
        is_head = before.kind == "name" and is_whole(before) and not one.is_first
        if depth == 0 and _is_word(one, "contains") and is_head and not is_call:
            end = _end(listed, at + 1)
            key = listed[at + 1 : end]
            is_bodiless = not any(_is_word(each, "if") for each in key) and _begins(listed, end)
            if is_bodiless and not _is_simple(key):
                name = next(names)
                said = text[key[0].start : key[-1].end]
                yield Edit(key[0].start, key[-1].end, f"{name} if {{ {name} := {said} }}")
        depth += one.kind == "sign" and (one.text in _OPEN) - (one.text in _CLOSE)


def _begins(listed: Tokens, at: int) -> bool:
    """Whether a statement begins there, or nothing follows."""
    return at >= len(listed) or (listed[at].is_first and listed[at].kind == "name")


def _printed(listed: Tokens) -> Iterator[Edit]:
    """Calls of `sprintf`."""
    for at, one in enumerate(listed[:-1]):
        is_call = one.text == "sprintf" and one.kind == "name" and listed[at + 1].start == one.end
        if is_call and listed[at + 1].text == "(" and (at == 0 or listed[at - 1].text != "."):
            yield Edit(one.start, one.end, f"data.{TEXT_PACKAGE}.put")


def _parted(listed: Tokens) -> Iterator[Edit]:
    """A bracket that opens a line begins an expression, and no call of what stands above."""
    depth: list[str] = []
    for at, one in enumerate(listed):
        if one.kind != "sign":
            continue
        is_new = one.text == "(" and one.is_first and depth[-1:] == ["{"] and is_whole(listed[at - 1])
        if is_new:
            yield Edit(listed[at - 1].end, listed[at - 1].end, ";")
        if one.text in _OPEN:
            depth.append(one.text)
        elif one.text in _CLOSE and depth:
            depth.pop()


def is_whole(before: Token) -> bool:
    """Whether an expression may end here."""
    if before.kind == "name":
        return before.text not in {"not", "in", "if", "with", "as", "some", "every", "contains", "else"}
    return before.kind != "sign" or before.text in _CLOSE


def _end(listed: Tokens, at: int) -> int:
    """Where the expression that begins there ends: the number of the token behind it."""
    depth = 0
    start = at
    while at < len(listed):
        one = listed[at]
        word = one.text if one.kind in {"sign", "name"} else ""
        if depth == 0 and at > start:
            is_more = word in INFIX | {"with", "as"} or not is_whole(listed[at - 1])
            if word in {";", ","} or (one.is_first and not is_more):
                return at
        if word in _CLOSE and depth == 0:
            return at
        depth += (word in _OPEN) - (word in _CLOSE)
        at += 1
    return at


def _split(listed: Tokens, marks: frozenset[str]) -> list[Tokens]:
    """The parts between these, at no depth."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for at, one in enumerate(listed):
        word = one.text if one.kind in {"sign", "name"} else ""
        is_sign_of_number = word == "-" and (at == 0 or not is_whole(listed[at - 1]))
        if depth == 0 and word in marks and not is_sign_of_number:
            parts.append([])
        else:
            depth += (word in _OPEN) - (word in _CLOSE)
            parts[-1].append(one)
    return [part for part in parts if part]


def _negations(text: str, listed: Tokens, names: Iterator[str]) -> Iterator[Edit]:
    for at, one in enumerate(listed):
        if one.text != "not" or one.kind != "name" or (at and listed[at - 1].text == "."):
            continue
        end = _end(listed, at + 1)
        whole = listed[at + 1 : end]
        if _is_wild(whole):
            raise Untold(f"var _ is unsafe in line {one.line}")
        said = next(
            (n for n, each in enumerate(whole) if _is_word(each, "with") and _level(whole, n)), len(whole)
        )
        out = list(_taken_out(whole[:said]))
        if not out or not whole:
            continue
        tail = "" if said == len(whole) else " " + text[whole[said].start : whole[-1].end]
        named = [(part, next(names)) for part in out]
        edits = [Edit(part[0].start, part[-1].end, name) for part, name in named]
        offset = one.start
        inner = edited(text[offset : whole[-1].end], [Edit(a - offset, b - offset, c) for a, b, c in edits])
        before = "".join(f"{name} := {text[part[0].start : part[-1].end]}{tail}; " for part, name in named)
        is_bare = at > 0 and listed[at - 1].text == "if"
        yield Edit(offset, whole[-1].end, f"{{ {before}{inner} }}" if is_bare else before + inner)


def _is_wild(listed: Tokens) -> bool:
    """Whether `_` stands in it outside of comprehensions, which OPA refuses in a negation."""
    groups: list[bool] = []
    for number, one in enumerate(listed):
        word = one.text if one.kind in {"sign", "name"} else ""
        if word in _OPEN:
            groups.append(_splits(listed[number + 1 : closes(listed, number)]))
        elif word in _CLOSE and groups:
            groups.pop()
        elif word == "_" and not any(groups):
            return True
    return False


def _splits(inside: Tokens) -> bool:
    """Whether this is what a comprehension has between its brackets."""
    return len(_split(inside, frozenset({"|"}))) > 1


def _is_word(one: Token, word: str) -> bool:
    return one.kind == "name" and one.text == word


def _level(listed: Tokens, at: int) -> bool:
    """Whether the token stands at no depth."""
    return sum((one.text in _OPEN) - (one.text in _CLOSE) for one in listed[:at] if one.kind == "sign") == 0


def _taken_out(listed: Tokens) -> Iterator[Tokens]:
    """What OPA evaluates before the negation."""
    if len(_split(listed, frozenset({","}))) > 1:
        return
    sides = _split(listed, _EQUAL)
    if len(sides) > 1:
        for side in sides:
            if len(_split(side, INFIX)) > 1 or _call(side) or side[0].text in _OPEN:
                yield side
            else:
                yield from _keys(side)
        return
    parts = _split(listed, INFIX)
    if len(parts) > 1:
        yield from (part for part in parts if not _is_simple(part))
    elif (open_at := _call(listed)) and listed[-1].text == ")" and closes(listed, open_at) == len(listed) - 1:
        arguments = _split(listed[open_at + 1 : -1], frozenset({","}))
        yield from (one for one in arguments if not _is_simple(one))
    elif open_at:
        yield listed[: closes(listed, open_at) + 1]
    elif listed and listed[0].text in {"[", "{"}:
        yield listed[: closes(listed, 0) + 1]
    else:
        yield from _keys(listed)


def _is_simple(part: Tokens) -> bool:
    """Whether it is one word or number, which is never undefined where it is bound."""
    return len(part) == 1 or (part[0].text == "-" and part[-1] == part[1] and part[1].kind == "number")


def _call(listed: Tokens) -> int:
    """The number of the bracket that opens its arguments, if it begins with a call; else 0."""
    at = 0
    while at + 1 < len(listed) and listed[at].kind == "name":
        if listed[at + 1].text == "(" and listed[at + 1].start == listed[at].end:
            return at + 1
        if listed[at + 1].text != ".":
            return 0
        at += 2
    return 0


def closes(listed: Tokens, at: int) -> int:
    """The number of the bracket that closes this one."""
    depth = 0
    for number in range(at, len(listed)):
        if listed[number].kind == "sign":
            depth += (listed[number].text in _OPEN) - (listed[number].text in _CLOSE)
        if depth == 0:
            return number
    return len(listed) - 1


def _keys(listed: Tokens) -> Iterator[Tokens]:
    """What stands in the brackets of a reference, unless it is plain."""
    at = 0
    while at < len(listed):
        if listed[at].kind == "sign" and listed[at].text == "[" and at:
            end = closes(listed, at)
            key = listed[at + 1 : end]
            if key and not _is_simple(key):
                yield key
            at = end
        at += 1


def _own_keys(listed: Tokens, names: Iterator[str]) -> Iterator[Edit]:
    """`x = y[x]`, in which the engine finds no value for x."""
    for at in range(1, len(listed) - 3):
        one = listed[at]
        is_start = listed[at - 1].text in {"{", ";", "|"} or one.is_first
        if one.kind != "name" or listed[at + 1].text != "=" or not is_start:
            continue
        end = _end(listed, at)
        last = [each.text for each in listed[at + 3 : end]][-3:]
        if last == ["[", one.text, "]"] and listed[at + 2].kind == "name":
            name = next(names)
            yield Edit(listed[end - 1].end, listed[end - 1].end, f"; {one.text} = {name}")
            yield Edit(one.start, one.end, name)
