"""Dangers of what goes away: what is deleted, what stays behind, what stops, and what only moves.

A component that goes as a whole is one danger, beside those of the data in it. Says nothing in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.kubernetes.claims import Claim, claims, released
from bot.kubernetes.identity import Identity, Object, at, identify, items, text
from bot.kubernetes.lasting import holds_data, is_same_store, loss, moves, starts_full, stays
from bot.kubernetes.selectors import matches
from bot.kubernetes.totals import Range, autoscaled, replicas
from bot.model.plan import Danger, Fact

SCALED = frozenset(
    (("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet"), ("argoproj.io", "Rollout"))
)
RUNNING = frozenset((*SCALED, ("apps", "DaemonSet"), ("batch", "CronJob")))
_SERVICE = ("", "Service")
_FIRST = (
    *("ScheduledBackup", "ObjectStore", "ResourceQuota", "LimitRange", "NetworkPolicy", "SecretStore"),
    *("RoleBinding", "ExternalSecret", "PrometheusRule", "PodMonitor", "ServiceMonitor"),
)
"""What is missed most beside something that stays."""

Objects = Mapping[Identity, Object]


def removals(
    old: Objects, new: Objects, elsewhere: Iterable[Claim], leaving: Iterable[Object]
) -> Iterator[Danger]:
    """In no order. `elsewhere` as in `dangers`; `leaving`: what goes away with other components."""
    moved = moves(old, new)
    gone = {identity: one for identity, one in old.items() if identity not in new and identity not in moved}
    kept = {identity for identity, one in gone.items() if stays(one, is_whole=not new)}
    yield from _left(gone, kept)
    yield from _moved(old, new, moved)
    yield from _empty(
        gone, [one for key, one in new.items() if key not in old and key not in moved.values()], leaving
    )
    lost = {identity: one for identity, one in gone.items() if identity not in kept}
    if new:
        yield from _losses(lost)
        yield from _parts(old, new, lost)
        yield from _released(old, new, elsewhere)
    else:
        whole = {key: one for key, one in lost.items() if loss(one) != "stateful-removed"}
        yield from _losses(whole)
        yield from _whole(old, lost, elsewhere)


def _losses(lost: Objects) -> Iterator[Danger]:
    for identity, one in lost.items():
        if kind := loss(one):
            case = "deleted" if kind == "stateful-removed" and _takes_volumes_along(one) else ""
            yield Danger(kind, str(identity), {"case": case} if case else {})


def _takes_volumes_along(one: Object) -> bool:
    return text(one, "spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete"


def _left(gone: Objects, kept: set[Identity]) -> Iterator[Danger]:
    """What stays without a file, and the kinds of what went with it."""
    missed = {identity.kind for identity in gone if identity not in kept}
    rank = {kind: number for number, kind in enumerate(_FIRST)}
    beside = tuple(sorted(missed, key=lambda kind: (rank.get(kind, len(rank)), kind)))
    for identity in kept:
        if loss(gone[identity]) or _kind(identity) in RUNNING:
            case = "Namespace" if identity.kind == "Namespace" else ""
            facts: dict[str, Fact] = {"case": case} if case else {}
            yield Danger("left-behind", str(identity), facts | ({"beside": beside} if beside else {}))


def _empty(gone: Objects, come: Iterable[Object], leaving: Iterable[Object]) -> Iterator[Danger]:
    """New data stores that stand beside those that go, as after a change of name."""
    left = [one for one in (*gone.values(), *leaving) if holds_data(one)]
    for one in come:
        identity = identify(one)
        former = [other for other in left if _kind(identify(other)) == _kind(identity)]
        if not former or not holds_data(one) or starts_full(one):
            continue
        if not any(is_same_store(one, other) for other in former):
            names = tuple(sorted({str(identify(other)) for other in former}))
            yield Danger("starts-empty", str(identity), {"former": names})


def _moved(old: Objects, new: Objects, moved: Mapping[Identity, Identity]) -> Iterator[Danger]:
    """One danger for each way from namespace to namespace, however many objects go it."""
    ways: dict[tuple[str, str], list[Identity]] = {}
    for identity, there in moved.items():
        ways.setdefault((identity.namespace, there.namespace), []).append(identity)
    for (source, target), going in ways.items():
        first = min(going, key=lambda one: (not loss(old[one]), _kind(one) not in SCALED, str(one)))
        facts: dict[str, Fact] = {"from": source, "to": target, "number": len(going)}
        fates: dict[str, list[str]] = {}
        for one in sorted(going, key=str):
            if fate := _fate(old[one], new[moved[one]]):
                fates.setdefault(fate, []).append(str(one))
        case = "one" if len(going) == 1 else ""
        if case and fates and next(iter(fates)) in ("kept", "same"):
            case = next(iter(fates))
            fates = {}
        yield Danger(
            "moved", str(first), {**facts, "case": case, **{key: tuple(fates[key]) for key in fates}}
        )


def _fate(one: Object, there: Object) -> str:
    """What becomes of its data: `lost`, `kept` where it was, the `same` as before, `behind` on volumes."""
    if stays(one, is_whole=False):
        return "same" if is_same_store(one, there) else "kept"
    kind = loss(one)
    if kind == "stateful-removed" and not _takes_volumes_along(one):
        return "behind"
    return "lost" if holds_data(one) else ""


def _parts(old: Objects, new: Objects, lost: Objects) -> Iterator[Danger]:
    """What stops and is no longer found in a component that lives on."""
    scales = autoscaled(new.values())
    come = {identity: one for identity, one in new.items() if identity not in old and _runs(one, scales)}
    scales = autoscaled(old.values())
    for identity, one in lost.items():
        if _kind(identity) == _SERVICE:
            yield Danger("service-removed", str(identity))
        # What stops with its volumes is told by `_losses`.
        if loss(one) or not (facts := _runs(one, scales)):
            continue
        if heir := _heir(one, come):
            yield Danger("controller-changed", str(identity), {"to": str(heir)})
        else:
            yield Danger("workload-removed", str(identity), facts | _forgotten([one]))


def _heir(one: Object, come: Objects) -> Identity | None:
    """The new workload that takes its place: of the same name, or with pods that were its own."""
    identity = identify(one)
    for other, made in come.items():
        if (other.kind == "CronJob") != (identity.kind == "CronJob"):
            continue
        labels = at(made, "spec", "template", "metadata", "labels")
        is_alike = isinstance(labels, Mapping) and matches(at(one, "spec", "selector"), labels)
        if other.namespace == identity.namespace and (other.name == identity.name or is_alike):
            return other
    return None


def _whole(old: Objects, lost: Objects, elsewhere: Iterable[Claim]) -> Iterator[Danger]:
    """The component's end in one danger: what stops, and who answers no more."""
    scales = autoscaled(old.values())
    ranges = {identity: replicas(one, scales) for identity, one in lost.items() if _kind(identity) in SCALED}
    running = [key for key, one in lost.items() if _runs(one, scales)]
    stopped = [key for key, one in lost.items() if key in running or loss(one) == "stateful-removed"]
    hosts = [
        f"{host}{path}"
        for host, paths, _ in released(claims(lost.values()), elsewhere)
        for path in paths or ("",)
    ]
    answers = (*hosts, *sorted(str(identity) for identity in lost if _kind(identity) == _SERVICE))
    if not stopped and not answers:
        return
    facts: dict[str, Fact] = {"case": "idle"}
    if running:
        total = Range(sum(one.least for one in ranges.values()), sum(one.most for one in ranges.values()))
        first = min(running, key=lambda one: (_kind(one) not in SCALED, str(one)))
        facts = _running(lost[first], total)
    shown = min(stopped or lost, key=lambda one: (_kind(one) not in SCALED, _kind(one) != _SERVICE, str(one)))
    facts |= {"answers": answers} if answers else {}
    yield Danger("component-removed", str(shown), facts | _forgotten([lost[one] for one in stopped]))


