"""Sentences that begin with a command's name: `/hold on, this is wrong`. They stay silent.

Only for the bare form, and only where nothing shows that a command was meant: no flag, nothing in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.commands.table import Command

_MEANT = re.compile(
    r"""(?<!\S)(?:--(?=[A-Za-z\s]|$)|[\u2013\u2014](?=[A-Za-z])|["'\u201c-\u201f](?=\S))|=["'\u201c-\u201f]"""
)
"""A flag, two dashes by themselves, or what opens a quote. Apostrophes stand within words."""
_APOSTROPHE = re.compile(r"\w['\u2019]\w")
_WORDS = """
a all an and are as at be but by can do for from he how i if in is it its just me my no not now of off on or
our out please she so that the them then there they this to too up us was we what when why will with you your
"""
_SENTENCE = frozenset(_WORDS.split())
"""Words of sentences that are nobody's name."""
_PAST = frozenset({"held", "unheld"})
_ENDINGS = ("s", "d", "ed", "es", "ing")


def is_prose(rest: str, command: Command) -> bool:
    """Whether what stands behind the command's name can only be the rest of a sentence."""
    words = rest.split()
    if not words or _MEANT.search(rest):
        return False
    is_said = any(_word(one) in _SENTENCE or _APOSTROPHE.search(one) for one in words)
    return is_said or _is_too_much(words, command) or _is_too_little(words, command)


def _word(text: str) -> str:
    return text.lower().strip(".,;:!?()")


def _is_too_much(words: Sequence[str], command: Command) -> bool:
    taken = len(command.arguments)
    many = command.arguments[-1].is_many if command.arguments else False
    if many:
        taken, words = taken - 1, [one for one in words if "=" not in one]
    return len(words) > taken


def _is_too_little(words: Sequence[str], command: Command) -> bool:
    """No time where one is needed; or all flags that must be there are missing, and words are as well."""
    if any(one.is_time for one in command.arguments):
        return not any(one[:1].isdigit() for one in words)
    fixed = [one for one in command.arguments if not one.is_many]
    return any(one.is_required for one in command.flags) and len(words) < len(fixed)


def is_inflected(word: str, name: str) -> bool:
    """Whether it is the name as sentences have it: `approved` and `holds` are no slips of the finger."""
    return word in _PAST or any(word in (name + end, name.removesuffix("e") + end) for end in _ENDINGS)
