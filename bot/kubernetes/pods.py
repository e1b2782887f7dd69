"""What one pod asks for, as the scheduler counts it. Knows no replicas.

Sources: PodRequests in k8s.io/component-helpers/resource/helpers.go; "Resource sharing within containers" at
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bot.kubernetes.identity import at, items
from bot.kubernetes.quantity import thousandths, whole


class Ask(NamedTuple):
    """cpu in thousandths of a core, memory and storage in bytes."""

    cpu: int = 0
    memory: int = 0
    storage: int = 0

    def __add__(self, other: tuple[object, ...]) -> Ask:
        return Ask(*(mine + theirs for mine, theirs in zip(self, Ask._make(other), strict=True)))


def pod_ask(spec: object) -> Ask:
    """A pod spec's requests: containers with sidecars, or the init container that asks for more; overhead."""
    running = sum((_container(one) for one in items(spec, "containers")), Ask())
    sidecars = starting = Ask()
    for init in items(spec, "initContainers"):
        ask = _container(init)
        if at(init, "restartPolicy") == "Always":  # a sidecar: from here on it runs beside all that follow
            running += ask
            sidecars += ask
            ask = Ask()
        starting = _larger(starting, sidecars + ask)
    asked = _whole_pod(spec, _larger(running, starting)) + _quantities(at(spec, "overhead"))
    for volume in items(spec, "volumes"):
        asked += storage_ask(at(volume, "ephemeral", "volumeClaimTemplate", "spec"))
    return asked


def storage_ask(claim: object) -> Ask:
    """What the spec of a PersistentVolumeClaim asks for."""
    return Ask(storage=_read(whole, at(claim, "resources", "requests", "storage")))


def _container(container: object) -> Ask:
    return _requests(at(container, "resources"))


def _requests(resources: object) -> Ask:
    """Requests; where only a limit is said, Kubernetes takes that for the request."""
    said, limits = _quantities(at(resources, "requests")), _quantities(at(resources, "limits"))
    has_cpu, has_memory = (at(resources, "requests", name) is not None for name in ("cpu", "memory"))
    return Ask(said.cpu if has_cpu else limits.cpu, said.memory if has_memory else limits.memory)


def _whole_pod(spec: object, containers: Ask) -> Ask:
    """Requests of the pod as a whole stand above those of its containers (Kubernetes 1.34, beta)."""
    said = _requests(at(spec, "resources"))
    return Ask(said.cpu or containers.cpu, said.memory or containers.memory)


def _quantities(requests: object) -> Ask:
    return Ask(_read(thousandths, at(requests, "cpu")), _read(whole, at(requests, "memory")))


def _read(read: Callable[[object], int], value: object) -> int:
    try:
        return max(0, read(value))
    except ValueError:
        return 0


def _larger(one: Ask, other: Ask) -> Ask:
    return Ask(*(max(pair) for pair in zip(one, other, strict=True)))
