"""Changes that can hurt what runs, found by comparing one component's objects before and after.

Finds, and says nothing in words: those are in `bot/report/dangers.py`. That two components claim one host is
not seen here, for each is looked at alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from bot.kubernetes.budgets import blocked
from bot.kubernetes.claims import Claim, claims, released
from bot.kubernetes.identity import Identity, Object, at, identify, text
from bot.kubernetes.immutable import IMMUTABLE, changed, shrunk
from bot.kubernetes.selectors import has_labels
from bot.kubernetes.totals import autoscaled, replicas
from bot.model.plan import Danger, Fact

KINDS: Mapping[str, str] = {
    "namespace-removed": "a Namespace goes away, with all that is in it",
    "definition-removed": "a CustomResourceDefinition goes away, with all objects of its kind in the cluster",
    "database-removed": "a CloudNativePG Cluster goes away, with its volumes",
    "volume-removed": "a PersistentVolumeClaim goes away",
    "bucket-removed": "a bucket goes away",
    "stateful-removed": "a StatefulSet goes away",
    "moved": "objects change their namespace: deleted in one, made in another; `from`, `to`, `number`",
    "storage-shrinks": "a volume is to get smaller; `field`, `was`, `now`",
    "selector": "a workload's pod selector changes; `was`, `now`",
    "immutable-field": "a field changes that cannot; `field`, and `was` and `now` where they are short",
    "replicas-zero": "a workload that runs is scaled to nothing; `was`: how many at most",
    "no-endpoints": "a Service takes none of the component's pods any more; `selector`",
    "host-released": "nobody answers for a host any more, or for `paths` of it; `host`",
    "eviction-blocked": "a PodDisruptionBudget lets no pod go; `rule`, `replicas`",
}
"""Every kind of danger and its facts, worst first. Each fact but `number`, `replicas`, `was` is text."""

_SCALED = frozenset(
    (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("argoproj.io", "Rollout"))
)
_REMOVED: Mapping[tuple[str, str], str] = {
    ("", "Namespace"): "namespace-removed",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "definition-removed",
    ("postgresql.cnpg.io", "Cluster"): "database-removed",
    ("", "PersistentVolumeClaim"): "volume-removed",
    ("apps", "StatefulSet"): "stateful-removed",
}
_BUCKETS = frozenset(("Bucket", "BucketClaim", "ObjectBucketClaim", "StorageBucket"))
"""Crossplane's and ACK's, COSI's, Rook's and Config Connector's."""
_NO_BUCKETS = "source.toolkit.fluxcd.io"
"""Flux's Bucket is a place to read from: nothing is lost with it."""
_SHORT = 120
_WORKLOADS = frozenset(("apps", "argoproj.io", "batch"))

WATCHED = frozenset(
    kind.lower()
    for kind in (
        *(kind for _, kind in (*IMMUTABLE, *_REMOVED, *_SCALED)),
        *(*_BUCKETS, "ConfigMap", "HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget"),
        *("HTTPRoute", "GRPCRoute", "TLSRoute", "Ingress"),
    )
)
"""Kinds, in lower case, without a change in which nothing is dangerous but a move to another namespace."""

_Objects = Mapping[Identity, Object]


def dangers(
    before: Iterable[Object], after: Iterable[Object], elsewhere: Iterable[Claim] = ()
) -> tuple[Danger, ...]:
    """What can hurt when a component's objects in one environment change so; worst first.

    `elsewhere`: hosts for which others answer from now on, so that they are not given up.
    """
    old, new = ({identify(one): one for one in objects} for objects in (before, after))
    found = [
        *_removed(old, new),
        *_moved(old, new),
        *_changed(old, new),
        *_stopped(old, new),
        *_unserved(old, new),
        *_released(old, new, elsewhere),
        *_stuck(old, new),
    ]
    rank = list(KINDS)
    return tuple(sorted(found, key=lambda one: (rank.index(one.kind), one.object, str(one.facts))))


def _removed(old: _Objects, new: _Objects) -> Iterator[Danger]:
    for identity, one in old.items():
        if identity not in new and (kind := _loss(identity)) and not _outlives(one):
            yield Danger(kind, str(identity))


def _loss(identity: Identity) -> str:
    if identity.kind in _BUCKETS and identity.group != _NO_BUCKETS:
        return "bucket-removed"
    return _REMOVED.get((identity.group, identity.kind), "")


