"""Tests of rules: what is given, and what a rule must say of it. Reads no files, and is given its judge.

```yaml
rule: tier-1-runbook          # or rules: [...], or a part of Rego such as main.deny_latest
cases:
  - name: a service without a runbook
    given: {entity: {...}}    # see `Given`
    expect: fail              # pass | fail | skip | excepted | not-evaluated
    message: no link          # optional: stands in one of the messages
    field: metadata.links     # optional: where one of them points
```
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from bot.catalog.fields import Closed
from bot.policy.documents import Document
from bot.policy.rego.engine import Problem
from bot.policy.rules.place import field_of
from bot.policy.verdict import Json, Judge, Language, Outcome, Policy, Request, Shared, Verdict, Violation

Mapped = dict[str, Any]


class Given(Closed):
    """What is judged, and what is known beside it. `catalog`: entities; `now`: RFC 3339."""

    entity: Mapped | None = None
    object: Any = None
    oldObject: Any = None  # noqa: N815 - Kubernetes' word
    operation: Literal["CREATE", "UPDATE", "DELETE"] | None = None
    environment: Mapped | None = None
    siblings: list[Any] | None = None
    pull: Mapped | None = None
    file: Mapped | None = None
    path: str = ""
    params: Any = None
    namespaceObject: Mapped | None = None  # noqa: N815 - Kubernetes' word
    catalog: list[Mapped] = Field(default_factory=list)
    data: Mapped = Field(default_factory=dict)
    now: str = ""


class CaseSpec(Closed):
    """One case."""

    name: Annotated[str, Field(min_length=1)]
    given: Given
    expect: Literal["pass", "fail", "skip", "excepted", "not-evaluated"]
    message: str = ""
    field: str = ""


class SuiteSpec(Closed):
    """One document of a file of tests."""

    rule: str = ""
    rules: list[str] = Field(default_factory=list)
    cases: Annotated[list[CaseSpec], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one rule, and where it stands."""

    rule: str
    name: str
    given: Given = field(repr=False)
    expect: Outcome
    message: str = ""
    field: str = ""
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A case and what came of it: `problem` is what is not as expected, empty if all is."""

    case: Case
    got: Outcome = Outcome.NOT_EVALUATED
    said: tuple[str, ...] = ()
    problem: str = ""


def is_suite(document: Document) -> bool:
    """Whether a document looks like tests of rules, right or wrong."""
    value = document.value
    return isinstance(value, Mapping) and "cases" in value and bool({"rule", "rules"} & value.keys())


def cases_of(documents: Iterable[Document]) -> tuple[list[Case], list[Problem]]:
    """The cases, in order, and what is wrong with those that are none."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for document in documents:
        try:
            suite = SuiteSpec.model_validate(document.value)
        except ValidationError as error:
            first = error.errors()[0]
            steps = tuple(first["loc"])
            where = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps).lstrip(".")
            said = f"{where}: {first['msg']}" if where else first["msg"]
            problems.append(Problem(document.path, *document.place(*steps), said))
            continue
        names = [*suite.rules, *([suite.rule] if suite.rule else [])]
        for number, one in enumerate(suite.cases):
            line = document.place("cases", number)[0]
            cases += [_case(name, one, document.path, line) for name in names]
    return cases, problems


def _case(rule: str, one: CaseSpec, path: str, line: int) -> Case:
    return Case(rule, one.name, one.given, Outcome(one.expect), one.message, one.field, path, line)


def run_cases(
    cases: Sequence[Case],
    policies: Mapping[str, Policy],
    judge: Judge,
    *,
    parameters: Sequence[Json] = (),
    data: Mapping[str, Json] | None = None,
    now: str = "",
    is_late: Callable[[], bool] = lambda: False,
) -> list[Judged]:
    """What came of each case, in order. `policies` by name; `now`: where a case says none.

    Once `is_late` says so, no more is begun: what was not run is left out.
    """
    found: dict[int, Judged] = {}
    late: set[int] = set()
    for (name, _), numbers in _together(cases, policies).items():
        if late or is_late():
            late |= {*numbers}
            continue
        shared = _shared(cases[numbers[0]].given, parameters, data or {}, now)
        (verdicts,) = judge([policies[name]], [_request(cases[at].given) for at in numbers], shared)
        for at, verdict in zip(numbers, verdicts, strict=True):
            found[at] = _judged(cases[at], policies[name], verdict)
    unknown = "there is no such rule"
    return [found.get(at) or Judged(case, problem=unknown) for at, case in enumerate(cases) if at not in late]


