"""What came of render jobs: remembered by content, several at once, and not for ever where a template hangs.

Knows no entity and no place in a catalog, so that an outcome holds for all that make the same job.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.kubernetes.claims import Claim, claims, made_of
from bot.kubernetes.identity import Identity, identify
from bot.kubernetes.schemas import Schemas
from bot.kubernetes.totals import totals
from bot.model.plan import Totals
from bot.model.tree import Memo
from bot.templating.jobs import RenderError, RenderJob, RenderResult, Runner, Violation, run_all
from bot.templating.judged import schema_problems
from bot.templating.manifests import Problem

_Item = TypeVar("_Item")

NOTHING = Totals()
_LIMITS = ("template-too-slow", "template-too-big")
_PATIENCE = 3
"""How many jobs may show that a template breaks its limits before its others are not tried any more."""


@dataclass(frozen=True)
class Outcome:
    """What came of a job. `files`: canonical YAML by name; `digest` is theirs."""

    files: Mapping[str, bytes] = field(default_factory=dict)
    digest: str = ""
    totals: Totals = NOTHING
    claims: tuple[Claim, ...] = ()
    objects: tuple[Identity, ...] = ()
    """What the files are, and what operators make of them under names that others may want."""
    unchecked: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    violations: tuple[Violation, ...] = ()
    error: RenderError | None = None


@dataclass(frozen=True)
class Asked:
    """A job. `template`: the digest of all that decides what its template renders."""

    template: str
    job: RenderJob


@dataclass(frozen=True)
class _Waiting:
    """An item on its way. `found` is what is known without running a job, if anything is asked at all."""

    item: Any
    asked: Asked | None
    key: tuple[str, ...] = ()
    found: Outcome | None = None

    @property
    def is_run(self) -> bool:
        return self.asked is not None and self.found is None


class Outcomes:
    """Of the jobs of one call. `schemas` and `version`: what objects must satisfy."""

    def __init__(self, run: Runner, memo: Memo, schemas: Schemas, version: str) -> None:
        self._run = run
        self._memo = memo
        self._schemas = schemas
        self._version = version
        self._broke_limits: dict[str, list[RenderError]] = {}

    def of(self, wanted: Iterable[tuple[_Item, Asked | None]]) -> Iterator[tuple[_Item, Outcome | None]]:
        """Each item with what came of its job, in order. Takes few more of `wanted` than it has answered."""
        waiting: deque[_Waiting] = deque()
        for result in run_all(self._run, self._jobs(wanted, waiting)):
            while not waiting[0].is_run:
                yield self._settled(waiting.popleft())
            one = waiting.popleft()
            yield one.item, self._learned(one, result)
        while waiting:
            yield self._settled(waiting.popleft())

    def _jobs(
        self, wanted: Iterable[tuple[_Item, Asked | None]], waiting: deque[_Waiting]
    ) -> Iterator[RenderJob]:
        """The jobs that nothing is known of, asked for as late as possible: patience may end before."""
        for item, asked in wanted:
            if asked is None:
                waiting.append(_Waiting(item, None))
                continue
            job = asked.job
            judge = [self._schemas.id, self._version]
            key = ("render", asked.template, digest_of([job.layers, job.context, judge]))
            found = self._memo.get(key) or self._lost_patience(asked)
            waiting.append(_Waiting(item, asked, key, found))
            if found is None:
                yield job

    @staticmethod
    def _settled(one: _Waiting) -> tuple[Any, Outcome | None]:
        return one.item, one.found

    def _lost_patience(self, asked: Asked) -> Outcome | None:
        broken = self._broke_limits.get(asked.template, [])
        return Outcome(error=broken[-1]) if len(broken) >= _PATIENCE else None

    def _learned(self, one: _Waiting, result: RenderResult) -> Outcome:
        if one.asked is None:
            raise AssertionError("only what was asked has a result")
        if lost := self._lost_patience(one.asked):
            return lost  # as if it had not been on its way already, so that speed decides nothing
        found = _outcome(one.asked.job, result, self._schemas, self._version)
        if found.error is None or found.error.rule != "template-too-slow":
            self._memo[one.key] = found  # how fast a machine is today is no property of the content
        if found.error and found.error.rule in _LIMITS:
            self._broke_limits.setdefault(one.asked.template, []).append(found.error)
        return found


def _outcome(job: RenderJob, result: RenderResult, schemas: Schemas, version: str) -> Outcome:
    if result.error or result.violations:
        return Outcome(violations=result.violations, error=result.error)
    objects = result.objects
    judged = schema_problems(result.texts, job.recipe.files, objects, schemas, version)
    refused = [one for one in judged if one.rule != "manifest-unchecked"]
    return Outcome(
        files=result.files,
        digest=digest_of([(path, data.decode()) for path, data in sorted(result.files.items())]),
        totals=totals(objects),
        claims=claims(objects),
        objects=tuple(sorted({*map(identify, objects), *made_of(objects)})),
        unchecked=tuple(one for one in judged if one not in refused),
        problems=(*result.problems, *refused),
    )


def digest_of(value: object) -> str:
    """SHA-256 of plain JSON values."""
    return hashlib.sha256(json.dumps(value, separators=(",", ":")).encode()).hexdigest()
