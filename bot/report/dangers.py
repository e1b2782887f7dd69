"""Dangers in words: what hurts, and what to do before the merge. The same danger is said once.

What kinds there are, and their facts, is said in `bot/kubernetes/dangers.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.kubernetes.dangers import KINDS
from bot.model.plan import Danger, Fact, RenderPart
from bot.report.groups import folder_of
from bot.report.own_words import OwnWords
from bot.report.sentences.words import Sentence, Words, put

_REPLACE = "Keep it; or give the object a new name, so that both stand side by side until you switch."
_REFUSED = "and cannot once it is there: the cluster will refuse it."
_IGNORED = "and is only read when the object is made: nothing will happen."
_UNATTENDED = "as its annotations ask: nobody looks after it any more."
_MOVES = "It moves from namespace {from} to {to}"
_SAME_ONE = "both objects mean the same bucket, and its contents stay."

WORDS: Mapping[str, Words] = {
    "namespace-removed": Words(
        "A namespace goes away",
        "The namespace is deleted, and everything that is left in it.",
        "Move away what must stay, and look that nothing else lives there.",
    ),
    "definition-removed": Words(
        "A definition goes away",
        "The definition is deleted, and with it every object of its kind in the cluster.",
        "Look that no such object is left in any namespace.",
    ),
    "database-removed": Words(
        "A database goes away",
        "The database is deleted, with its volumes and all that is in them.",
        "Take a backup, restore it once to see that it is good, and look that nobody reads from it any more.",
    ),
    "volume-removed": Words(
        "A volume goes away",
        "The volume claim is deleted, and with the usual reclaim policy its data.",
        "Copy away the data that must stay.",
    ),
    "bucket-removed": Words(
        "A bucket goes away",
        "The bucket is deleted; whether its contents are too, its deletion policy says.",
        "Copy away what must stay, or set the policy that keeps it.",
    ),
    "stateful-removed": Words(
        "A StatefulSet goes away",
        "Its pods stop; its volumes stay behind, and nothing uses them.",
        "Look that nobody needs what is on these volumes, or how it comes to its new place.",
        cases={"deleted": ("Its pods stop, and its volumes are deleted with it.", "")},
    ),
    "left-behind": Words(
        "Something stays that nobody looks after",
        f"It is gone from git and stays in the cluster, {_UNATTENDED}",
        "Keep it in the catalog while somebody needs it; if nobody does, delete it by hand after the merge.",
        cases={
            "Namespace": (
                f"It is gone from git and stays in the cluster with all that is in it, {_UNATTENDED}",
                "",
            )
        },
    ),
    "starts-empty": Words(
        "Something new starts empty",
        "It is new and starts empty: nothing comes over from {former:list}.",
        "If it is the same under a new name, keep the name, or bring the data over before anything uses it.",
    ),
    "moved": Words(
        "Objects change their namespace",
        f"{_MOVES}, {{number}} objects in all: they are made anew there, the old ones deleted.",
        "Plan a moment without traffic, and bring over yourself what data there is.",
        cases={
            "one": (
                f"{_MOVES}: it is made anew there, the old one deleted.",
                "",
            ),
            "kept": (
                f"{_MOVES}: a new one is made, and the old one stays, {_UNATTENDED}",
                "Bring over what data there is before anything uses the new one.",
            ),
            "same": (
                f"{_MOVES}; {_SAME_ONE}",
                "Look that its controller lets the new object take over what is there already.",
            ),
        },
    ),
    "component-removed": Words(
        "A component goes away",
        "The component goes away: {replicas} replicas stop.",
        "Look that nobody needs it any more.",
        cases={
            "one": ("The component goes away: 1 replica stops.", ""),
            "range": ("The component goes away: {least} to {replicas} replicas stop.", ""),
            "job": ("The component goes away: it runs no more.", ""),
            "daemon": ("The component goes away: it stops on every node.", ""),
            "idle": ("The component goes away.", ""),
        },
    ),
    "workload-removed": Words(
        "Something stops running",
        "It stops running: {replicas} replicas, and nothing takes their place.",
        "Look that nobody needs it any more.",
        cases={
            "one": ("It stops running: 1 replica, and nothing takes its place.", ""),
            "range": ("It stops running: {least} to {replicas} replicas, and nothing takes their place.", ""),
            "job": ("It runs no more, and nothing takes its place.", ""),
            "daemon": ("It stops running on every node, and nothing takes its place.", ""),
        },
    ),
    "service-removed": Words(
        "A Service goes away",
        "Who calls it by this name in the cluster gets no answer any more.",
        "Look that nobody calls it.",
    ),
    "storage-shrinks": Words(
        "A volume is to shrink",
        "{field} goes from {was} down to {now}, which no volume can: the cluster will refuse it.",
        "Keep the size; or make a new volume and copy the data.",
    ),
    "selector": Words(
        "A pod selector changes",
        f"Its pod selector changes from {{was}} to {{now}}, {_REFUSED}",
        _REPLACE,
        cases={
            "long": (f"Its pod selector changes, {_REFUSED}", ""),
            "Rollout": ("Its pod selector changes: the pods that run now belong to nobody, and stay.", ""),
        },
    ),
    "immutable-field": Words(
        "A field changes that cannot",
        f"{{field}} changes from {{was}} to {{now}}, {_REFUSED}",
        _REPLACE,
        cases={
            "long": (f"{{field}} changes, {_REFUSED}", ""),
            "ignored": (f"{{field}} changes from {{was}} to {{now}}, {_IGNORED}", ""),
            "ignored-long": (f"{{field}} changes, {_IGNORED}", ""),
        },
    ),
    "replicas-zero": Words(
        "Nothing runs any more",
        "It goes from {was} replicas to 0: nothing runs any more.",
        "Look that nobody calls it.",
        cases={"one": ("It goes from 1 replica to 0: nothing runs any more.", "")},
    ),
    "no-endpoints": Words(
        "A Service loses its pods",
        "It selects {selector}, which no pod of the component carries any more: requests get no answer.",
        "Make the Service's selector and the pods' labels the same.",
    ),
    "host-released": Words(
        "A host is given up",
        "Nobody answers for {host} any more: who calls it gets 404.",
        "Look that nobody calls it, or leave a redirect.",
        cases={"paths": ("Nobody answers for {paths} at {host} any more: who calls it gets 404.", "")},
    ),
    "eviction-blocked": Words(
        "No pod may be evicted",
        "{rule} lets no pod go, so that its node cannot be drained.",
        "Let one pod be away at a time: `maxUnavailable: 1`.",
        cases={"replicas": ("{rule} lets none of {replicas} go, so that their nodes cannot be drained.", "")},
    ),
    "controller-changed": Words(
        "Another workload takes over",
        "{to} takes its place: the new pods start beside the old ones before these go.",
        "Do it when it is quiet.",
    ),
}
"""By kind of danger: a title, what hurts, and what to do."""

MORE: Mapping[str, str] = {
    "beside": "What goes away beside it: {beside:list}.",
    "answers": "Nobody answers for {answers:list} any more.",
    "forgets": "No volume holds what is in {forgets:list}: it is lost.",
    "lost": "What is in {lost:list} is deleted too.",
    "behind": "The volumes of {behind:list} stay behind, and nothing uses them.",
    "kept": f"But of {{kept:list}} the old one stays, {_UNATTENDED}",
    "same": f"Of {{same:list}} {_SAME_ONE}",
}
"""Sentences that follow where a danger has that fact."""


_Spot = tuple[str, str, Danger]
"""An environment, a component's folder, and what is dangerous there."""


