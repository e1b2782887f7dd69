"""What Kyverno's ValidatingPolicy has beyond Kubernetes' own kind.

Above all: of a policy for pods it makes others for what makes pods, by changing its text.

Source: github.com/kyverno/kyverno, pkg/cel/autogen and pkg/cel/policies/vpol; kyverno.io/docs/policy-types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from bot.policy.admission.resources import Resource
from bot.policy.admission.selectors import namespace_of
from bot.policy.verdict import Json, Request

GROUP = "policies.kyverno.io"
EXCEPTIONS = frozenset({"PolicyException", "CELPolicyException"})
_JSON = "JSON"
_MODES = frozenset({"", "Kubernetes", _JSON})
_DEFAULTS = {
    "daemonsets": "apps",
    "deployments": "apps",
    "replicasets": "apps",
    "statefulsets": "apps",
    "jobs": "batch",
}
_CRON_JOBS = {"cronjobs": "batch"}
_POD = "spec.template"
_CRON_POD = "spec.jobTemplate.spec.template"
_OF_OBJECT = re.compile(r"(?P<whose>object|oldObject)\.(?P<part>spec|metadata)(?P<keep>\.namespace(?![\w]))?")


def is_kyverno(document: Mapping[str, Any]) -> bool:
    """Whether it is one of Kyverno's kinds."""
    return str(document.get("apiVersion", "")).partition("/")[0] == GROUP


def mode_of(document: Mapping[str, Any]) -> str:
    """What it judges: Kubernetes' objects (empty), JSON, or what is never judged here, such as Envoy."""
    evaluation = document["spec"].get("evaluation") or {}
    return str(evaluation.get("mode") or "") if is_kyverno(document) else ""


def is_of_files(document: Mapping[str, Any]) -> bool:
    """Whether what it judges can stand in files: not the requests to Envoy or a web server."""
    return mode_of(document) in _MODES


def is_any(document: Mapping[str, Any]) -> bool:
    """Whether it judges any JSON, and matches nothing."""
    return mode_of(document) == _JSON


def is_at_home(document: Mapping[str, Any], request: Request, resource: Resource) -> bool:
    """Whether the request is where the policy may look: a namespaced policy sees its own namespace."""
    if document.get("kind") != "NamespacedValidatingPolicy":
        return True
    home = (document.get("metadata") or {}).get("namespace") or "default"
    return resource.is_namespaced and namespace_of(request) == home


def specs(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The policy's spec, and those that Kyverno makes of it. Of Kubernetes' own kinds the spec alone."""
    spec = document["spec"]
    if not is_kyverno(document):
        yield spec
        return
    constraints = spec.get("matchConstraints") or {}
    # Kyverno knows nothing of versions that stand for each other.
    yield {**spec, "matchConstraints": {**constraints, "matchPolicy": "Exact"}}
    if is_any(document) or not _is_for_pods(constraints):
        return
    named = ((spec.get("autogen") or {}).get("podControllers") or {}).get("controllers")
    for targets, pod in ((_DEFAULTS, _POD), (_CRON_JOBS, _CRON_POD)):
        chosen = {name: group for name, group in targets.items() if named is None or name in named}
        if chosen:
            made = _changed(spec, partial(_rewritten, pod))
            yield {**made, "matchConstraints": _constraints(constraints, chosen)}


def _is_for_pods(constraints: Mapping[str, Any]) -> bool:
    rules: Sequence[Mapping[str, Any]] = constraints.get("resourceRules") or ()
    selector = constraints.get("objectSelector") or {}
    if len(rules) != 1 or constraints.get("excludeResourceRules"):
        return False
    if selector.get("matchLabels") or selector.get("matchExpressions") or rules[0].get("resourceNames"):
        return False
    wanted = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
    return all(list(rules[0].get(key) or ()) == value for key, value in wanted.items())


def _constraints(old: Mapping[str, Any], targets: Mapping[str, str]) -> Mapping[str, Any]:
    rules = [
        {
            "apiGroups": [group],
            "apiVersions": ["v1"],
            "operations": old["resourceRules"][0].get("operations"),
            "resources": [name],
        }
        for name, group in targets.items()
    ]
    return {
        "resourceRules": rules,
        "namespaceSelector": old.get("namespaceSelector"),
        "matchPolicy": "Exact",
    }


def _changed(value: Json, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _changed(one, change) for key, one in value.items()}
    return [_changed(one, change) for one in value] if isinstance(value, list) else value


def _rewritten(pod: str, text: str) -> str:
    """`object.spec` is the pod's; the namespace stays the object's own. Blind to all else, as Kyverno is."""
    return _OF_OBJECT.sub(
        lambda found: found[0] if found["keep"] else f"{found['whose']}.{pod}.{found['part']}", text
    )
