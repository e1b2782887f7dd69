"""Label selectors, and what policies match by: groups, versions, resources, operations, names, scope.

Source: k8s.io/apiserver, admission/plugin/policy/generic and plugin/webhook/predicates/rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.admission.resources import Resource
from bot.policy.verdict import Request

NAME_LABEL = "kubernetes.io/metadata.name"
"""The label that Kubernetes itself gives to every Namespace."""


class BrokenSelector(Exception):
    """A selector that the API server would not take: it says why."""


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, Any] | None) -> bool:
    """Whether a LabelSelector takes these labels; an absent or empty one takes all. Raises BrokenSelector."""
    return all(_holds(one, labels or {}) for _, one in _wanted(selector))


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = str(expression.get("key")), [str(one) for one in expression.get("values") or ()]
    if not values and expression.get("operator") in {"In", "NotIn"}:
        raise BrokenSelector(f"the selector of label {key} has no values")
    match expression.get("operator"):
        case "In":
            return key in labels and str(labels[key]) in values
        case "NotIn":
            return key not in labels or str(labels[key]) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case other:
            raise BrokenSelector(f"{other!r} is no operator of a label selector")


def is_matched(match: Mapping[str, Any], request: Request, resource: Resource) -> bool:
    """Whether matchConstraints or matchResources take the request, as far as is known (see `doubt`).

    No rules take everything. Raises BrokenSelector.
    """
    if not _takes_namespace(match.get("namespaceSelector"), request, resource):
        return False
    if not _takes_object(match.get("objectSelector"), request):
        return False
    is_exact = match.get("matchPolicy", "Equivalent") == "Exact"
    excluded = match.get("excludeResourceRules") or ()
    if any(_is_ruled(rule, request, resource, is_exact=is_exact) for rule in excluded):
        return False
    rules = match.get("resourceRules") or ()
    return not rules or any(_is_ruled(rule, request, resource, is_exact=is_exact) for rule in rules)


def doubt(match: Mapping[str, Any], request: Request, resource: Resource) -> str:
    """Why it is not known that a request is taken which `is_matched` takes; empty where it is."""
    wanted = _wanted(match.get("namespaceSelector"))
    is_known = resource.is_namespace or not resource.is_namespaced or request.namespace_object is not None
    if is_known or {key for key, _ in wanted} <= {NAME_LABEL}:
        return ""
    name = namespace_of(request) or "of the object"
    return f"the policy is for namespaces by their labels, and the Namespace {name} is not here"


def _takes_namespace(selector: Mapping[str, Any] | None, request: Request, resource: Resource) -> bool:
    """Cluster-wide objects are taken whatever it says; a Namespace by its own labels."""
    if resource.is_namespace:
        return selects(selector, labels_of(request.object or request.old_object))
    if not resource.is_namespaced:
        return True
    name = {NAME_LABEL: namespace_of(request)}
    if request.namespace_object is not None:
        return selects(selector, name | dict(labels_of(request.namespace_object)))
    return all(_holds(one, name) for key, one in _wanted(selector) if key == NAME_LABEL)


def _wanted(selector: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    """All that a selector asks for, with the labels that it asks of."""
    labels = (selector or {}).get("matchLabels") or {}
    plain = [(key, {"key": key, "operator": "In", "values": [value]}) for key, value in labels.items()]
    return plain + [(str(one.get("key")), one) for one in (selector or {}).get("matchExpressions") or ()]


def _takes_object(selector: Mapping[str, Any] | None, request: Request) -> bool:
    """Either the new or the old object will do."""
    both = [one for one in (request.object, request.old_object) if one is not None]
    return not selector or any(selects(selector, labels_of(one)) for one in both)


def _is_ruled(rule: Mapping[str, Any], request: Request, resource: Resource, *, is_exact: bool) -> bool:
    scope = rule.get("scope", "*")
    return (
        _any(rule.get("operations"), request.operation)
        and _any(rule.get("apiGroups"), resource.group)
        # The API server converts between the versions of a group; what was written stands for all of them.
        and (not is_exact or _any(rule.get("apiVersions"), resource.version))
        and _is_resource(rule.get("resources"), resource.plural)
        and (scope == "*" or (scope == "Namespaced") == resource.is_namespaced)
        and (not rule.get("resourceNames") or name_of(request) in rule["resourceNames"])
    )


def _any(wanted: Iterable[str] | None, found: str) -> bool:
    """The API server wants a list; real files that were never applied lack one, and mean everything."""
    return not wanted or any(one in ("*", found) for one in wanted)


def _is_resource(wanted: Iterable[str] | None, plural: str) -> bool:
    """`pods`, `*` and `*/*` take the object itself; `pods/exec` and `*/scale` are of its subresources."""
    return not wanted or any(one in (plural, "*", "*/*", f"{plural}/*") for one in wanted)


def labels_of(value: Any) -> Mapping[str, Any]:
    """metadata.labels of an object; empty where there are none."""
    labels = _metadata(value).get("labels")
    return labels if isinstance(labels, Mapping) else {}


def name_of(request: Request) -> str:
    """metadata.name of what is judged."""
    return str(_metadata(request.object or request.old_object).get("name", ""))


def namespace_of(request: Request) -> str:
    """metadata.namespace of what is judged, else the name of the Namespace it is said to be in."""
    named = _metadata(request.object or request.old_object).get("namespace")
    return str(named or _metadata(request.namespace_object).get("name", ""))


def _metadata(value: Any) -> Mapping[str, Any]:
    metadata = value.get("metadata") if isinstance(value, Mapping) else None
    return metadata if isinstance(metadata, Mapping) else {}