@dataclass(frozen=True, slots=True)
class Told:
    """A danger as it is told: once, however many environments and components it is in."""

    danger: Danger
    sentence: Sentence
    environments: tuple[str, ...]
    components: tuple[str, ...]
    """Their folders; `danger` is that of the first."""
    is_literal: bool = True
    """Whether it says the very same everywhere; else the names in it are those of the first."""


def say_danger(danger: Danger) -> Sentence:
    """What hurts and what to do. Code spans hold whatever people wrote."""
    words = WORDS.get(danger.kind)
    if words is None:
        return Sentence(f"This is a danger of the kind `{danger.kind}`.", "")
    said = put(words, danger.facts)
    more = (
        put(Words("", text, ""), danger.facts).message for fact, text in MORE.items() if fact in danger.facts
    )
    return Sentence(" ".join([said.message, *more]), said.fix)


def told(parts: Sequence[RenderPart]) -> tuple[Told, ...]:
    """All dangers of these environments, worst first; those that are the same for many are one."""
    found: dict[tuple[object, ...], list[_Spot]] = {}
    for part in parts:
        for change in part.components:
            if not change.dangers:
                continue
            words = OwnWords(change.names)
            for danger in change.dangers:
                spot = (part.environment, folder_of(change), danger)
                found.setdefault(_same(danger, words), []).append(spot)
    rank = {kind: number for number, kind in enumerate(KINDS)}
    every = (one for spots in found.values() for one in _by_reach(spots))
    return tuple(
        sorted(map(_told, every), key=lambda one: (rank.get(one.danger.kind, -1), one.danger.object))
    )


def _by_reach(spots: list[_Spot]) -> Iterable[list[_Spot]]:
    """Apart by the environments that they are in: what is said of all must be true of each, everywhere."""
    reaches: dict[str, dict[str, None]] = {}
    for environment, folder, _ in spots:
        reaches.setdefault(folder, {})[environment] = None
    parts: dict[tuple[str, ...], list[_Spot]] = {}
    for spot in spots:
        parts.setdefault(tuple(reaches[spot[1]]), []).append(spot)
    return parts.values()


def _told(spots: list[_Spot]) -> Told:
    environments = tuple(dict.fromkeys(environment for environment, _, _ in spots))
    components = tuple(dict.fromkeys(folder for _, folder, _ in spots))
    danger = spots[0][2]
    is_literal = all(other == danger for _, _, other in spots)
    return Told(danger, say_danger(danger), environments, components, is_literal)


def _same(danger: Danger, words: OwnWords) -> tuple[object, ...]:
    facts = tuple((name, _apart(fact, words)) for name, fact in sorted(danger.facts.items()))
    return (danger.kind, words.out_of_text(danger.object), facts)


def _apart(fact: Fact, words: OwnWords) -> object:
    if isinstance(fact, str):
        return words.out_of_text(fact)
    return tuple(map(words.out_of_text, fact)) if isinstance(fact, tuple) else fact
