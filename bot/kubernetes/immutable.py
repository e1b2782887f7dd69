"""Fields that nobody can change once an object is there. Judges two versions of one object.

Sources: the Validate...Update functions of https://github.com/kubernetes/kubernetes/tree/v1.34.0/pkg/apis, in
the packages `apps`, `batch`, `core`, `rbac`, `scheduling`, `storage` and `networking`; for
CustomResourceDefinition those of `apiextensions-apiserver`. Of custom kinds: the rules in their definitions,
in the versions that `bot/adapters/crds/NOTICE.md` names, and for CloudNativePG's Cluster
`internal/webhook/v1/cluster_webhook.go`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.kubernetes.identity import Object, at, identify, text
from bot.kubernetes.quantity import quantity

Path = tuple[str, ...]


class Fixed(NamedTuple):
    """A field that cannot change. What is not said counts as `default`, as the API server fills it in."""

    path: Path
    default: object = None
    only_said: bool = False
    """Whether it may be said later and be left out later: a rule on the field's own value."""
    is_ignored: bool = False
    """Whether nobody refuses the change, because nobody reads the field again."""


class Changed(NamedTuple):
    """A field that changes although it cannot: its path with dots, and both values."""

    field: str
    before: object
    after: object
    is_ignored: bool = False


class Shrunk(NamedTuple):
    """Storage that would get smaller, which no volume can: the field, and both quantities."""

    field: str
    before: str
    after: str


_SELECTOR = Fixed(("spec", "selector"))
_BINDING = (Fixed(("roleRef",)),)
_DATABASE = (
    *("name", "template", "encoding", "locale", "localeProvider", "localeCollate", "localeCType"),
    *("icuLocale", "icuRules", "builtinLocale", "collationVersion"),
)

IMMUTABLE: Mapping[tuple[str, str], tuple[Fixed, ...]] = {
    ("apps", "Deployment"): (_SELECTOR,),
    ("apps", "DaemonSet"): (_SELECTOR,),
    ("apps", "ReplicaSet"): (_SELECTOR,),
    # Argo Rollouts takes the change, and leaves the pods that run to nobody.
    ("argoproj.io", "Rollout"): (_SELECTOR,),
    ("apps", "StatefulSet"): (
        _SELECTOR,
        Fixed(("spec", "serviceName"), ""),
        Fixed(("spec", "podManagementPolicy"), "OrderedReady"),
        Fixed(("spec", "volumeClaimTemplates")),
    ),
    ("batch", "Job"): (
        _SELECTOR,
        Fixed(("spec", "template")),
        Fixed(("spec", "completions")),
        Fixed(("spec", "completionMode"), "NonIndexed"),
        Fixed(("spec", "podFailurePolicy")),
    ),
    ("", "PersistentVolumeClaim"): (
        Fixed(("spec", "accessModes")),
        Fixed(("spec", "storageClassName")),
        Fixed(("spec", "volumeMode"), "Filesystem"),
        Fixed(("spec", "volumeName"), ""),
        Fixed(("spec", "selector")),
        Fixed(("spec", "dataSource")),
        Fixed(("spec", "dataSourceRef")),
    ),
    ("", "Service"): (Fixed(("spec", "clusterIP"), ""),),
    ("", "Secret"): (Fixed(("type",), "Opaque"),),
    ("storage.k8s.io", "StorageClass"): (
        Fixed(("provisioner",)),
        Fixed(("parameters",)),
        Fixed(("reclaimPolicy",), "Delete"),
        Fixed(("volumeBindingMode",), "Immediate"),
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _BINDING,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _BINDING,
    ("scheduling.k8s.io", "PriorityClass"): (
        Fixed(("value",), 0),
        Fixed(("preemptionPolicy",), "PreemptLowerPriority"),
    ),
    ("networking.k8s.io", "IngressClass"): (Fixed(("spec", "controller")),),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        Fixed(("spec", "group")),
        Fixed(("spec", "scope")),
        Fixed(("spec", "names", "kind")),
    ),
    ("s3.services.k8s.aws", "Bucket"): (
        Fixed(("spec", "name")),
        # Read for CreateBucket alone: `customUpdateBucket` in the controller's pkg/resource/bucket/hook.go.
        Fixed(("spec", "createBucketConfiguration", "locationConstraint"), is_ignored=True),
    ),
    # Bound once: https://rook.io/docs/rook/latest/Storage-Configuration/Object-Storage-RGW/ceph-object-bucket-claim/
    ("objectbucket.io", "ObjectBucketClaim"): (Fixed(("spec", "bucketName"), is_ignored=True),),
    ("postgresql.cnpg.io", "Cluster"): (
        Fixed(("spec", "postgresUID"), 26),
        Fixed(("spec", "postgresGID"), 26),
        # How a new cluster is made: https://cloudnative-pg.io/documentation/current/bootstrap/
        Fixed(("spec", "bootstrap"), is_ignored=True),
    ),
    ("postgresql.cnpg.io", "Database"): (
        Fixed(("spec", "cluster")),
        *(Fixed(("spec", key), only_said=True) for key in _DATABASE),
    ),
    ("postgresql.cnpg.io", "Pooler"): (Fixed(("spec", "cluster")),),
    ("postgresql.cnpg.io", "ScheduledBackup"): (Fixed(("spec", "cluster")),),
}
_SEALED = tuple(Fixed((key,)) for key in ("data", "binaryData", "stringData"))
"""Of a Secret or ConfigMap that says `immutable: true`."""

