"""Many changes as few: those that say the same, but for the components' own words, are one group.

Loses nothing: every changed component is in exactly one group for each environment. Judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.model.plan import ComponentChange, RenderPart
from bot.report.own_words import Meaning, Said, common, spoken


@dataclass(frozen=True, slots=True)
class Member:
    """A component's change in one environment."""

    environment: str
    change: ComponentChange

    @property
    def folder(self) -> str:
        """The component's folder on the environment's branch."""
        return folder_of(self.change)


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are the same; one is shown for all of them. Never empty."""

    members: tuple[Member, ...]
    """In the order of environments, then of folders."""

    @property
    def shown(self) -> Member:
        """The one whose diff stands for all."""
        return self.members[0]

    @property
    def components(self) -> tuple[str, ...]:
        """Their folders, each once, sorted."""
        return tuple(sorted({member.folder for member in self.members}))

    @property
    def environments(self) -> tuple[str, ...]:
        """In the order in which a change passes them."""
        return tuple(dict.fromkeys(member.environment for member in self.members))


def folder_of(change: ComponentChange) -> str:
    """The component's folder on an environment's branch."""
    return change.files[0].path.split("/", 1)[0]


def groups(parts: Sequence[RenderPart]) -> tuple[Group, ...]:
    """All changes of these environments in groups: those with most components first, then by component."""
    members: list[tuple[int, Member]] = []
    said: dict[Said, int] = {}
    literal: dict[bytes, int] = {}
    same: dict[int, int] = {}
    for part in parts:
        for change in sorted(part.components, key=folder_of):
            holes, text = spoken(change)
            number = said.setdefault(Said(_digest(holes.text), holes.meanings), len(said))
            members.append((number, Member(part.environment, change)))
            # A component that is called like something else in its manifests says other things with holes,
            # and the same without.
            _join(same, number, literal.setdefault(_digest(text), number))
    for first, second in _compatible(said, Counter(number for number, _ in members)):
        _join(same, first, second)
    found: dict[int, list[Member]] = {}
    for number, member in members:
        found.setdefault(_root(same, number), []).append(member)
    order = {part.environment: place for place, part in enumerate(parts)}
    made = [Group(tuple(one)) for one in found.values()]
    return tuple(
        sorted(made, key=lambda one: (-len(one.components), one.shown.folder, order[one.shown.environment]))
    )


def _compatible(said: Mapping[Said, int], sizes: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """Pairs that say the same where a word of one of them has several meanings: the most usual ones first.

    Who joins leaves only those meanings that hold for all so far.
    """
    alike: dict[tuple[bytes, int], list[tuple[tuple[Meaning, ...], int]]] = {}
    for one, number in said.items():
        alike.setdefault((one.text, len(one.meanings)), []).append((one.meanings, number))
    for candidates in alike.values():
        clusters: list[tuple[tuple[Meaning, ...], int]] = []
        for meanings, number in sorted(
            candidates, key=lambda one: (-sizes[one[1]], list(map(sorted, one[0])))
        ):
            for place, (known, holder) in enumerate(clusters):
                if (shared := common(known, meanings)) is not None:
                    clusters[place] = (shared, holder)
                    yield holder, number
                    break
            else:
                clusters.append((meanings, number))


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


def _root(same: dict[int, int], number: int) -> int:
    while (up := same.get(number, number)) != number:
        number = up
    return number


def _join(same: dict[int, int], one: int, other: int) -> None:
    first, second = _root(same, one), _root(same, other)
    if first != second:
        same[second] = first


@dataclass(frozen=True, slots=True)
class Spread:
    """How many components change in all, and how many of them as most do."""

    components: int
    environments: int
    alike: int
    """Components of the largest number that change in the same way; 0 where no two do."""
    is_shared: bool = False
    """Whether any diff is that of several components, be it in one environment alone."""

    @property
    def different(self) -> int:
        """Components of which at least one environment's change is not that of most."""
        return self.components - self.alike


def spread(found: Iterable[Group]) -> Spread:
    """Two components change in the same way when in each environment they are in the same group.

    One that changes in fewer environments goes with those that change as it does there.
    """
    ways: dict[str, set[tuple[str, int]]] = {}
    is_shared = False
    for number, group in enumerate(found):
        is_shared |= len(group.components) > 1
        for member in group.members:
            ways.setdefault(member.folder, set()).add((member.environment, number))
    alike = _most_alike(Counter(map(frozenset, ways.values())))
    environments = {environment for way in ways.values() for environment, _ in way}
    return Spread(len(ways), len(environments), alike if alike > 1 else 0, is_shared)


def _most_alike(ways: Counter[frozenset[tuple[str, int]]]) -> int:
    """How many go the way that most go, or a part of it."""
    by_length: dict[int, list[tuple[frozenset[tuple[str, int]], int]]] = {}
    for way, many in ways.items():
        by_length.setdefault(len(way), []).append((way, many))
    return max(
        (
            many
            + sum(
                n for size, others in by_length.items() if size < len(way) for one, n in others if one < way
            )
            for way, many in ways.items()
        ),
        default=0,
    )
