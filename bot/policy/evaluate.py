"""Files judged by policies: requests out, verdicts in, grouped by policy and file as conftest does.

Judges nothing itself, and has no words of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from bot.kubernetes.identity import identify
from bot.model.plan import Severity
from bot.policy.admission.selectors import namespace_of
from bot.policy.documents import Document, objects_of
from bot.policy.rulefiles import RuleFiles
from bot.policy.rules.ruleset import Weight
from bot.policy.verdict import Json, Judge, Language, Outcome, Policy, Request, Shared, Verdict, Violation

COMBINED = "Combined"
"""conftest's name for all files together."""
_ENTITIES = ("backstage.io/", "roadcrew.dev/")


@dataclass(frozen=True, slots=True)
class Input:
    """A file to judge. `name` and `folder`: what Rego sees as `data.conftest.file`."""

    path: str
    documents: tuple[Document, ...]
    name: str = ""
    folder: str = ""
    text: str = field(repr=False, default="")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known beside the files. `old`: how the objects were; `spaces`: Namespace objects."""

    operation: str = "CREATE"
    old: tuple[Document, ...] = ()
    params: Json = None
    spaces: tuple[Json, ...] = ()
    is_combined: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """One result, and where it points: `is_exact` if to the very place, else to the document."""

    message: str
    rule: str = ""
    severity: Severity = Severity.DENY
    path: str = ""
    line: int = 0
    column: int = 0
    is_exact: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one policy says of one file. `namespace`: Rego's, else the policy's name.

    `warnings` holds all that does not deny.
    """

    filename: str
    namespace: str
    successes: int = 0
    warnings: tuple[Said, ...] = ()
    failures: tuple[Said, ...] = ()
    exceptions: tuple[Said, ...] = ()
    not_evaluated: tuple[Said, ...] = ()
    engine: str = ""


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a request comes from."""

    input: Input
    document: Document | None


def evaluate(
    rules: RuleFiles,
    inputs: Sequence[Input],
    *,
    asked: Asked,
    judge: Judge,
    shared: Shared,
    today: date,
) -> list[Checked]:
    """A result for each policy and each file that it concerns; of Rego for every file, as conftest has it.

    `shared`: data, time, and parameters beside those among the rules. `today`: for `denyFrom`.
    """
    checked = [_unread(one.path, one.line, one.message) for one in rules.problems if one.is_error]
    shared = replace(
        shared,
        catalog=_catalog(inputs),
        parameters=(*rules.parameters, *shared.parameters),
        inventory=tuple(request.object for request, _ in _objects(inputs, Asked())),
    )
    for policies, asks in _groups(rules.policies, inputs, asked):
        requests = [request for request, _ in asks]
        for policy, verdicts in zip(policies, judge(policies, requests, shared), strict=True):
            pairs = [(origin, verdict) for (_, origin), verdict in zip(asks, verdicts, strict=True)]
            checked += _by_file(policy, pairs, rules.weights.get(policy.name, Weight()), today)
    return checked


def _unread(path: str, line: int, message: str) -> Checked:
    """A rule that could not even be read."""
    return Checked(path, path, not_evaluated=(Said(message, path, path=path, line=line, is_exact=True),))


def _groups(
    policies: Sequence[Policy], inputs: Sequence[Input], asked: Asked
) -> Iterator[tuple[list[Policy], list[tuple[Request, _Origin]]]]:
    """Policies that judge the same things, with these."""
    rego = [one for one in policies if one.language is Language.REGO]
    objects = [one for one in policies if one.language in {Language.ADMISSION, Language.GATEKEEPER}]
    yield rego, _combined(inputs) if asked.is_combined else [*_plain(inputs)]
    yield objects, [*_objects(inputs, asked)]
    for judged, requests in (("object", _objects), ("entity", _entities), ("file", _files)):
        cel = [one for one in policies if one.language is Language.CEL and judges(one) == judged]
        yield cel, [*requests(inputs, asked)] if cel else []


def judges(policy: Policy) -> str:
    """What a `kind: Rule` judges."""
    return str(policy.documents[0]["spec"]["judges"])


def _plain(inputs: Sequence[Input]) -> Iterator[tuple[Request, _Origin]]:
    """Each document as it is; of a file that holds one list its items, as conftest takes it."""
    for one in inputs:
        for document in one.documents:
            more = {"file": {"name": one.name, "dir": one.folder}}
            items = [document]
            if len(one.documents) == 1 and isinstance(document.value, list):
                items = [
                    replace(document, value=value, pointer=(number,))
                    for number, value in enumerate(document.value)
                ]
            for item in items:
                yield Request(object=item.value, path=one.path, more=more), _Origin(one, item)


def _combined(inputs: Sequence[Input]) -> list[tuple[Request, _Origin]]:
    """All as one, in conftest's shape and order."""
    listed = []
    for one in sorted(inputs, key=lambda one: one.path):
        values = [document.value for document in one.documents]
        flat = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        listed += [{"path": one.path, "contents": value} for value in flat]
    request = Request(object=listed, path=COMBINED, more={"file": {"name": COMBINED, "dir": ""}})
    return [(request, _Origin(Input(COMBINED, ()), None))]


def _objects(inputs: Sequence[Input], asked: Asked) -> Iterator[tuple[Request, _Origin]]:
    every = [(one, item) for one in inputs for document in one.documents for item in objects_of(document)]
    listed = [(one, item) for one, item in every if not _is_entity(item.value)]
    spaces = [*asked.spaces, *(item.value for _, item in listed if _is_namespace(item.value))]
    old = [item for document in asked.old for item in objects_of(document)]
    for one, item in listed:
        before = _before(item, old, is_only=len(listed) == len(old) == 1)
        request = Request(
            object=None if asked.operation == "DELETE" else item.value,
            old_object=item.value if asked.operation == "DELETE" else before,
            operation=asked.operation,
            params=asked.params,
            path=one.path,
        )
        space = _space(request, spaces, asked)
        yield replace(request, namespace_object=space), _Origin(one, item)


