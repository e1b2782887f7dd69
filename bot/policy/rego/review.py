"""What Gatekeeper gives to a template's Rego: the review of one object, and the inventory. Judges nothing.

From gatekeeper's pkg/target (gkReview, and how its cache is laid out).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.policy.admission.resources import resource_of
from bot.policy.verdict import Json, Request


def unwrapped(request: Request) -> Request:
    """A request whose object is an AdmissionReview stands for what that asks about."""
    asked = request.object
    if not (isinstance(asked, Mapping) and asked.get("kind") == "AdmissionReview"):
        return request
    inner = asked.get("request")
    if not isinstance(inner, Mapping):
        return request
    return replace(
        request,
        object=inner.get("object"),
        old_object=inner.get("oldObject"),
        operation=str(inner.get("operation") or request.operation),
        more={**request.more, **{key: inner[key] for key in _ASKED if inner.get(key)}},
    )


_ASKED = ("userInfo", "namespace")
"""What only who asks can say."""


def is_asked(request: Request) -> bool:
    """Whether somebody is known to ask."""
    return "userInfo" in request.more


def subject(request: Request) -> Mapping[str, Json]:
    """The object that it is about: on DELETE the old one. Empty if that is no mapping."""
    value = request.object if request.object is not None else request.old_object
    return value if isinstance(value, Mapping) else {}


def metadata_of(value: Mapping[str, Json]) -> Mapping[str, Json]:
    """Its metadata; empty without any."""
    found = value.get("metadata")
    return found if isinstance(found, Mapping) else {}


def kind_of(value: Mapping[str, Json]) -> dict[str, str]:
    """Group, version and kind."""
    group, _, version = str(value.get("apiVersion", "")).rpartition("/")
    return {"group": group, "version": version, "kind": str(value.get("kind", ""))}


def review(request: Request) -> dict[str, Json]:
    """`input.review`. `userInfo` is empty unless somebody is known to ask.

    Objects of Kubernetes' own kinds that name no namespace are in `default`, as they would be in a cluster.
    """
    about = settled(subject(request))
    found: dict[str, Json] = {
        "kind": kind_of(about),
        "name": str(metadata_of(about).get("name", "")),
        "operation": request.operation,
        "object": settled(request.object),
        "oldObject": settled(request.old_object),
        "userInfo": request.more.get("userInfo", {}),
    }
    if namespace := request.more.get("namespace") or metadata_of(about).get("namespace"):
        found["namespace"] = str(namespace)
    if request.namespace_object is not None:
        found["_unstable"] = {"namespace": request.namespace_object}
    return found


def settled(value: Any) -> Any:
    """The object in its namespace: `default`, where Kubernetes would put it for want of another."""
    if not isinstance(value, Mapping) or metadata_of(value).get("namespace"):
        return value
    resource = resource_of(value)
    if not (resource.is_built_in and resource.is_namespaced and resource.kind):
        return value
    return {**value, "metadata": {**metadata_of(value), "namespace": "default"}}


def inventory(objects: Iterable[Json]) -> dict[str, Any]:
    """`data.inventory`: `cluster[version][kind][name]`, `namespace[name][version][kind][name]`."""
    cluster: dict[str, Any] = {}
    namespaces: dict[str, Any] = {}
    for one in map(settled, objects):
        if not isinstance(one, Mapping):
            continue
        metadata = metadata_of(one)
        space = metadata.get("namespace")
        room = namespaces.setdefault(str(space), {}) if space else cluster
        by_kind = room.setdefault(str(one.get("apiVersion", "")), {}).setdefault(str(one.get("kind", "")), {})
        by_kind[str(metadata.get("name", ""))] = one
    return {"cluster": cluster, "namespace": namespaces}