def _together(cases: Sequence[Case], policies: Mapping[str, Policy]) -> Mapping[tuple[str, str], list[int]]:
    """Numbers of cases that can be judged in one call: of one policy, with the same things beside them."""
    found: dict[tuple[str, str], list[int]] = {}
    for number, case in enumerate(cases):
        name = policy_name(case.rule, policies)
        if name:
            beside = json.dumps([case.given.catalog, case.given.data, case.given.now], default=str)
            found.setdefault((name, beside), []).append(number)
    return found


def policy_name(rule: str, policies: Mapping[str, Policy]) -> str:
    """The policy that a rule's name means: itself, or the package of `main.deny_latest`; empty if none."""
    package = rule.rpartition(".")[0]
    if rule in policies:
        return rule
    return package if package in policies and policies[package].language is Language.REGO else ""


def _shared(given: Given, parameters: Sequence[Json], data: Mapping[str, Json], now: str) -> Shared:
    catalog = {_ref(one): one for one in given.catalog}
    inventory = tuple(given.siblings or ())
    return Shared(catalog, tuple(parameters), inventory, {**data, **given.data}, given.now or now)


def _ref(entity: Mapping[str, Any]) -> str:
    metadata = entity.get("metadata") or {}
    return f"{entity.get('kind')}:{metadata.get('namespace') or 'default'}/{metadata.get('name')}".lower()


def _request(given: Given) -> Request:
    more = {
        name: value
        for name in ("entity", "siblings", "environment", "pull", "file")
        if (value := getattr(given, name)) is not None
    }
    has_old = given.oldObject is not None
    usual = "DELETE" if has_old and given.object is None else "UPDATE" if has_old else "CREATE"
    return Request(
        object=given.object,
        old_object=given.oldObject,
        operation=given.operation or usual,
        namespace_object=given.namespaceObject,
        params=given.params,
        path=given.path,
        more=more,
    )


def _judged(case: Case, policy: Policy, verdict: Verdict) -> Judged:
    verdict = verdict if case.rule == policy.name else _part(verdict, case.rule.rpartition(".")[2])
    said = tuple(one.message for one in verdict.violations)
    if verdict.outcome is Outcome.NOT_EVALUATED:
        said = (*said, verdict.reason)
    return Judged(case, verdict.outcome, said, "; ".join(_wrong(case, verdict, said)))


def _part(verdict: Verdict, rule: str) -> Verdict:
    """What one rule of a Rego package says."""
    if verdict.outcome is Outcome.NOT_EVALUATED:
        return verdict
    found = tuple(one for one in verdict.violations if one.rule == rule)
    exempted = tuple(one for one in verdict.exempted if one.rule == rule)
    outcome = Outcome.FAIL if found else Outcome.EXCEPTED if exempted else Outcome.PASS
    return replace(verdict, outcome=outcome, violations=found, exempted=exempted)


def _wrong(case: Case, verdict: Verdict, said: Sequence[str]) -> Iterator[str]:
    if verdict.outcome is not case.expect:
        yield f"expected {case.expect}, got {verdict.outcome}"
        return
    if case.message and not any(case.message in one for one in said):
        yield f"no message has {case.message!r}"
    if case.field and not any(_points(one, case.field) for one in verdict.violations):
        places = ", ".join(sorted({written(one.field) for one in verdict.violations})) or "nowhere"
        yield f"nothing points to {case.field}, but to {places}"


def _points(one: Violation, text: str) -> bool:
    return one.field == field_of(text) or ".".join(map(str, one.field)) == text


def written(steps: Sequence[str | int]) -> str:
    """`spec.containers[0].image`; of the whole it is `the whole`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in steps)
    return text.lstrip(".") or "the whole"


def untried(policies: Iterable[str], judged: Iterable[Judged]) -> dict[str, tuple[str, ...]]:
    """Of each policy what no case expects of it, of pass and fail; policies that have both are left out."""
    tried: dict[str, set[str]] = {name: set() for name in policies}
    for one in judged:
        for name in (one.case.rule, one.case.rule.rpartition(".")[0]):
            if name in tried:
                tried[name].add(str(one.case.expect))
    missing = {name: tuple(sorted({"pass", "fail"} - seen)) for name, seen in tried.items()}
    return {name: lacks for name, lacks in missing.items() if lacks}
