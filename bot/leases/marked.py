"""What every object of a request bears, and may not be, whatever its template says: so a new kind is safe.

What ends says when, by a label by which the cluster itself removes it; no request makes a namespace that the
cluster keeps for itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from bot.catalog.yaml12 import load
from bot.templating.canonical import dump

TTL = "cleanup.kyverno.io/ttl"
"""https://kyverno.io/docs/policy-types/cleanup-policy/#cleanup-label"""
EXPIRES = "roadcrew.dev/expires-at"
RESERVED = "roadcrew.dev/reserved-namespaces"
"""An annotation of the Platform: more of them, with `*` for any characters."""
_KEPT = (
    "default",
    "kube-*",
    "*-system",
    "openshift*",
    "argocd",
    "cert-manager",
    "external-dns",
    "external-secrets",
    "ingress-nginx",
    "kyverno",
    "monitoring",
    "roadcrew*",
    "vault",
)
"""Namespaces of Kubernetes and of what usually runs a cluster."""


def marked(files: Mapping[str, bytes], ttl: str, expires_at: str) -> Mapping[str, bytes]:
    """Canonical YAML by name, with the label and the annotation. Either is left out where it is empty."""
    if not ttl and not expires_at:
        return files
    labels, annotations = ({TTL: ttl} if ttl else {}), ({EXPIRES: expires_at} if expires_at else {})
    return {path: _marked(data, labels, annotations) for path, data in files.items()}


def _marked(data: bytes, labels: Mapping[str, str], annotations: Mapping[str, str]) -> bytes:
    value = load(data.decode())
    metadata: dict[str, Any] = {**value["metadata"]}
    for key, more in (("labels", labels), ("annotations", annotations)):
        if more:
            metadata[key] = {**(metadata.get(key) or {}), **more}
    return dump({**value, "metadata": metadata})


def reserved(files: Mapping[str, bytes], platform: Mapping[str, Any]) -> str:
    """The first namespace among them that is not to be had; empty where there is none."""
    said = (platform.get("metadata", {}).get("annotations") or {}).get(RESERVED)
    more = re.split(r"[,\s]+", said) if isinstance(said, str) else []
    for path in sorted(files):
        value = load(files[path].decode())
        if (value.get("apiVersion"), value.get("kind")) == ("v1", "Namespace"):
            name = str(value["metadata"]["name"])
            if any(fnmatchcase(name, one) for one in (*_KEPT, *filter(None, more))):
                return name
    return ""