def _outlives(one: Object) -> bool:
    """Whether Argo CD or Flux leave it when it is gone from git.

    Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources and
    https://fluxcd.io/flux/components/kustomize/kustomizations/#prune
    """
    notes = at(one, "metadata", "annotations")
    options = {option.strip() for option in text(notes, "argocd.argoproj.io/sync-options").split(",")}
    return "Prune=false" in options or text(notes, "kustomize.toolkit.fluxcd.io/prune").lower() == "disabled"


def _moved(old: _Objects, new: _Objects) -> Iterator[Danger]:
    """One danger for each way from namespace to namespace, however many objects go it."""
    arrived = {one._replace(namespace=""): one for one in new if one not in old}
    ways: dict[tuple[str, str], list[Identity]] = {}
    for identity in old.keys() - new.keys():
        there = arrived.get(identity._replace(namespace=""))
        if there is not None:
            ways.setdefault((identity.namespace, there.namespace), []).append(identity)
    for (source, target), moved in ways.items():
        first = min(moved, key=lambda one: (not _loss(one), (one.group, one.kind) not in _SCALED, str(one)))
        case = "one" if len(moved) == 1 else ""
        yield Danger("moved", str(first), {"from": source, "to": target, "number": len(moved), "case": case})


def _changed(old: _Objects, new: _Objects) -> Iterator[Danger]:
    for identity in old.keys() & new.keys():
        before, after = old[identity], new[identity]
        for field, was, now in changed(before, after):
            is_selector = field == "spec.selector" and identity.group in _WORKLOADS
            facts = {"field": field, **_values(was, now)}
            if is_selector and identity.kind == "Rollout":
                facts["case"] = "Rollout"
            yield Danger("selector" if is_selector else "immutable-field", str(identity), facts)
        for field, size, smaller in shrunk(before, after):
            yield Danger("storage-shrinks", str(identity), {"field": field, "was": size, "now": smaller})


def _values(was: object, now: object) -> dict[str, Fact]:
    """Both values, when they are short enough to be read in a sentence."""
    said = [_brief(was), _brief(now)]
    return {"was": said[0], "now": said[1]} if max(map(len, said)) <= _SHORT else {"case": "long"}


def _brief(value: object) -> str:
    if value is None or value == "":
        return "nothing"
    labels = at(value, "matchLabels")
    if isinstance(labels, Mapping) and isinstance(value, Mapping) and len(value) == 1:
        return ", ".join(f"{key}={labels[key]}" for key in sorted(labels))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _stopped(old: _Objects, new: _Objects) -> Iterator[Danger]:
    before, after = autoscaled(old.values()), autoscaled(new.values())
    for identity in old.keys() & new.keys():
        if (identity.group, identity.kind) not in _SCALED:
            continue
        was, now = replicas(old[identity], before).most, replicas(new[identity], after).most
        if was > 0 and now == 0:
            yield Danger("replicas-zero", str(identity), {"was": was, "case": "one" if was == 1 else ""})


def _unserved(old: _Objects, new: _Objects) -> Iterator[Danger]:
    """A Service that took pods of the component and takes none now, whichever of both changed."""
    for identity in old.keys() & new.keys():
        selector = at(new[identity], "spec", "selector")
        if (identity.group, identity.kind) != ("", "Service") or not isinstance(selector, Mapping):
            continue
        was = any(_takes(old[identity], one) for one in old.values())
        if was and not any(_takes(new[identity], one) for one in new.values()):
            yield Danger("no-endpoints", str(identity), {"selector": _brief({"matchLabels": selector})})


def _takes(service: Object, one: Object) -> bool:
    selector, labels = at(service, "spec", "selector"), pod_labels(one)
    return bool(selector) and labels is not None and has_labels(labels, selector)


def pod_labels(one: Object) -> Mapping[str, object] | None:
    """The labels of the pods that a workload makes; None for what makes no pods."""
    labels = at(one, "spec", "template", "metadata", "labels")
    return labels if isinstance(labels, Mapping) else None


def _released(old: _Objects, new: _Objects, elsewhere: Iterable[Claim]) -> Iterator[Danger]:
    for host, paths, object_ in released(claims(old.values()), (*claims(new.values()), *elsewhere)):
        yield Danger(
            "host-released", object_, {"host": host, "paths": paths, "case": "paths" if paths else ""}
        )


def _stuck(old: _Objects, new: _Objects) -> Iterator[Danger]:
    before = {stuck.budget for stuck in blocked(old)}
    for stuck in blocked(new):
        if stuck.budget not in before:
            facts: dict[str, Fact] = {"rule": stuck.rule}
            if stuck.replicas is not None:
                facts |= {"replicas": stuck.replicas, "case": "replicas"}
            yield Danger("eviction-blocked", str(stuck.budget), facts)
