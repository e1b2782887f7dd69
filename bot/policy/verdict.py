"""The nouns of judging: policies, what they judge, and what came of it. Every one crosses processes as JSON.

A verdict that is not PASS, SKIP or EXCEPTED is never taken for a pass: what could not be evaluated says why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from bot.model.plan import Severity

Json = Any
"""None, bool, int, float, str, or lists and string-keyed mappings of these. Whole numbers stay int."""


class Language(StrEnum):
    """Who reads a policy's documents."""

    CEL = "cel"
    """`kind: Rule` of roadcrew.dev/v1 with CEL expressions."""
    ADMISSION = "admission"
    """ValidatingAdmissionPolicy with its bindings, and Kyverno's ValidatingPolicy."""
    REGO = "rego"
    """Rego modules by conftest's conventions."""
    GATEKEEPER = "gatekeeper"
    """ConstraintTemplate with its constraints."""
    REGO_TEST = "rego-test"
    """Rego's own tests: modules that judge nothing but themselves, and a request for each test."""


@dataclasses.dataclass(frozen=True, slots=True)
class Policy:
    """What judges, as it was written. `name` is unique in a rule set and never changes by where it is run.

    `documents` by language: CEL the Rule; ADMISSION the policy, then its bindings and exceptions;
    GATEKEEPER the template, then its constraints; REGO one mapping {"path", "text"} a module, all that
    compile together; REGO_TEST likewise.
    `options` by language, plain JSON: REGO {"namespace": "main", "version": "v0"|"v1"|"auto"}; ADMISSION
    {"kubernetes": "1.34"}. `digest` is a sha256 of all that can change a verdict.
    """

    name: str
    language: Language
    documents: tuple[Mapping[str, Json], ...]
    digest: str
    path: str = ""
    line: int = 0
    options: Mapping[str, Json] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """One thing to judge, and what is known beside it. Absent is None.

    `operation` is CREATE, UPDATE, DELETE or CONNECT. `object` is None on DELETE, `old_object` on CREATE.
    `more` holds what only CEL rules see: `entity`, `environment`, `pull`. `path`: the file that it stands in.
    """

    object: Json = None
    old_object: Json = None
    operation: str = "CREATE"
    namespace_object: Json = None
    params: Json = None
    """Overrides what bindings refer to, as `--params` does. Else the documents among `Shared.parameters`."""
    path: str = ""
    more: Mapping[str, Json] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What all requests of one call have in common, so that it crosses once.

    `catalog`: all entities by reference, for CEL rules that look things up. `parameters`: objects that
    bindings may refer to. `inventory`: all rendered objects, for Gatekeeper's `data.inventory`. `data`:
    documents that Rego sees below `data`. `now`: the time as RFC 3339, the only clock that a rule has.
    """

    catalog: Mapping[str, Json] = dataclasses.field(default_factory=dict)
    parameters: tuple[Json, ...] = ()
    inventory: tuple[Json, ...] = ()
    data: Mapping[str, Json] = dataclasses.field(default_factory=dict)
    now: str = ""


class Outcome(StrEnum):
    """What a policy says of one request."""

    PASS = "pass"  # noqa: S105 - no secret
    FAIL = "fail"
    """It has violations, whatever their severity."""
    SKIP = "skip"
    """The policy does not concern it."""
    EXCEPTED = "excepted"
    """The policy's own exception lets it through."""
    NOT_EVALUATED = "not-evaluated"
    """It could not be judged; `reason` says why. Counts as a failure wherever one must decide."""


@dataclasses.dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong. `rule`: which part of the policy said so (`deny_latest`, `validations[2]`).

    `field`: the place in the judged object where it is known, such as ("spec", "containers", 0, "image").
    `location`: {"file", "line"} where the policy names a place itself. `metadata`: what else it said.
    """

    message: str
    severity: Severity = Severity.DENY
    rule: str = ""
    field: tuple[str | int, ...] = ()
    location: Mapping[str, Json] = dataclasses.field(default_factory=dict)
    metadata: Mapping[str, Json] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True)
class Exempted:
    """Results that a Rego `exception` dropped: the query that did it, as conftest reports it."""

    message: str
    rule: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What came of judging one request by one policy.

    A violation found beside something that could not be judged keeps the outcome NOT_EVALUATED. `checks`: how
    many rules of it were applied; less its violations and exemptions, conftest's count of successes.
    `engine`: who judged (`opa 1.8.0`).
    """

    outcome: Outcome
    violations: tuple[Violation, ...] = ()
    exempted: tuple[Exempted, ...] = ()
    reason: str = ""
    checks: int = 1
    engine: str = ""
    looked: tuple[tuple[str, str], ...] | None = None
    """What it asked of the catalog, as function and reference: while these have the same answers, it holds.

    None where that is not known.
    """


class Judge(Protocol):
    """Judges many things by many policies, in bounded time. Nothing that a policy does can raise here.

    A policy that is endless, explosive or kills its process costs its own verdicts only: NOT_EVALUATED.
    """

    def __call__(
        self, policies: Sequence[Policy], requests: Sequence[Request], shared: Shared
    ) -> Sequence[Sequence[Verdict]]:
        """For each policy, in order, its verdicts of all requests, in order."""
        ...