def _before(item: Document, old: Sequence[Document], *, is_only: bool) -> Json:
    """How it was: the old object of the same group, kind, namespace and name, or the only one."""
    if is_only:
        return old[0].value
    wanted = identify(item.value)
    return next((one.value for one in old if identify(one.value) == wanted), None)


def _space(request: Request, spaces: Sequence[Json], asked: Asked) -> Json:
    named = namespace_of(request)
    found = next((one for one in spaces if named and _metadata(one).get("name") == named), None)
    return found if found is not None or len(asked.spaces) != 1 or named else asked.spaces[0]


def _is_namespace(value: Mapping[str, Any]) -> bool:
    return value.get("apiVersion") == "v1" and value.get("kind") == "Namespace"


def _metadata(value: Json) -> Mapping[str, Any]:
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}


def _is_entity(value: Mapping[str, Any]) -> bool:
    return str(value.get("apiVersion", "")).startswith(_ENTITIES)


def _entities(inputs: Sequence[Input], _asked: Asked) -> Iterator[tuple[Request, _Origin]]:
    for one in inputs:
        for document in one.documents:
            for item in objects_of(document):
                if _is_entity(item.value):
                    # As rules see entities elsewhere: with the namespace that Backstage fills in.
                    metadata = {"namespace": "default", **_metadata(item.value)}
                    value = {**item.value, "metadata": metadata}
                    yield Request(path=one.path, more={"entity": value}), _Origin(one, item)


def _files(inputs: Sequence[Input], _asked: Asked) -> Iterator[tuple[Request, _Origin]]:
    for one in inputs:
        values = [document.value for document in one.documents if document.value is not None]
        file = {"path": one.path, "text": one.text, "documents": values}
        yield Request(path=one.path, more={"file": file}), _Origin(one, None)


def _catalog(inputs: Sequence[Input]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for request, _ in _entities(inputs, Asked()):
        value = request.more["entity"]
        metadata = _metadata(value)
        space = metadata.get("namespace") or "default"
        found[f"{value.get('kind')}:{space}/{metadata.get('name')}".lower()] = value
    return found


def _by_file(
    policy: Policy, pairs: Sequence[tuple[_Origin, Verdict]], weight: Weight, today: date
) -> Iterator[Checked]:
    """In the order of the files. What it does not concern is left out."""
    by_file: dict[str, list[tuple[_Origin, Verdict]]] = {}
    for origin, verdict in pairs:
        if verdict.outcome is not Outcome.SKIP:
            by_file.setdefault(origin.input.path, []).append((origin, verdict))
    for path, found in by_file.items():
        parts = [_checked(policy, origin, verdict, weight, today) for origin, verdict in found]
        yield Checked(
            path,
            policy.name,
            sum(part.successes for part in parts),
            tuple(said for part in parts for said in part.warnings),
            tuple(said for part in parts for said in part.failures),
            tuple(said for part in parts for said in part.exceptions),
            tuple(said for part in parts for said in part.not_evaluated),
            next((part.engine for part in parts if part.engine), ""),
        )


def _checked(policy: Policy, origin: _Origin, verdict: Verdict, weight: Weight, today: date) -> Checked:
    said = [one for each in verdict.violations if (one := _said(policy, origin, each, weight, today))]
    exempted = [_at(origin, Said(one.message, one.rule)) for one in verdict.exempted]
    lost: tuple[Said, ...] = ()
    if verdict.outcome is Outcome.NOT_EVALUATED:
        lost = (_at(origin, Said(verdict.reason, policy.name)),)
    # A rule of conftest's has a result a violation; a validation has one however often it is broken.
    is_rego = policy.language is Language.REGO
    found = len(verdict.violations) if is_rego else len({one.rule for one in verdict.violations})
    return Checked(
        origin.input.path,
        policy.name,
        0 if lost else max(0, verdict.checks - found - len(exempted)),
        tuple(one for one in said if one.severity is not Severity.DENY),
        tuple(one for one in said if one.severity is Severity.DENY),
        tuple(exempted),
        lost,
        verdict.engine,
    )


def _said(policy: Policy, origin: _Origin, one: Violation, weight: Weight, today: date) -> Said | None:
    severity = weight.on(today, one.severity)
    if severity is None:
        return None
    rule = f"{policy.name}.{one.rule}" if policy.language is Language.REGO else policy.name
    metadata = dict(one.metadata)
    if policy.language is Language.REGO:
        metadata["query"] = f"data.{policy.name}.{one.rule}"
    else:
        metadata |= {"rule": one.rule} if one.rule else {}
        metadata |= {"severity": str(severity)} if severity is not Severity.DENY else {}
    said = Said(one.message, rule, severity, metadata=metadata)
    if one.location:
        path = str(one.location.get("file") or origin.input.path)
        return replace(said, path=path, line=int(one.location.get("line") or 0), is_exact=True)
    return _at(origin, said, one.field)


def _at(origin: _Origin, said: Said, steps: Sequence[str | int] = ()) -> Said:
    """The line of the field; without one, that of the document."""
    if origin.document is None:
        return replace(said, path=origin.input.path)
    line, column = origin.document.place(*steps)
    return replace(said, path=origin.input.path, line=line, column=column, is_exact=bool(steps))
