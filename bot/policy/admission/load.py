"""Documents to admission policies, each with its bindings. The one place that knows which kinds they are.

What is a policy by its kind and cannot be judged here is a problem, so that nobody takes silence for consent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from bot.policy.admission.kyverno import EXCEPTIONS, is_of_files, mode_of
from bot.policy.admission.kyverno import GROUP as KYVERNO
from bot.policy.rego.engine import Problem
from bot.policy.rego.gatekeeper import Placed
from bot.policy.verdict import Json, Language, Policy

KUBERNETES = "admissionregistration.k8s.io"
POLICY = "ValidatingAdmissionPolicy"
POLICIES = frozenset(
    {
        (KUBERNETES, POLICY),
        (KYVERNO, "ValidatingPolicy"),
        (KYVERNO, "NamespacedValidatingPolicy"),
    }
)
BINDING = (KUBERNETES, "ValidatingAdmissionPolicyBinding")
_OLDER = "is of Kyverno's older kind, which is not read here; its ValidatingPolicy is"
_CHANGES = "changes objects and judges none"
_WASM = "is a WebAssembly module of Kubewarden, which is not run here"
_KUBEWARDEN = "policies.kubewarden.io"
UNJUDGED: Mapping[tuple[str, str], tuple[str, bool]] = {
    ("kyverno.io", "ClusterPolicy"): (_OLDER, True),
    ("kyverno.io", "Policy"): (_OLDER, True),
    (KYVERNO, "ImageValidatingPolicy"): ("asks a registry, which is not done here", True),
    (KYVERNO, "NamespacedImageValidatingPolicy"): ("asks a registry, which is not done here", True),
    (KYVERNO, "MutatingPolicy"): (_CHANGES, False),
    (KYVERNO, "GeneratingPolicy"): (_CHANGES, False),
    (KYVERNO, "DeletingPolicy"): (_CHANGES, False),
    (KYVERNO, "NamespacedMutatingPolicy"): (_CHANGES, False),
    (KYVERNO, "NamespacedGeneratingPolicy"): (_CHANGES, False),
    (KYVERNO, "NamespacedDeletingPolicy"): (_CHANGES, False),
    ("kyverno.io", "CleanupPolicy"): (_CHANGES, False),
    ("kyverno.io", "ClusterCleanupPolicy"): (_CHANGES, False),
    ("json.kyverno.io", "ValidatingPolicy"): ("is of kyverno-json, which is not read here", True),
    (_KUBEWARDEN, "ClusterAdmissionPolicy"): (_WASM, True),
    (_KUBEWARDEN, "ClusterAdmissionPolicyGroup"): (_WASM, True),
    (_KUBEWARDEN, "AdmissionPolicy"): (_WASM, True),
    (_KUBEWARDEN, "AdmissionPolicyGroup"): (_WASM, True),
    (KUBERNETES, "MutatingAdmissionPolicy"): (_CHANGES, False),
    ("kyverno.io", "PolicyException"): ("is not read: it excuses from Kyverno's older kinds", False),
}
"""Kinds that are no rule here: why, and whether they would deny somewhere else."""


_ENGINES = (
    "gatekeeper.sh",
    "kubewarden.io",
    "kyverno.io",
    "jspolicy.com",
    "open-cluster-management.io",
    "openpolicyagent.org",
    "sigstore.dev",
    "styra.com",
)
"""Groups of policy engines, or what these end in."""
_TRAFFIC = ("networking.k8s.io", "cilium.io", "projectcalico.org", "istio.io", "linkerd.io", "antrea.io")
"""Their policies are about who may talk to whom, and judge no object."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Policies in their order, objects that their bindings may refer to, and what is wrong."""

    policies: tuple[Policy, ...]
    parameters: tuple[Json, ...]
    problems: tuple[Problem, ...]


def admission_policies(documents: Iterable[Placed], *, kubernetes: str = "") -> Admission:
    """The policies among the documents; all others are left alone. `kubernetes`: a minor version, `1.34`."""
    known = list(documents)
    problems = [problem for one in known if (problem := _unjudged(one)) is not None]
    bindings = [one for one in known if kind_of(one.document) == BINDING]
    chosen: dict[str, Placed] = {}
    for one in known:
        if kind_of(one.document) in POLICIES:
            wrong = _wrong(one, chosen)
            if wrong is None:
                chosen[_name(one.document)] = one
            elif wrong.message:
                problems.append(wrong)
    problems += [
        _unbound(one) for one in bindings if str(_spec(one.document).get("policyName")) not in chosen
    ]
    excepting = [one for one in known if is_exception(one.document)]
    parameters = _parameters(known, chosen.values())
    policies = [
        _policy(name, one, [*bindings, *excepting], parameters, kubernetes) for name, one in chosen.items()
    ]
    return Admission(tuple(policies), tuple(parameters), tuple(problems))


