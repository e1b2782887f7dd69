"""Dangers in words: what hurts, and what to do before the merge. The same danger is said once.

What kinds there are, and their facts, is said in `bot/kubernetes/dangers.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.kubernetes.dangers import KINDS
from bot.model.plan import Danger, Fact, RenderPart
from bot.report.groups import folder_of
from bot.report.own_words import OwnWords
from bot.report.sentences.words import Sentence, Words, put

_REPLACE = "Keep it; or give the object a new name, so that both stand side by side until you switch."
_REFUSED = "and cannot once it is there: the cluster will refuse it."

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
    ),
    "moved": Words(
        "Objects change their namespace",
        "It moves from namespace {from} to {to}, as do {number} objects in all: they are deleted there "
        "and made anew here, empty.",
        "Plan a moment without traffic, and bring the data over yourself.",
        cases={
            "one": (
                "It moves from namespace {from} to {to}: it is deleted there and made anew here, empty.",
                "",
            )
        },
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
        cases={"long": (f"{{field}} changes, {_REFUSED}", "")},
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
}
"""By kind of danger: a title, what hurts, and what to do."""


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
    return put(words, danger.facts)


def told(parts: Sequence[RenderPart]) -> tuple[Told, ...]:
    """All dangers of these environments, worst first; those that are the same for many are one."""
    found: dict[tuple[object, ...], list[tuple[str, str, Danger]]] = {}
    for part in parts:
        for change in part.components:
            if not change.dangers:
                continue
            words = OwnWords(change.names)
            for danger in change.dangers:
                spot = (part.environment, folder_of(change), danger)
                found.setdefault(_same(danger, words), []).append(spot)
    rank = {kind: number for number, kind in enumerate(KINDS)}
    return tuple(
        sorted(map(_told, found.values()), key=lambda one: (rank.get(one.danger.kind, -1), one.danger.object))
    )


def _told(spots: list[tuple[str, str, Danger]]) -> Told:
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
