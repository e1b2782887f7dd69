"""What a template runner gets and gives back. Values only; `wire.py` takes them across a pipe.

A job holds everything that decides its result: equal jobs have equal results, whoever runs them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

from bot.templating.manifests import Problem

Data = Mapping[str, Any]
"""A mapping of plain JSON values."""

MAX_OUTPUT = 1_000_000
"""Characters that one job may render, over all its files."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What a template brings to all its jobs. Equal if its digest is."""

    files: Mapping[str, str] = field(repr=False)
    """Template texts by path relative to `manifests/`. Names that start with `_`, and all below `shared/`,
    are only included."""
    pages: tuple[Data, ...] = field(default=(), repr=False)
    """The contract: JSON Schemas, each of which the parameters must satisfy."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of both, in the order in which they are written."""
        parts = [list(self.files.items()), list(self.pages)]
        return sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recipe) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One component in one environment, with the template that makes its manifests."""

    recipe: Recipe
    layers: tuple[Data, ...]
    """Parameters as people wrote them, weakest first."""
    context: Data
    """What the template sees besides `parameters`."""
    max_output: int = MAX_OUTPUT


@dataclass(frozen=True, slots=True)
class Violation:
    """A parameter that breaks the contract: where, and the validator's words."""

    pointer: tuple[str | int, ...]
    keyword: str
    """The JSON Schema keyword that says no; `unknown`: no page knows it; `fail`: the template refuses it."""
    reason: str
    known: tuple[str, ...] = ()
    """For `unknown`: the parameters that there are."""
    hint: str = ""
    """What the schema says of the parameter."""


@dataclass(frozen=True, slots=True)
class RenderError:
    """Why a template gave no result. `rule` is the finding's; `file` is a name of the recipe's files."""

    rule: str
    reason: str
    file: str = ""
    line: int = 0


OUT_OF_MEMORY = RenderError("template-too-big", "more memory than a template may use")


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What became of a job; an error, or violations, and then nothing else."""

    texts: Mapping[str, str] = field(default_factory=dict)
    """As rendered, by the name of the file that was rendered."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """Canonical YAML, one object each."""
    objects: tuple[Data, ...] = ()
    """What the files say, in their order."""
    problems: tuple[Problem, ...] = ()
    """What keeps texts from being files."""
    error: RenderError | None = None
    violations: tuple[Violation, ...] = ()


Runner = Callable[[RenderJob], RenderResult]


@runtime_checkable
class ManyRunner(Protocol):
    """A runner that can run several jobs at once."""

    def run_all(self, jobs: Iterable[RenderJob]) -> Iterator[RenderResult]:
        """The results in the jobs' order. Asks for few more jobs than it has given results for."""
        ...


def run_all(run: Runner, jobs: Iterable[RenderJob]) -> Iterator[RenderResult]:
    """The results in the jobs' order, which are asked for one by one; several at once if the runner can."""
    return run.run_all(jobs) if isinstance(run, ManyRunner) else map(run, jobs)
