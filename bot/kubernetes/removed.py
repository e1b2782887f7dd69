"""API versions that Kubernetes removed before the oldest version whose schemas we have. Data only.

Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
"""

from __future__ import annotations

from collections.abc import Mapping

_GROUPS: Mapping[str, Mapping[tuple[str, ...], tuple[str, ...]]] = {
    "1.16": {
        ("extensions/v1beta1",): (
            "DaemonSet",
            "Deployment",
            "NetworkPolicy",
            "PodSecurityPolicy",
            "ReplicaSet",
        ),
        ("apps/v1beta1",): ("Deployment", "ReplicaSet", "StatefulSet"),
        ("apps/v1beta2",): ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    },
    "1.22": {
        ("admissionregistration.k8s.io/v1beta1",): (
            "MutatingWebhookConfiguration",
            "ValidatingWebhookConfiguration",
        ),
        ("apiextensions.k8s.io/v1beta1",): ("CustomResourceDefinition",),
        ("apiregistration.k8s.io/v1beta1",): ("APIService",),
        ("authentication.k8s.io/v1beta1",): ("TokenReview",),
        ("authorization.k8s.io/v1beta1",): ("LocalSubjectAccessReview", "SubjectAccessReview"),
        ("certificates.k8s.io/v1beta1",): ("CertificateSigningRequest",),
        ("coordination.k8s.io/v1beta1",): ("Lease",),
        ("extensions/v1beta1", "networking.k8s.io/v1beta1"): ("Ingress",),
        ("networking.k8s.io/v1beta1",): ("IngressClass",),
        ("rbac.authorization.k8s.io/v1beta1",): ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
        ("scheduling.k8s.io/v1beta1",): ("PriorityClass",),
        ("storage.k8s.io/v1beta1",): ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
    },
    "1.25": {
        ("batch/v1beta1",): ("CronJob",),
        ("discovery.k8s.io/v1beta1",): ("EndpointSlice",),
        ("events.k8s.io/v1beta1",): ("Event",),
        ("autoscaling/v2beta1",): ("HorizontalPodAutoscaler",),
        ("policy/v1beta1",): ("PodDisruptionBudget", "PodSecurityPolicy"),
        ("node.k8s.io/v1beta1",): ("RuntimeClass",),
    },
}

REMOVED: Mapping[tuple[str, str], str] = {
    (api_version, kind): since
    for since, groups in _GROUPS.items()
    for api_versions, kinds in groups.items()
    for api_version in api_versions
    for kind in kinds
}
"""API version and kind to the minor version of Kubernetes that no longer serves it."""
