"""Which resource of the API an object is: the plural that policies match by, and whether it has a namespace.

Source: the API reference of Kubernetes 1.37; other kinds by the plural that kubebuilder and most CRDs use.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_IRREGULAR: Mapping[str, str] = {
    "endpoints": "endpoints",
    "componentstatus": "componentstatuses",
    "podmetrics": "pods",
    "nodemetrics": "nodes",
    "securitycontextconstraints": "securitycontextconstraints",
}
_BUILT_IN_CLUSTER = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("authentication.k8s.io", "SelfSubjectReview"),
        ("authentication.k8s.io", "TokenReview"),
        ("authorization.k8s.io", "SelfSubjectAccessReview"),
        ("authorization.k8s.io", "SelfSubjectRulesReview"),
        ("authorization.k8s.io", "SubjectAccessReview"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
    }
)

_EXEMPT = frozenset(
    {
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    }
)
"""Source: k8s.io/apiserver, plugin/webhook/predicates/rules (IsExemptAdmissionConfigurationResource)."""


@dataclass(frozen=True, slots=True)
class Resource:
    """`group`, `version` and `kind` as in apiVersion and kind; `plural` as in the API's paths.

    `is_built_in`: it is of Kubernetes' own groups, so that `is_namespaced` is no guess.
    """

    group: str
    version: str
    kind: str
    plural: str
    is_namespaced: bool
    is_built_in: bool

    @property
    def is_namespace(self) -> bool:
        """Whether it is a Namespace."""
        return self.kind == "Namespace" and not self.group

    @property
    def is_exempt(self) -> bool:
        """Whether no admission policy of Kubernetes sees it: policies cannot lock themselves in."""
        return self.group == "admissionregistration.k8s.io" and self.kind in _EXEMPT


def resource_of(value: Mapping[str, Any]) -> Resource:
    """What the object is. A kind that Kubernetes does not know has a namespace if it says one."""
    group, _, version = str(value.get("apiVersion", "")).rpartition("/")
    kind = str(value.get("kind", ""))
    metadata = value.get("metadata")
    says = isinstance(metadata, Mapping) and bool(metadata.get("namespace"))
    is_cluster = (group, kind) in _BUILT_IN_CLUSTER
    is_known = "." not in group or group.endswith(".k8s.io")
    is_namespaced = not is_cluster and (says or is_known or not kind.startswith("Cluster"))
    return Resource(group, version, kind, plural(kind), is_namespaced, is_known)


def plural(kind: str) -> str:
    """The resource's name of a kind: `networkpolicies` of NetworkPolicy."""
    word = kind.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return f"{word}es"
    if word.endswith("y") and word[-2:-1] not in ("a", "e", "i", "o", "u"):
        return f"{word[:-1]}ies"
    return f"{word}s"
