"""Many changes as few: those that say the same, but for the components' own words, are one group.

Loses nothing: every changed component is in exactly one group for each environment. Judges nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from bot.model.plan import ComponentChange, RenderPart
from bot.report.own_words import spoken


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
    """All changes of these environments in groups: those with most components first, then as they come."""
    same: dict[bytes, bytes] = {}
    members: list[tuple[bytes, Member]] = []
    for part in parts:
        for change in sorted(part.components, key=folder_of):
            general, literal = (_digest(text) for text in spoken(change))
            # A component that is called like something else in its manifests is not the same by its
            # placeholders, but it is when its very lines are.
            _join(same, general, literal)
            members.append((general, Member(part.environment, change)))
    found: dict[bytes, list[Member]] = {}
    for key, member in members:
        found.setdefault(_root(same, key), []).append(member)
    made = [Group(tuple(one)) for one in found.values()]
    return tuple(sorted(made, key=lambda group: -len(group.components)))


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


def _root(same: dict[bytes, bytes], key: bytes) -> bytes:
    while (up := same.get(key, key)) != key:
        key = up
    return key


def _join(same: dict[bytes, bytes], one: bytes, other: bytes) -> None:
    first, second = _root(same, one), _root(same, other)
    if first != second:
        same[second] = first


@dataclass(frozen=True, slots=True)
class Spread:
    """How many components change in all, and how many of them as most do."""

    components: int
    environments: int
    alike: int

    @property
    def different(self) -> int:
        """Components of which at least one environment's change is not that of most."""
        return self.components - self.alike


def spread(found: Iterable[Group]) -> Spread:
    """A component is like most when in each environment its change is the usual one for its template."""
    sizes: dict[tuple[str, str], Counter[int]] = {}
    places: dict[str, list[tuple[tuple[str, str], int]]] = {}
    for number, group in enumerate(found):
        for member in group.members:
            place = (member.environment, member.change.template)
            sizes.setdefault(place, Counter())[number] += 1
            places.setdefault(member.folder, []).append((place, number))
    usual = {place: counts.most_common(1)[0][0] for place, counts in sizes.items()}
    alike = sum(all(usual[place] == number for place, number in own) for own in places.values())
    return Spread(len(places), len({environment for environment, _ in sizes}), alike)