_GROWS: Mapping[tuple[str, str], tuple[Path, ...]] = {
    ("", "PersistentVolumeClaim"): (("spec", "resources", "requests", "storage"),),
    # CloudNativePG refuses it: https://cloudnative-pg.io/documentation/current/storage/
    ("postgresql.cnpg.io", "Cluster"): (("spec", "storage", "size"), ("spec", "walStorage", "size")),
}


def changed(before: Object, after: Object) -> Iterator[Changed]:
    """Immutable fields that differ. Nothing for what is deleted and made anew when it changes."""
    if _is_replaced(after):
        return
    for path, default, only_said, is_ignored in _fixed(before, after):
        was, now = at(before, *path), at(after, *path)
        is_free = only_said and None in (was, now)
        if not is_free and (default if was is None else was) != (default if now is None else now):
            yield _deepest(path, was, now, is_ignored=is_ignored)
    yield from _downgraded(before, after)


def _deepest(path: Path, was: object, now: object, *, is_ignored: bool) -> Changed:
    """The change at its own place: what is fixed as a whole mostly changes in one field."""
    while is_ignored and isinstance(was, Mapping) and isinstance(now, Mapping):
        keys = [key for key in was.keys() | now.keys() if was.get(key) != now.get(key)]
        if len(keys) != 1:
            break
        path, was, now = (*path, str(keys[0])), was.get(keys[0]), now.get(keys[0])
    return Changed(".".join(path), was, now, is_ignored)


def _downgraded(before: Object, after: Object) -> Iterator[Changed]:
    """CloudNativePG goes to no older major version, and takes no volume of the log away."""
    identity = identify(after)
    if (identity.group, identity.kind) != ("postgresql.cnpg.io", "Cluster"):
        return
    (_, old), (field, new) = _major(before), _major(after)
    if new < old:
        yield Changed(field, *(at(one, *field.split(".")) for one in (before, after)))
    log = at(before, "spec", "walStorage")
    if log is not None and at(after, "spec", "walStorage") is None:
        yield Changed("spec.walStorage", log, None)


def _major(cluster: Object) -> tuple[str, int]:
    """The field that says PostgreSQL's major version, and that; 0 where it cannot be told."""
    major = at(cluster, "spec", "imageCatalogRef", "major")
    if isinstance(major, int):
        return "spec.imageCatalogRef.major", major
    tag = re.search(r":([0-9]{1,3})(?![0-9])[^/:]*$", text(cluster, "spec", "imageName").partition("@")[0])
    return "spec.imageName", int(tag[1]) if tag else 0


def shrunk(before: Object, after: Object) -> Iterator[Shrunk]:
    """Storage that gets smaller. What is no quantity is passed over."""
    identity = identify(after)
    for path in _GROWS.get((identity.group, identity.kind), ()):
        was, now = at(before, *path), at(after, *path)
        try:
            is_less = quantity(now) < quantity(was)
        except ValueError:
            continue
        if is_less:
            yield Shrunk(".".join(path), str(was), str(now))


def _fixed(before: Object, after: Object) -> tuple[Fixed, ...]:
    identity = identify(after)
    kind = identity.group, identity.kind
    fixed = IMMUTABLE.get(kind, ())
    if kind == ("", "Service") and "ExternalName" in {text(one, "spec", "type") for one in (before, after)}:
        return ()
    if kind in {("", "Secret"), ("", "ConfigMap")} and at(before, "immutable") is True:
        return (*fixed, *_SEALED, Fixed(("immutable",), default=False))
    return fixed


def _is_replaced(one: Object) -> bool:
    """Whether Argo CD or Flux deletes it first: hooks, and objects that ask to be forced.

    Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/ (Replace, Force) and
    https://fluxcd.io/flux/components/kustomize/kustomizations/#force
    """
    notes = at(one, "metadata", "annotations")
    options = {option.strip() for option in text(notes, "argocd.argoproj.io/sync-options").split(",")}
    return (
        bool(text(notes, "argocd.argoproj.io/hook"))
        or {"Force=true", "Replace=true"} <= options
        or text(notes, "kustomize.toolkit.fluxcd.io/force").lower() == "enabled"
    )
