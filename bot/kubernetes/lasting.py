"""What holds data, and what stays in the cluster when its file is gone. Judges objects one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.kubernetes.identity import Identity, Object, at, identify, items, text

_LOSSES: Mapping[tuple[str, str], str] = {
    ("", "Namespace"): "namespace-removed",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "definition-removed",
    ("postgresql.cnpg.io", "Cluster"): "database-removed",
    ("", "PersistentVolumeClaim"): "volume-removed",
}
_BUCKETS = frozenset(("Bucket", "BucketClaim", "ObjectBucketClaim", "StorageBucket"))
"""Crossplane's and ACK's, COSI's, Rook's and Config Connector's."""
_NO_BUCKETS = "source.toolkit.fluxcd.io"
"""Flux's Bucket is a place to read from: nothing is lost with it."""
_STATEFUL = ("apps", "StatefulSet")
_ACK, _ACK_POLICY = ".services.k8s.aws", "services.k8s.aws/deletion-policy"
_ENVELOPES = frozenset(("namespace-removed", "definition-removed"))

LASTING = frozenset((*_LOSSES, _STATEFUL, *(("", kind) for kind in _BUCKETS)))
"""Groups and kinds that may hold data; a bucket's group may be any."""


def loss(one: Object) -> str:
    """The danger when it is deleted, of those that `KINDS` names; empty for what holds nothing that lasts."""
    identity = identify(one)
    if identity.kind in _BUCKETS and identity.group != _NO_BUCKETS:
        return "bucket-removed"
    if (identity.group, identity.kind) == _STATEFUL:
        return "stateful-removed" if any(items(one, "spec", "volumeClaimTemplates")) else ""
    return _LOSSES.get((identity.group, identity.kind), "")


def holds_data(one: Object) -> bool:
    """Whether a new one of its kind starts empty."""
    return loss(one) not in ("", *_ENVELOPES)


def starts_full(one: Object) -> bool:
    """Whether it is made from data that is there already: a database from a backup, a volume from another."""
    spec = at(one, "spec")
    is_restored = bool(at(spec, "bootstrap", "recovery") or at(spec, "bootstrap", "pg_basebackup"))
    return is_restored or any(at(spec, key) for key in ("dataSource", "dataSourceRef", "volumeName"))


def is_same_store(one: Object, other: Object) -> bool:
    """Whether two objects mean the very same bucket: the names of S3's are one space for all."""
    identity = identify(one)
    name = text(one, "spec", "name")
    is_s3 = identity.kind == "Bucket" and identity.group == f"s3{_ACK}" == identify(other).group
    return is_s3 and bool(name) and name == text(other, "spec", "name")


def stays(one: Object, *, is_whole: bool) -> bool:
    """Whether it, or what it stands for, is still there when its file is gone.

    `is_whole`: its component's whole folder goes, and Argo CD's Application with it, which hears another word
    than a sync, and Helm's. Which tool delivers is not known here: the word of either counts.
    Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/ (Prune, Delete),
    https://argo-cd.readthedocs.io/en/stable/operator-manual/upgrading/2.7-2.8/ (helm.sh/resource-policy),
    https://fluxcd.io/flux/components/kustomize/kustomizations/#prune and
    https://aws-controllers-k8s.github.io/community/docs/user-docs/deletion-policy/
    """
    notes = at(one, "metadata", "annotations")
    options = {option.strip() for option in text(notes, "argocd.argoproj.io/sync-options").split(",")}
    is_kept = text(notes, "helm.sh/resource-policy").strip() == "keep" or "Delete=false" in options
    is_retained = identify(one).group.endswith(_ACK) and text(notes, _ACK_POLICY).lower() == "retain"
    is_unpruned = text(notes, "kustomize.toolkit.fluxcd.io/prune").lower() == "disabled"
    return is_retained or is_unpruned or (is_kept if is_whole else "Prune=false" in options)


def staying(before: Iterable[Object], after: Iterable[Object]) -> tuple[Object, ...]:
    """What is in git no more, and in the cluster still."""
    now = {identify(one) for one in after}
    return tuple(one for one in before if identify(one) not in now and stays(one, is_whole=not now))


def moves(old: Iterable[Identity], new: Iterable[Identity]) -> Mapping[Identity, Identity]:
    """From each object that only changes its namespace to what it is there."""
    left, come = set(old), set(new)
    arrived = {one._replace(namespace=""): one for one in come - left}
    ways = ((one, arrived.get(one._replace(namespace=""))) for one in left - come)
    return {one: there for one, there in ways if there is not None}