def _runs(one: Object, scales: Mapping[Identity, Range]) -> dict[str, Fact]:
    return _running(one, replicas(one, scales)) if _kind(identify(one)) in RUNNING else {}


def _running(one: Object, scale: Range) -> dict[str, Fact]:
    """How much of it runs; empty where nothing does."""
    identity = identify(one)
    if identity.kind == "CronJob":
        return {} if at(one, "spec", "suspend") is True else {"case": "job"}
    if identity.kind == "DaemonSet":
        return {"case": "daemon"}
    if scale.least != scale.most:
        return {"least": scale.least, "replicas": scale.most, "case": "range"}
    return {"replicas": scale.most, "case": "one" if scale.most == 1 else ""} if scale.most else {}


def _forgotten(stopped: Iterable[Object]) -> dict[str, Fact]:
    """What becomes of the data of StatefulSets that stop."""
    found: dict[str, list[str]] = {}
    for one in stopped:
        identity = identify(one)
        if identity.kind != "StatefulSet":
            continue
        if not loss(one):
            is_bound = any(
                at(volume, "persistentVolumeClaim")
                for volume in items(one, "spec", "template", "spec", "volumes")
            )
            key = "" if is_bound else "forgets"
        else:
            key = "lost" if _takes_volumes_along(one) else "behind"
        found.setdefault(key, []).append(str(identity))
    return {key: tuple(sorted(names)) for key, names in found.items() if key}


def _released(old: Objects, new: Objects, elsewhere: Iterable[Claim]) -> Iterator[Danger]:
    for host, paths, object_ in released(claims(old.values()), (*claims(new.values()), *elsewhere)):
        yield Danger(
            "host-released", object_, {"host": host, "paths": paths, "case": "paths" if paths else ""}
        )


def _kind(identity: Identity) -> tuple[str, str]:
    return identity.group, identity.kind
