"""A policy's variables: each is evaluated at most once, and only when an expression mentions it.

One that cannot be evaluated harms only who reaches it: `false && variables.broken` is false.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bot.policy.cel.faults import CelFault
from bot.policy.cel.rewrite import BROKEN, BROKEN_FIELD

if TYPE_CHECKING:
    from bot.policy.cel.expression import Expression

VARIABLES = "variables"
_PLACE = re.compile(rf"\b{BROKEN_FIELD}(?P<name>\w+)")


class Variables(Mapping[str, Any]):
    """The value of the name `variables` for one set of values. A variable sees those before it."""

    def __init__(self, definitions: Iterable[tuple[str, Expression]], values: Mapping[str, object]) -> None:
        """`values`: what the expressions name, without the variables."""
        named = list(definitions)
        self._expressions = dict(reversed(named)) if named else {}
        self._order = {name: place for place, name in enumerate(reversed(self._expressions))} if named else {}
        self._values = values
        self._known: dict[str, tuple[Any, str]] = {}
        self._faults: dict[str, CelFault] = {}

    def read(self, names: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
        """The values of these for the engine, and the kinds of those that enter as something else.

        Names that are not defined are left out: reading them is an error.
        """
        found = {name: self._read(name) for name in names if name in self._expressions}
        kinds = {f"{VARIABLES}.{name}": kind for name, (_, kind) in found.items() if kind}
        return {name: value for name, (value, _) in found.items()}, kinds

    def complain(self, said: str) -> None:
        """Raise the fault of the variable that the engine's error speaks of, if it speaks of one."""
        found = _PLACE.search(said)
        if found and found["name"] in self._faults:
            raise self._faults[found["name"]]

    def _read(self, name: str) -> tuple[Any, str]:
        if name not in self._known:
            try:
                self._known[name] = self._expressions[name].entering(self._seen_by(name))
            except CelFault as fault:
                self._faults[name] = fault
                self._known[name] = ({}, BROKEN)
        return self._known[name]

    def _seen_by(self, name: str) -> dict[str, object]:
        return {**self._values, VARIABLES: _Earlier(self, self._order[name])}

    def is_before(self, name: str, place: int) -> bool:
        """Whether the variable is defined before the one at that place."""
        return self._order.get(name, place) < place

    def __getitem__(self, name: str) -> Any:
        if name not in self._expressions:
            raise KeyError(name)
        value, _ = self._read(name)
        if name in self._faults:
            raise self._faults[name]
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._order)

    def __len__(self) -> int:
        return len(self._order)


class _Earlier(Variables):
    """The same variables as one of them sees them: only those before it."""

    def __init__(self, whole: Variables, place: int) -> None:
        super().__init__((), {})
        self._whole = whole
        self._place = place

    def read(self, names: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
        return self._whole.read(name for name in names if self._whole.is_before(name, self._place))

    def complain(self, said: str) -> None:
        self._whole.complain(said)
