"""Which bindings bring a policy to bear, with which parameters, and how much each weighs.

Source: k8s.io/apiserver, admission/plugin/policy/generic/policy_dispatcher.go and validating/validator.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.model.plan import Severity
from bot.policy.admission.selectors import labels_of, selects
from bot.policy.verdict import Json

_WEIGHTS = {"Deny": Severity.DENY, "Warn": Severity.WARN, "Audit": Severity.INFO}


@dataclass(frozen=True, slots=True)
class Bound:
    """A policy brought to bear. `problem`: why it cannot be judged; `is_refused`: it denies as it is."""

    name: str
    match: Mapping[str, Any]
    severity: Severity
    params: Json = None
    problem: str = ""


def bound(
    policy: Mapping[str, Any],
    bindings: Sequence[Mapping[str, Any]],
    known: Sequence[Json],
    namespace: str,
    *,
    is_given: bool = False,
) -> Iterator[Bound]:
    """Each binding with each of its parameters. A policy that nobody bound is judged as if it denied.

    `known`: objects among which parameters are looked for; with `is_given` the one that stands for whatever
    bindings refer to. In a cluster a policy without a binding does nothing; whoever hands one to us wants to
    know what it says.
    """
    kind = policy["spec"].get("paramKind")
    for one, ref in _unmet(policy, bindings):
        if is_given:
            yield _given(one, known[0])
        else:
            yield from _with_params(one, ref, kind, known, namespace)


def _unmet(
    policy: Mapping[str, Any], bindings: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[Bound, Mapping[str, Any] | None]]:
    if not bindings:
        yield Bound("", {}, weight(policy["spec"].get("validationActions"))), None
    for binding in bindings:
        spec = binding.get("spec") or {}
        name = str((binding.get("metadata") or {}).get("name", ""))
        actions = weight(spec.get("validationActions"))
        yield Bound(name, spec.get("matchResources") or {}, actions), spec.get("paramRef")


def weight(actions: Iterable[str] | None) -> Severity:
    """The heaviest of validationActions; without any it denies."""
    return min((_WEIGHTS.get(one, Severity.DENY) for one in actions or ("Deny",)), key=list(Severity).index)


def _with_params(
    one: Bound,
    ref: Mapping[str, Any] | None,
    kind: Mapping[str, Any] | None,
    known: Sequence[Json],
    namespace: str,
) -> Iterator[Bound]:
    if kind is None:
        yield one
        return
    label = f"{kind.get('apiVersion')} {kind.get('kind')}"
    candidates = [value for value in known if _is_of(value, kind)]
    if ref is None:
        if len(candidates) == 1 and not one.name:
            yield _given(one, candidates[0])
        else:
            yield _given(one, None) if one.name else _problem(one, f"it needs parameters ({label})")
        return
    found = [value for value in candidates if _is_meant(value, ref, namespace)]
    yield from (_given(one, value) for value in found)
    if not found and ref.get("parameterNotFoundAction") != "Allow":
        yield _problem(one, f"its parameters ({label} {ref.get('name', 'by selector')}) are not here")


def _given(one: Bound, params: Json) -> Bound:
    return Bound(one.name, one.match, one.severity, params)


def _problem(one: Bound, problem: str) -> Bound:
    return Bound(one.name, one.match, one.severity, problem=problem)


def _is_of(value: Json, kind: Mapping[str, Any]) -> bool:
    is_mapping = isinstance(value, Mapping)
    return is_mapping and all(value.get(key) == kind.get(key) for key in ("apiVersion", "kind"))


def _is_meant(value: Mapping[str, Any], ref: Mapping[str, Any], namespace: str) -> bool:
    metadata = value.get("metadata", {})
    home = metadata.get("namespace")
    if home is not None and home != (ref.get("namespace") or namespace):
        return False
    if ref.get("name"):
        return bool(metadata.get("name") == ref["name"])
    return selects(ref.get("selector"), labels_of(value))
