"""Label selectors, and what policies match by: groups, versions, resources, operations, names, scope.

Source: k8s.io/apiserver, admission/plugin/policy/generic and plugin/webhook/predicates/rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.policy.admission.resources import Resource
from bot.policy.verdict import Request


class BrokenSelector(Exception):
    """A selector that the API server would not take: it says why."""


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, Any] | None) -> bool:
    """Whether a LabelSelector takes these labels; an absent or empty one takes all. Raises BrokenSelector."""
    known = labels or {}
    wanted = (selector or {}).get("matchLabels") or {}
    if any(str(known.get(key)) != str(value) or key not in known for key, value in wanted.items()):
        return False
    return all(_holds(one, known) for one in (selector or {}).get("matchExpressions") or ())


def _holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = str(expression.get("key")), [str(one) for one in expression.get("values") or ()]
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
    """Whether matchConstraints or matchResources take the request. No rules take everything."""
    selector = match.get("namespaceSelector")
    if selector and not _in_namespace(selector, request, resource):
        return False
    if not _takes_object(match.get("objectSelector"), request):
        return False
    is_exact = match.get("matchPolicy", "Equivalent") == "Exact"
    excluded = match.get("excludeResourceRules") or ()
    if any(_is_ruled(rule, request, resource, is_exact=is_exact) for rule in excluded):
        return False
    rules = match.get("resourceRules") or ()
    return not rules or any(_is_ruled(rule, request, resource, is_exact=is_exact) for rule in rules)


def _in_namespace(selector: Mapping[str, Any], request: Request, resource: Resource) -> bool:
    """Cluster-wide objects are matched whatever it says; a Namespace by its own labels."""
    if resource.kind == "Namespace" and not resource.group:
        return selects(selector, labels_of(request.object or request.old_object))
    if not resource.is_namespaced:
        return True
    known = dict(labels_of(request.namespace_object))
    if not known:
        # Kubernetes gives every namespace this label itself.
        known["kubernetes.io/metadata.name"] = namespace_of(request)
    return selects(selector, known)


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
        and _is_resource(rule.get("resources") or (), resource.plural)
        and (scope == "*" or (scope == "Namespaced") == resource.is_namespaced)
        and (not rule.get("resourceNames") or name_of(request) in rule["resourceNames"])
    )


def _any(wanted: Iterable[str] | None, found: str) -> bool:
    return any(one in ("*", found) for one in wanted or ())


def _is_resource(wanted: Iterable[str], plural: str) -> bool:
    """`pods`, `*` and `*/*` take the object itself; `pods/exec` and `*/scale` are of its subresources."""
    return any(one in (plural, "*", "*/*", f"{plural}/*") for one in wanted)


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
