"""What this room wants of a Rego engine. Values only; the engines themselves stand in the adapters.

An engine never raises for what a policy does: a question that it cannot answer has a reason.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Json = Any

NO_ENGINE = "no Rego engine: install opa, or pip install roadcrew[rego]"


@dataclasses.dataclass(frozen=True, slots=True)
class Module:
    """One Rego file. `version` is the syntax that reads it: `v0` or `v1`."""

    path: str
    text: str
    version: str


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What to look up for one input. `queries` are references such as `data.main.deny`.

    Without `has_input`, `input` is undefined. `file` is what `data.conftest.file` says.
    """

    queries: tuple[str, ...]
    input: Json = None
    has_input: bool = True
    file: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """A value a query, as JSON with sets as lists, in a tuple of its own: empty where it is undefined.

    With a `reason` there are no values: it could not be evaluated. `is_stopped`: for want of time or memory.
    """

    values: tuple[tuple[Json, ...], ...] = ()
    reason: str = ""
    is_stopped: bool = False

    @property
    def why(self) -> str:
        """The reason as verdicts have it: of what was stopped, it begins so in all languages."""
        return f"stopped: {self.reason}" if self.is_stopped else self.reason


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a policy file. Lines and columns count from 1; 0 is unknown.

    Not `is_error`: it can judge, and this is to be known of it.
    """

    path: str
    line: int
    column: int
    message: str
    is_error: bool = True


class RegoEngine(Protocol):
    """Evaluates Rego in bounded time and memory, without network, files or environment."""

    @property
    def name(self) -> str:
        """Who it is, for verdicts: `opa 1.8.0`. Empty if it can judge nothing."""
        ...

    def evaluate(
        self, modules: Sequence[Module], questions: Sequence[Question], data: Mapping[str, Json], now: str
    ) -> Sequence[Answer]:
        """An answer a question, in order. `now`: RFC 3339, empty for the real time."""
        ...

    def check(self, modules: Sequence[Module]) -> Sequence[Problem]:
        """What stops these modules from being read, or from being compiled together."""
        ...


class NoEngine:
    """Where there is none: every answer says so."""

    name = ""

    def evaluate(
        self,
        modules: Sequence[Module],  # noqa: ARG002 - the protocol's
        questions: Sequence[Question],
        data: Mapping[str, Json],  # noqa: ARG002
        now: str,  # noqa: ARG002
    ) -> Sequence[Answer]:
        """The same reason for all."""
        return [Answer(reason=NO_ENGINE)] * len(questions)

    def check(self, modules: Sequence[Module]) -> Sequence[Problem]:  # noqa: ARG002
        """Nothing: nobody read them."""
        return []
