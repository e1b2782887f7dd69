"""Changes that can hurt what runs, found by comparing one component's objects before and after.

Finds, and says nothing in words: those are in `bot/report/dangers.py`. That two components claim one host is
not seen here, for each is looked at alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from bot.kubernetes.budgets import blocked
from bot.kubernetes.claims import Claim
from bot.kubernetes.identity import Object, at, identify
from bot.kubernetes.immutable import IMMUTABLE, changed, shrunk
from bot.kubernetes.lasting import LASTING
from bot.kubernetes.removals import RUNNING, SCALED, Objects, removals
from bot.kubernetes.selectors import has_labels
from bot.kubernetes.totals import autoscaled, replicas
from bot.model.plan import Danger, Fact

KINDS: Mapping[str, str] = {
    "namespace-removed": "a Namespace goes away, with all that is in it",
    "definition-removed": "a CustomResourceDefinition goes away, with all objects of its kind in the cluster",
    "database-removed": "a CloudNativePG Cluster goes away, with its volumes",
    "volume-removed": "a PersistentVolumeClaim goes away",
    "bucket-removed": "a bucket goes away",
    "stateful-removed": "a StatefulSet with volumes goes away",
    "left-behind": "it stays and its file goes; `beside`: kinds of what goes away with that, if any",
    "starts-empty": "a new one of the kind of those that go: `former`",
    "moved": "objects change their namespace: `from`, `to`, `number`; which of them are deleted with data "
    "(`lost`), stay as well (`kept`), are the `same` afterwards, leave volumes `behind`",
    "component-removed": "all of it goes: `replicas`, from `least` on; who is not found any more, `answers`; "
    "whose data is `lost`, in memory (`forgets`), or on volumes that stay `behind`",
    "workload-removed": "a workload goes and nothing takes its place: as for a component",
    "service-removed": "a Service goes away",
    "storage-shrinks": "a volume is to get smaller; `field`, `was`, `now`",
    "selector": "a workload's pod selector changes; `was`, `now`",
    "immutable-field": "a field changes that cannot; `field`, and `was` and `now` where they are short",
    "replicas-zero": "a workload that runs is scaled to nothing; `was`: how many at most",
    "no-endpoints": "a Service takes none of the component's pods any more; `selector`",
    "host-released": "nobody answers for a host any more, or for `paths` of it; `host`",
    "eviction-blocked": "a PodDisruptionBudget lets no pod go; `rule`, `replicas`",
    "controller-changed": "another workload takes the place of one: `to`",
}
"""Every kind of danger and its facts, worst first. `number`, `least`, `replicas` and the `was` of replicas
are numbers; `paths`, `beside`, `former`, `answers` and the fates of data are lists; all others one text."""

_SHORT = 120
_WORKLOADS = frozenset(("apps", "argoproj.io", "batch"))

WATCHED = frozenset(
    kind.lower()
    for kind in (
        *(kind for _, kind in (*IMMUTABLE, *LASTING, *RUNNING)),
        *("ConfigMap", "HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget"),
        *("HTTPRoute", "GRPCRoute", "TLSRoute", "Ingress"),
    )
)
"""Kinds, in lower case, without a change in which nothing is dangerous but a move to another namespace."""


def dangers(
    before: Iterable[Object],
    after: Iterable[Object],
    elsewhere: Iterable[Claim] = (),
    leaving: Iterable[Object] = (),
) -> tuple[Danger, ...]:
    """What can hurt when a component's objects in one environment change so; worst first.

    `elsewhere`: hosts for which others answer from now on, so that they are not given up. `leaving`: objects
    of other components that go away in the same change.
    """
    old, new = ({identify(one): one for one in objects} for objects in (before, after))
    found = [
        *removals(old, new, tuple(elsewhere), tuple(leaving)),
        *_changed(old, new),
        *_stopped(old, new),
        *_unserved(old, new),
        *_stuck(old, new),
    ]
    rank = list(KINDS)
    return tuple(sorted(found, key=lambda one: (rank.index(one.kind), one.object, str(one.facts))))


def _changed(old: Objects, new: Objects) -> Iterator[Danger]:
    for identity in old.keys() & new.keys():
        before, after = old[identity], new[identity]
        for field, was, now, is_ignored in changed(before, after):
            is_selector = field == "spec.selector" and identity.group in _WORKLOADS
            facts = {"field": field, **_values(was, now)}
            if is_ignored:
                facts["case"] = "ignored-long" if facts.get("case") else "ignored"
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


def _stopped(old: Objects, new: Objects) -> Iterator[Danger]:
    before, after = autoscaled(old.values()), autoscaled(new.values())
    for identity in old.keys() & new.keys():
        if (identity.group, identity.kind) not in SCALED:
            continue
        was, now = replicas(old[identity], before).most, replicas(new[identity], after).most
        if was > 0 and now == 0:
            yield Danger("replicas-zero", str(identity), {"was": was, "case": "one" if was == 1 else ""})


def _unserved(old: Objects, new: Objects) -> Iterator[Danger]:
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


def _stuck(old: Objects, new: Objects) -> Iterator[Danger]:
    before = {stuck.budget for stuck in blocked(old)}
    for stuck in blocked(new):
        if stuck.budget not in before:
            facts: dict[str, Fact] = {"rule": stuck.rule}
            if stuck.replicas is not None:
                facts |= {"replicas": stuck.replicas, "case": "replicas"}
            yield Danger("eviction-blocked", str(stuck.budget), facts)
