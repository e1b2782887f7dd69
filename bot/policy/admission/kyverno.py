"""What Kyverno's ValidatingPolicy has beyond Kubernetes' own kind.

Above all: a policy for pods holds for what makes pods.

Source: kyverno.io/docs/policy-types/validating-policy; pkg/cel/autogen of kyverno 1.15.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.policy.admission.resources import resource_of
from bot.policy.verdict import Json, Request

GROUP = "policies.kyverno.io"
_CONTROLLERS = ("daemonsets", "deployments", "jobs", "statefulsets", "replicasets", "cronjobs")


def is_kyverno(document: Mapping[str, Any]) -> bool:
    """Whether it is one of Kyverno's kinds."""
    return str(document.get("apiVersion", "")).partition("/")[0] == GROUP


def matching_documents(
    document: Mapping[str, Any], request: Request
) -> Iterator[tuple[Mapping[str, Any] | None, Request]]:
    """The request as the policy may look at it: as it is, and for a controller of pods as the pod it makes.

    With each the constraints that must take it; None takes everything.
    """
    spec = document["spec"]
    constraints = spec.get("matchConstraints")
    if not is_kyverno(document):
        yield constraints or {}, request
        return
    if (spec.get("evaluation") or {}).get("mode") == "JSON":
        yield None, request
        return
    yield constraints or {}, request
    value = request.object or request.old_object
    plural = resource_of(value).plural
    if plural in _generated(spec):
        pod = replace(request, object=_as_pod(request.object), old_object=_as_pod(request.old_object))
        yield constraints or {}, pod


def adapted(request: Request) -> Request:
    """Without the disguise that let a controller be matched as a pod."""
    return replace(request, object=_undisguised(request.object), old_object=_undisguised(request.old_object))


def _generated(spec: Mapping[str, Any]) -> tuple[str, ...]:
    """The controllers to which a policy for pods extends; none if it matches anything but pods."""
    rules = (spec.get("matchConstraints") or {}).get("resourceRules") or ()
    is_for_pods = bool(rules) and all(list(one.get("resources") or ()) == ["pods"] for one in rules)
    named = ((spec.get("autogen") or {}).get("podControllers") or {}).get("controllers")
    if not is_for_pods:
        return ()
    return _CONTROLLERS if named is None else tuple(str(one) for one in named)


_DISGUISED = "\0kind"


def _as_pod(value: Json) -> Json:
    """With the pod's spec and metadata in the places of its own. It keeps its name and namespace."""
    if not isinstance(value, Mapping):
        return value
    template = _template(value)
    metadata = dict(template.get("metadata") or {})
    own = value.get("metadata") or {}
    for key in ("name", "namespace"):
        if key in own:
            metadata.setdefault(key, own[key])
    real = (value.get("apiVersion"), value.get("kind"))
    return {
        **value,
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": template.get("spec") or {},
        _DISGUISED: list(real),
    }


def _template(value: Mapping[str, Any]) -> Mapping[str, Any]:
    spec = value.get("spec") or {}
    if value.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return spec.get("template") or {}


def _undisguised(value: Json) -> Json:
    if not isinstance(value, Mapping) or _DISGUISED not in value:
        return value
    version, kind = value[_DISGUISED]
    return {key: one for key, one in value.items() if key != _DISGUISED} | {
        "apiVersion": version,
        "kind": kind,
    }
