"""A policy's variables: each is evaluated at most once, and only when an expression mentions it.

One that cannot be evaluated harms only who reaches it: `false && variables.broken` is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bot.policy.cel.faults import CelFault

if TYPE_CHECKING:
    from bot.policy.cel.expression import Expression

VARIABLES = "variables"
_PLACE = re.compile(r"'variables\['(?P<name>\w+)'\]")


class _Broken:
    """What stands in for a variable that failed. The engine takes no value of this type: reading it is an error."""


_BROKEN = _Broken()


class Variables(Mapping[str, Any]):
    """The value of the name `variables` for one set of values. A variable sees those before it."""

    def __init__(self, definitions: Iterable[tuple[str, Expression]], values: Mapping[str, object]) -> None:
        self._expressions: dict[str, Expression] = {}
        self._order: dict[str, int] = {}
        for name, expression in definitions:
            self._expressions.setdefault(name, expression)
            self._order.setdefault(name, len(self._order))
        self._values = values
        self._known: dict[str, Any] = {}
        self._faults: dict[str, CelFault] = {}
        self.optional = frozenset(name for name, one in self._expressions.items() if one.is_optional)

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        """The values of these, for the engine. Names that are not defined are left out: reading them is an error."""
        return {name: self._read(name) for name in names if name in self._expressions}

    def complain(self, said: str) -> None:
        """Raise the fault of the variable that the engine's error speaks of; return when it speaks of none."""
        found = _PLACE.search(said)
        if found and found["name"] in self._faults:
            raise self._faults[found["name"]]

    def _read(self, name: str) -> Any:
        if name not in self._known:
            try:
                self._known[name] = self._evaluated(name)
            except CelFault as fault:
                self._faults[name] = fault
                self._known[name] = _BROKEN
        return self._known[name]

    def _evaluated(self, name: str) -> Any:
        expression = self._expressions[name]
        earlier = {
            one: each for one, each in self._expressions.items() if self._order[one] < self._order[name]
        }
        seen = _Earlier(self, frozenset(earlier))
        values = {**self._values, VARIABLES: seen}
        return expression.as_list(values) if expression.is_optional else expression.evaluate(values)

    def __getitem__(self, name: str) -> Any:
        value = self._read(name) if name in self._expressions else None
        if name in self._faults:
            raise self._faults[name]
        if name not in self._expressions:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._expressions)

    def __len__(self) -> int:
        return len(self._expressions)


class _Earlier(Variables):
    """The same variables as one of them sees them: only those before it."""

    def __init__(self, whole: Variables, names: frozenset[str]) -> None:
        self._whole = whole
        self._names = names
        self.optional = whole.optional & names

    def read(self, names: Iterable[str]) -> dict[str, Any]:
        return self._whole.read(name for name in names if name in self._names)

    def complain(self, said: str) -> None:
        self._whole.complain(said)

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._whole[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._whole if name in self._names)

    def __len__(self) -> int:
        return len(self._names)