def is_read(value: Mapping[str, Any]) -> bool:
    """Whether someone here looks at such a document, if only to say that it cannot be judged."""
    kind = kind_of(value)
    return kind in POLICIES or kind == BINDING or kind in UNJUDGED or is_exception(value)


def is_policy(value: Mapping[str, Any]) -> bool:
    """Whether its kind is plainly one of some policy engine, known here or not."""
    group, kind = kind_of(value)
    if _ends_in(group, _TRAFFIC):
        return False
    return _ends_in(group, _ENGINES) or kind.endswith(("Policy", "PolicySet", "PolicyGroup"))


def _ends_in(group: str, names: Iterable[str]) -> bool:
    return any(group == one or group.endswith(f".{one}") for one in names)


def kind_of(value: Mapping[str, Any]) -> tuple[str, str]:
    """Group and kind of an object, whatever the version."""
    return str(value.get("apiVersion", "")).rpartition("/")[0], str(value.get("kind", ""))


def _policy(
    name: str, one: Placed, others: Sequence[Placed], parameters: Sequence[Json], kubernetes: str
) -> Policy:
    """`others`: bindings and exceptions, of which it takes those that name it."""
    target = (str(one.document["kind"]), name)
    bound = [each.document for each in others if target in _targets(each)]
    kind = _spec(one.document).get("paramKind")
    given = [value for value in parameters if _is_of(value, kind)]
    documents = (one.document, *bound)
    options = {"kubernetes": kubernetes} if kubernetes else {}
    return Policy(
        name,
        Language.ADMISSION,
        documents,
        _digest([*documents, options, *given]),
        one.path,
        one.line,
        options,
    )


def _digest(parts: Sequence[Json]) -> str:
    return sha256(json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str).encode()).hexdigest()


def _parameters(documents: Sequence[Placed], policies: Iterable[Placed]) -> list[Json]:
    kinds = [kind for one in policies if (kind := _spec(one.document).get("paramKind"))]
    return [one.document for one in documents if any(_is_of(one.document, kind) for kind in kinds)]


def _is_of(value: Mapping[str, Any], kind: Json) -> bool:
    is_kind = isinstance(kind, Mapping)
    return is_kind and all(value.get(key) == kind.get(key) for key in ("apiVersion", "kind"))


def _wrong(one: Placed, chosen: Mapping[str, Placed]) -> Problem | None:
    """An empty message: it is there already, letter by letter."""
    name = _name(one.document)
    if not name:
        return Problem(one.path, one.line, 0, "this policy has no name")
    if not isinstance(one.document.get("spec"), Mapping):
        return Problem(one.path, one.line, 0, f"{name} has no spec")
    if not is_of_files(one.document):
        said = f"{name} judges what goes to {mode_of(one.document)}, which is in no file"
        return Problem(one.path, one.line, 0, said)
    other = chosen.get(name)
    if other is None:
        return None
    if other.document == one.document:
        return Problem(one.path, one.line, 0, "", is_error=False)
    return Problem(one.path, one.line, 0, f"{name} is the name of another policy in {other.path}")


def _unjudged(one: Placed) -> Problem | None:
    said = UNJUDGED.get(kind_of(one.document))
    if said is None:
        return None
    name = _name(one.document) or one.document["kind"]
    return Problem(one.path, one.line, 0, f"{name} {said[0]}", is_error=said[1])


def is_exception(value: Mapping[str, Any]) -> bool:
    """Whether it excuses something from Kyverno's newer kinds."""
    group, kind = kind_of(value)
    return group == KYVERNO and kind in EXCEPTIONS


def _targets(one: Placed) -> list[tuple[str, str]]:
    """Kinds and names of the policies that a binding or an exception is for."""
    if not is_exception(one.document):
        return [(POLICY, _target(one))]
    named = _spec(one.document).get("policyRefs")
    refs = [ref for ref in named if isinstance(ref, Mapping)] if isinstance(named, list) else []
    return [(str(ref.get("kind") or "ValidatingPolicy"), str(ref.get("name"))) for ref in refs]


def _target(binding: Placed) -> str:
    return str(_spec(binding.document).get("policyName") or "")


def _unbound(one: Placed) -> Problem:
    said = f"{_name(one.document)} binds {_target(one)}, which is not among the rules"
    return Problem(one.path, one.line, 0, said, is_error=False)


def _spec(value: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = value.get("spec")
    return spec if isinstance(spec, Mapping) else {}


def _name(value: Mapping[str, Any]) -> str:
    metadata = value.get("metadata")
    return str(metadata.get("name") or "") if isinstance(metadata, Mapping) else ""
