"""CEL's strings extension, version 2 as in Kubernetes. Counts characters, not bytes.

Written here because the engine's own cannot stand beside lists' `indexOf`, which has the same name.

Source: pkg.go.dev/github.com/google/cel-go/ext#Strings
"""

from __future__ import annotations

from typing import Any

from bot.policy.cel.faults import too_much
from bot.policy.cel.functions.formatting import formatted, quoted
from bot.policy.cel.host import member, plain

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""What Unicode calls white space; Python's own strip() takes control characters too."""
_LARGEST = 10_000_000
_UPPER = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise ValueError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: str, part: str, start: int = 0) -> int:
    if start < 0:
        raise ValueError(f"index out of range: {start}")
    return text.find(part, min(start, len(text)))


def _last_index_of(text: str, part: str, last: int | None = None) -> int:
    if last is None:
        return text.rfind(part)
    if last < 0:
        raise ValueError(f"index out of range: {last}")
    if part and last >= len(text):
        return -1
    return text.rfind(part, 0, last + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= len(text) or not 0 <= stop <= len(text):
        raise ValueError(f"index out of range: {start}")
    if start > stop:
        raise ValueError(f"invalid substring range. start: {start}, end: {stop}")
    return text[start:stop]


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    if limit == 0:
        return []
    if separator:
        return text.split(separator, limit - 1 if limit > 0 else -1)
    if limit < 0 or limit >= len(text):
        return list(text)
    return [*text[: limit - 1], text[limit - 1 :]]


def _join(parts: list[Any], separator: str = "") -> str:
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("no such overload: join of what is not all strings")
    return separator.join(parts)


def _replace(text: str, old: str, new: str, limit: int = -1) -> str:
    if len(text) * max(1, len(new)) > _LARGEST:
        raise too_much("the text would be larger than texts may be here")
    return text.replace(old, new, limit)


STRINGS = (
    member("charAt", "string int", "string", _char_at),
    member("indexOf", "string string", "int", _index_of),
    member("indexOf", "string string int", "int", _index_of),
    member("lastIndexOf", "string string", "int", _last_index_of),
    member("lastIndexOf", "string string int", "int", _last_index_of),
    member("lowerAscii", "string", "string", lambda text: text.translate(_LOWER)),
    member("upperAscii", "string", "string", lambda text: text.translate(_UPPER)),
    member("replace", "string string string", "string", _replace),
    member("replace", "string string string int", "string", _replace),
    member("split", "string string", "strings", _split),
    member("split", "string string int", "strings", _split),
    member("substring", "string int", "string", _substring),
    member("substring", "string int int", "string", _substring),
    member("trim", "string", "string", lambda text: text.strip(_SPACE)),
    member("join", "strings", "string", _join),
    member("join", "strings string", "string", _join),
    member("format", "string list", "string", formatted),
    plain("strings.quote", "string", "string", quoted),
)
