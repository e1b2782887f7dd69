"""The shape of a rule's words, and how facts are put into them.

`{fact}` becomes a code span, `{fact:plain}` bare text, a tuple "`a` or `b`", with
`{fact:list}` "`a` and `b`", with `{fact:chain}` one after the other. What people wrote stands in code
spans only, without backticks of its own and without line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.model.plan import Fact

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Words:
    """What is said for one rule. `near`: the fix when there are names that may have been meant."""

    title: str
    message: str
    fix: str
    near: str = ""
    cases: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Other words for a finding whose fact `case` is the key; an empty text keeps the usual one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is wrong, and what to do next. `fix` may be empty."""

    message: str
    fix: str


class _Facts(dict[str, "_Shown"]):
    def __missing__(self, _name: str) -> _Shown:
        return _Shown("\u2026")


class _Shown:
    """A fact that formats itself."""

    def __init__(self, value: Fact) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        if isinstance(self._value, int):
            return f"{self._value:,}"
        if isinstance(self._value, str):
            return _put(self._value, spec)
        shown = [_put(one, spec) for one in self._value]
        if spec == "list":
            return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
        if spec == "chain":
            return " \u2192 ".join(shown)
        return " or ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def _put(text: str, spec: str) -> str:
    return _without_ticks(clean(text)) if spec == "plain" else quoted(text)


def _without_ticks(text: str) -> str:
    return text.replace("`", "\u2019")


def clean(text: str) -> str:
    """One line without control characters, of bounded length."""
    shown = " ".join(CONTROL.sub(" ", text).split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}\u2026"


def quoted(text: str) -> str:
    """As a code span that nothing can leave."""
    return f"`{_without_ticks(clean(text)) or ' '}`"


def put(words: Words, facts: Mapping[str, Fact]) -> Sentence:
    """The words with the facts in them."""
    message, fix = words.message, words.fix
    case = facts.get("case")
    if isinstance(case, str) and case in words.cases:
        own_message, own_fix = words.cases[case]
        message, fix = own_message or message, own_fix or fix
    if words.near and facts.get("near"):
        fix = words.near
    shown = _Facts({name: _Shown(value) for name, value in facts.items()})
    return Sentence(message.format_map(shown), fix.format_map(shown))
