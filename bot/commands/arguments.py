"""The words of a call against what its command takes. A word too many is a misuse: prose never acts."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal

from bot.commands.call import Call
from bot.commands.table import Command
from bot.model.plan import Fact

MisuseCase = Literal["extra", "missing", "flag", "value", "switch", "needed", "twice", "letters"]
_SHOWN = 60
_SHORTEST = 3
"""Letters by which a flag may be named."""
_JOINERS = "\u200c\u200d"
"""They are invisible, and needed in emoji and in some scripts."""


@dataclass(frozen=True)
class Bound:
    """The arguments and flags that were given, by name. Of many: a tuple. What was left out is not there."""

    values: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def text(self, name: str, default: str = "") -> str:
        """A value that is one word or text. A flag that has no value is "" when it is given: ask `has`."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else " ".join(value)

    def many(self, name: str) -> tuple[str, ...]:
        """The words of an argument that is many."""
        value = self.values.get(name, ())
        return (value,) if isinstance(value, str) else value

    def has(self, name: str) -> bool:
        return name in self.values


@dataclass(frozen=True)
class Misuse:
    """Why the call is not what the command takes; `facts` always hold `command` and `usage`.

    `extra`: words too many (`words`). `missing`: an argument (`name`). `flag`: an unknown one (`name`,
    `near`). `value`: a flag without its value; `switch`: one that takes none; `needed`: a flag that must be
    there; `twice`: one that is there more than once; `letters`: invisible characters in a value (`name`).
    """

    case: MisuseCase
    facts: Mapping[str, Fact] = field(default_factory=dict)


def bind(call: Call, command: Command) -> Bound | Misuse:
    """The call's words by the names of the command's arguments and flags. Never raises."""
    call = _in_full(call, command)
    values = {**_arguments(call, command), **call.flags}
    for case, facts in (*_flag_faults(call, command), *_word_faults(call, command), *_odd(values)):
        return Misuse(case, {"command": command.name, "usage": command.usage, **facts})
    return Bound(values)


def _in_full(call: Call, command: Command) -> Call:
    """With the names of flags written out: `--env` is `--environment` where no other flag begins so."""
    full = {name: _meant(name, command) for name in call.flags}
    twice = tuple(name for name, whole in full.items() if whole != name and whole in call.flags)
    return replace(
        call,
        flags={full[name]: value for name, value in call.flags.items()},
        repeated=(*call.repeated, *twice),
    )


def _meant(name: str, command: Command) -> str:
    begun = [one.name for one in command.flags if one.name.startswith(name)]
    return begun[0] if len(begun) == 1 and len(name) >= _SHORTEST else name


_Fault = tuple[MisuseCase, dict[str, Fact]]


def _arguments(call: Call, command: Command) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {}
    for at, argument in enumerate(command.arguments):
        if argument.is_many:
            values[argument.name] = call.words[at:]
        elif at < len(call.words):
            values[argument.name] = call.words[at]
    return {name: value for name, value in values.items() if value != ()}


def _flag_faults(call: Call, command: Command) -> Iterator[_Fault]:
    known = {one.name: one for one in command.flags}
    for name, value in call.flags.items():
        flag = known.get(name)
        if flag is None:
            yield "flag", {"name": name[:_SHOWN], "near": _near(name[:_SHOWN], known)}
        elif flag.value and not value.strip():
            yield "value", {"name": name, "value": flag.value}
        elif value and not flag.value:
            yield "switch", {"name": name}
    for name in call.repeated:
        yield "twice", {"name": name[:_SHOWN]}


def _near(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The flag that looks alike."""
    return tuple(get_close_matches(name, sorted(known), n=1, cutoff=0.6))


def _word_faults(call: Call, command: Command) -> Iterator[_Fault]:
    is_many = any(one.is_many for one in command.arguments)
    extra = () if is_many else call.words[len(command.arguments) :]
    if extra:
        yield "extra", {"words": " ".join(extra)[:_SHOWN]}
    for at, argument in enumerate(command.arguments):
        is_given = at < len(call.words) and bool(call.words[at].strip())
        if not is_given and (argument.is_required or at < len(call.words)):
            yield "missing", {"name": argument.name}
    for flag in command.flags:
        if flag.is_required and flag.name not in call.flags:
            yield "needed", {"name": flag.name, "value": flag.value}


def _odd(values: Mapping[str, str | tuple[str, ...]]) -> Iterator[_Fault]:
    """What a reader cannot see must not be run: two names that look the same would not be."""
    for name, value in values.items():
        text = value if isinstance(value, str) else " ".join(value)
        if any(unicodedata.category(one) in {"Cc", "Cf"} and one not in _JOINERS for one in text):
            yield "letters", {"name": name}
