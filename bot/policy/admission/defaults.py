"""What the API server fills in before a policy sees an object: plain fields of the most usual kinds.

Source: k8s.io/kubernetes, pkg/apis/{core,apps,batch,autoscaling}/*/defaults.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.policy.verdict import Json

_ROLLING = {"type": "RollingUpdate"}
_SPECS: Mapping[str, Mapping[str, Json]] = {
    "Deployment": {
        "replicas": 1,
        "strategy": _ROLLING,
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    },
    "StatefulSet": {
        "replicas": 1,
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": _ROLLING,
        "revisionHistoryLimit": 10,
    },
    "DaemonSet": {"updateStrategy": _ROLLING, "revisionHistoryLimit": 10},
    "ReplicaSet": {"replicas": 1},
    "ReplicationController": {"replicas": 1},
    "Job": {"completions": 1, "parallelism": 1, "backoffLimit": 6, "suspend": False},
    "CronJob": {"concurrencyPolicy": "Allow", "suspend": False},
    "Service": {"type": "ClusterIP", "sessionAffinity": "None"},
    "PersistentVolumeClaim": {"volumeMode": "Filesystem"},
    "HorizontalPodAutoscaler": {"minReplicas": 1},
}
_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "securityContext": {},
}
_CONTAINER = {"resources": {}, "terminationMessagePath": "/dev/termination-log"}
_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "PodTemplate": ("template",),
    **dict.fromkeys(
        ("DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet"),
        ("spec", "template"),
    ),
}


def defaulted(value: Json) -> Json:
    """The object with defaults where it says nothing; what is no such object is as it was."""
    if not isinstance(value, Mapping):
        return value
    kind = str(value.get("kind"))
    made = dict(value)
    if kind in _SPECS:
        made["spec"] = _filled(value.get("spec"), _SPECS[kind])
    if kind == "Service":
        made["spec"]["ports"] = _each(made["spec"].get("ports"), {"protocol": "TCP"})
    if kind == "Pod":
        return _pod(made)
    return _below(made, _TEMPLATES[kind]) if kind in _TEMPLATES else made


def _below(value: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """With the template there filled in, if there is one."""
    inner = value.get(path[0])
    if not isinstance(inner, Mapping):
        return dict(value)
    made = _below(inner, path[1:]) if path[1:] else _pod({"metadata": {}, **inner})
    return {**value, path[0]: made}


def _pod(value: Mapping[str, Any]) -> dict[str, Any]:
    spec = _filled(value.get("spec"), _POD)
    for key in ("containers", "initContainers"):
        if isinstance(spec.get(key), list):
            spec[key] = [_container(one) for one in spec[key]]
    return {**value, "spec": spec}


def _container(value: Json) -> Json:
    if not isinstance(value, Mapping):
        return value
    image = str(value.get("image") or "").rpartition("/")[2]
    is_latest = "@" not in image and (":" not in image or image.endswith(":latest"))
    policy = "Always" if is_latest else "IfNotPresent"
    made = {"imagePullPolicy": policy, **_filled(value, _CONTAINER)}
    if "ports" in made:
        made["ports"] = _each(made["ports"], {"protocol": "TCP"})
    return made


def _each(values: Json, defaults: Mapping[str, Json]) -> Json:
    if not isinstance(values, list):
        return values
    return [_filled(one, defaults) if isinstance(one, Mapping) else one for one in values]


def _filled(value: Json, defaults: Mapping[str, Json]) -> dict[str, Any]:
    return {**defaults, **(value if isinstance(value, Mapping) else {})}
