"""What an admission policy's expressions see of a request, as the API server would show it.

What is unknown has no value, so that nothing is concluded from its absence.
Source: k8s.io/apiserver, admission/plugin/cel/filter.go (CreateAdmissionRequest, CreateNamespaceObject).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.policy.admission.resources import Resource
from bot.policy.admission.selectors import NAME_LABEL, name_of, namespace_of
from bot.policy.admission.unknown import UNKNOWN
from bot.policy.cel.scan import Path
from bot.policy.cel.values import Elsewhere
from bot.policy.verdict import Json, Request

_DEFAULT = "default"
_NAMESPACE = "namespaceObject"
_KNOWN_OF_NAMESPACE = (("metadata", "name"), ("metadata", "labels", NAME_LABEL))
_NO_TIME = Elsewhere("time.now: the time is not known")


def settled(request: Request, resource: Resource) -> Request:
    """With the namespace that an object of Kubernetes' own kinds gets when it names none."""
    if not (resource.is_built_in and resource.is_namespaced) or namespace_of(request):
        return request
    return replace(request, object=_in_default(request.object), old_object=_in_default(request.old_object))


def _in_default(value: Json) -> Json:
    if not isinstance(value, Mapping):
        return value
    return {**value, "metadata": {**(value.get("metadata") or {}), "namespace": _DEFAULT}}


def values_of(request: Request, resource: Resource, params: Json, paths: Collection[Path]) -> dict[str, Any]:
    """By name. `paths`: the selections of all expressions that will see them."""
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    plural = {"group": resource.group, "version": resource.version, "resource": resource.plural}
    is_old_unknown = request.operation == "UPDATE" and request.old_object is None
    old = Elsewhere("oldObject: how it was before is not known") if is_old_unknown else request.old_object
    told = {
        "kind": kind,
        "resource": plural,
        "requestKind": kind,
        "requestResource": plural,
        "name": name_of(request),
        "namespace": _namespace(request, resource),
        "operation": request.operation,
        "dryRun": False,
        "object": request.object,
    }
    if not is_old_unknown:
        told["oldObject"] = request.old_object
    return {
        **UNKNOWN,
        "object": request.object,
        "oldObject": old,
        "params": params,
        _NAMESPACE: _namespace_object(request, resource, paths),
        "request": told,
    }


def kyvernos(now: str) -> dict[str, Any]:
    """What Kyverno's policies see besides. `now`: RFC 3339, empty where the time is not known."""
    known = datetime.fromisoformat(now) if now else _NO_TIME
    return {"now": known, "images": Elsewhere("images: only an ImageValidatingPolicy has them")}


def _namespace(request: Request, resource: Resource) -> str:
    if resource.is_namespace:
        return name_of(request)  # the API server says so of Namespaces themselves
    return namespace_of(request) if resource.is_namespaced else ""


def _namespace_object(request: Request, resource: Resource, paths: Collection[Path]) -> Any:
    """The Namespace; what is known of one that is not here, where no more is asked; else unknown."""
    if not resource.is_namespaced:
        return None
    if request.namespace_object is not None:
        # It is of Kubernetes' own type there, in which these two are never absent.
        return {"spec": {}, "status": {}, **request.namespace_object}
    name = namespace_of(request)
    asked = {path[1:] for path in paths if path[0] == _NAMESPACE}
    if name and asked.issubset(_KNOWN_OF_NAMESPACE):
        return {"metadata": {"name": name, "labels": {NAME_LABEL: name}}}
    return Elsewhere(f"namespaceObject: the Namespace {name or 'of the object'} is not here")
