"""What objects ask a cluster for: replicas, CPU, memory and storage. Counts requests; knows no prices.

A DaemonSet counts as one pod, because how many nodes there are is not written in it; a CronJob as one run.
What cannot be read as a quantity counts as nothing: to refuse it is the validation's work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bot.kubernetes.identity import Identity, Object, at, identify, items, number, text
from bot.kubernetes.pods import Ask, pod_ask, storage_ask
from bot.model.plan import Totals

APPS, BATCH, ROLLOUTS, CNPG = "apps", "batch", "argoproj.io", "postgresql.cnpg.io"
_KEDA_MOST = 100
"""KEDA's `maxReplicaCount` when none is said: https://keda.sh/docs/latest/reference/scaledobject-spec/"""


class Range(NamedTuple):
    """How many replicas there are at least and at most."""

    least: int
    most: int


def totals(objects: Iterable[Object]) -> Totals:
    """The sum over all objects, all replicas together; under an autoscaler from its least to its most."""
    known = list(objects)
    scales = autoscaled(known)
    templates = {identify(one): at(one, "spec", "template") for one in known}
    borrowed = {target for one in known if (target := _borrows(one))}
    total = Totals()
    for one in known:
        identity = identify(one)
        count = _COUNTS.get((identity.group, identity.kind))
        if count is not None and identity not in borrowed:
            lent = templates.get(_borrows(one) or identity)
            total += count(one, replicas(one, scales), lent)
    return total


def autoscaled(objects: Iterable[Object]) -> Mapping[Identity, Range]:
    """The workloads that an autoscaler owns (HorizontalPodAutoscaler, KEDA's ScaledObject), and its range."""
    found: dict[Identity, Range] = {}
    for one in objects:
        identity = identify(one)
        spec = at(one, "spec")
        match identity.group, identity.kind:
            case "autoscaling", "HorizontalPodAutoscaler":
                most = number(spec, "maxReplicas", default=1)
                found[_target(one)] = Range(min(number(spec, "minReplicas", default=1), most), most)
            case "keda.sh", "ScaledObject":
                most = number(spec, "maxReplicaCount", default=_KEDA_MOST)
                found[_target(one)] = Range(min(number(spec, "minReplicaCount", default=0), most), most)
    return found


def replicas(one: Object, scales: Mapping[Identity, Range]) -> Range:
    """How many pods the workload wants. One that is scaled to 0 by hand is left there by its autoscaler."""
    said = number(one, "spec", "replicas", default=1)
    scale = scales.get(identify(one))
    return scale if scale is not None and said > 0 else Range(said, said)


def _target(one: Object) -> Identity:
    target = at(one, "spec", "scaleTargetRef")
    group = text(target, "apiVersion").rpartition("/")[0] or APPS
    kind = text(target, "kind") or "Deployment"
    return Identity(group, kind, identify(one).namespace, text(target, "name"))


def _borrows(one: Object) -> Identity | None:
    """The Deployment whose pods an Argo Rollout takes over, if it names one."""
    reference = at(one, "spec", "workloadRef")
    if identify(one).group != ROLLOUTS or not isinstance(reference, Mapping):
        return None
    group = text(reference, "apiVersion").rpartition("/")[0]
    return Identity(group, text(reference, "kind"), identify(one).namespace, text(reference, "name"))


def _workload(one: Object, scale: Range, template: object) -> Totals:
    ask = pod_ask(at(template, "spec"))
    for claim in items(one, "spec", "volumeClaimTemplates"):
        ask += storage_ask(at(claim, "spec"))
    return _times(ask, scale)


def _daemons(_one: Object, _scale: Range, template: object) -> Totals:
    return _times(pod_ask(at(template, "spec")), Range(1, 1))


def _job(one: Object, _scale: Range, template: object) -> Totals:
    return _runs(at(one, "spec"), at(template, "spec"))


def _cron_job(one: Object, _scale: Range, _template: object) -> Totals:
    if at(one, "spec", "suspend") is True:
        return Totals()
    job = at(one, "spec", "jobTemplate", "spec")
    return _runs(job, at(job, "template", "spec"))


def _runs(job: object, pod: object) -> Totals:
    parallel = number(job, "parallelism", default=1)
    running = 0 if at(job, "suspend") is True else min(parallel, number(job, "completions", default=parallel))
    return _times(pod_ask(pod), Range(running, running))


def _pod(one: Object, _scale: Range, _template: object) -> Totals:
    return _times(pod_ask(at(one, "spec")), Range(1, 1))


def _claim(one: Object, _scale: Range, _template: object) -> Totals:
    return Totals(storage=storage_ask(at(one, "spec")).storage)


def _database(one: Object, _scale: Range, _template: object) -> Totals:
    """CloudNativePG's Cluster: https://cloudnative-pg.io/documentation/current/cloudnative-pg.v1/"""
    spec = at(one, "spec")
    ask = pod_ask({"containers": [{"resources": at(spec, "resources")}]})
    volumes = [at(spec, "storage"), at(spec, "walStorage")]
    volumes += [at(space, "storage") for space in items(spec, "tablespaces")]
    for volume in volumes:
        ask += storage_ask({"resources": {"requests": {"storage": at(volume, "size")}}})
    instances = number(spec, "instances", default=1)
    return _times(ask, Range(instances, instances))


def _pooler(one: Object, _scale: Range, template: object) -> Totals:
    instances = number(one, "spec", "instances", default=1)
    return _times(pod_ask(at(template, "spec")), Range(instances, instances))


def _times(ask: Ask, scale: Range) -> Totals:
    return Totals(
        least_replicas=scale.least,
        most_replicas=scale.most,
        least_cpu=ask.cpu * scale.least,
        most_cpu=ask.cpu * scale.most,
        least_memory=ask.memory * scale.least,
        most_memory=ask.memory * scale.most,
        storage=ask.storage * scale.most,
    )


_COUNTS: Mapping[tuple[str, str], Callable[[Object, Range, object], Totals]] = {
    (APPS, "Deployment"): _workload,
    (APPS, "StatefulSet"): _workload,
    (APPS, "ReplicaSet"): _workload,
    (ROLLOUTS, "Rollout"): _workload,
    (APPS, "DaemonSet"): _daemons,
    (BATCH, "Job"): _job,
    (BATCH, "CronJob"): _cron_job,
    ("", "Pod"): _pod,
    ("", "PersistentVolumeClaim"): _claim,
    (CNPG, "Cluster"): _database,
    (CNPG, "Pooler"): _pooler,
}
