"""Fields that nobody can change once an object is there. Judges two versions of one object.

Sources: the Validate...Update functions of https://github.com/kubernetes/kubernetes/tree/v1.34.0/pkg/apis, in
the packages `apps`, `batch`, `core`, `rbac`, `scheduling`, `storage` and `networking`; for
CustomResourceDefinition those of `apiextensions-apiserver`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bot.kubernetes.identity import Object, at, identify, text
from bot.kubernetes.quantity import quantity

Path = tuple[str, ...]


class Fixed(NamedTuple):
    """A field that cannot change. What is not said counts as `default`, as the API server fills it in."""

    path: Path
    default: object = None


class Changed(NamedTuple):
    """A field that changes although it cannot: its path with dots, and both values."""

    field: str
    before: object
    after: object


class Shrunk(NamedTuple):
    """Storage that would get smaller, which no volume can: the field, and both quantities."""

    field: str
    before: str
    after: str


_SELECTOR = Fixed(("spec", "selector"))
_BINDING = (Fixed(("roleRef",)),)

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
    for path, default in _fixed(before, after):
        was, now = at(before, *path), at(after, *path)
        if (default if was is None else was) != (default if now is None else now):
            yield Changed(".".join(path), was, now)


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
