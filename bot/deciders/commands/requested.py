"""The requests of a pull request, and what there is to know of each: who asks, for whom, who may approve it.

Who is who, and what a kind asks for, is told by the default branch; what is asked, by the pull request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.catalog import own
from bot.catalog.check import check, layout_of
from bot.catalog.entity import Catalog, Entity
from bot.catalog.layout import is_below
from bot.catalog.relations_owner import ownership
from bot.commands.roles import Matter, asker_of
from bot.deciders.decider import Rights, Snapshot
from bot.deciders.pushers import with_hands
from bot.deciders.requested import requester_of
from bot.leases.begin import Origin, matter_of
from bot.leases.kind import RequestKind, request_kind
from bot.leases.request import FOLDER, Request, requests
from bot.model.pull import Person

REQUEST = "Request"
WAIVERS = "waivers"
"""The folder beside that of requests."""


@dataclass(frozen=True)
class Requested:
    """A request that a pull request brings, changes or takes away. `kind`: None where there is none such."""

    request: Request
    kind: RequestKind | None
    matter: Matter


@dataclass(frozen=True)
class Change:
    """What a pull request would change by its merge."""

    paths: tuple[str, ...]
    before: Catalog = field(repr=False)
    after: Catalog = field(repr=False)

    def touched(self) -> tuple[Entity, ...]:
        """Entities of the changed files; those that go away as they were."""
        after = [one for one in self.after.entities if one.path in self.paths]
        refs = {one.ref for one in after}
        gone = [one for one in self.before.entities if one.path in self.paths and one.ref not in refs]
        return (*after, *gone)

    def is_all_in(self, folder: str) -> bool:
        """Whether all of it stands in this folder of the catalog."""
        tops = layout_of(self.before).catalog
        return bool(self.paths) and all(
            any(is_below(path, folder if top == "." else f"{top}/{folder}") for top in tops)
            for path in self.paths
        )


def change_of(snapshot: Snapshot) -> Change | None:
    """None where there is no pull request that can be merged, or was."""
    before, after = (
        (snapshot.base, snapshot.merged) if snapshot.base is not None else snapshot.brought or (None, None)
    )
    if before is None or after is None:
        return None
    old, new = (check(tree, whole=True, memo=snapshot.memo).catalog for tree in (before, after))
    return Change(tuple(one.path for one in before.diff(after)), old, new)


def is_requesting(change: Change) -> bool:
    """Whether it holds requests and nothing else: what an approval can merge.

    A group or a rule in a file of that folder would be merged along with it.
    """
    sides = (*change.before.entities, *change.after.entities)
    entities = [one for one in sides if one.path in change.paths]
    is_pure = all(one.kind == REQUEST and one.api_version == own.API_VERSION for one in entities)
    known = {one.path for one in entities}
    return change.is_all_in(FOLDER) and is_pure and known.issuperset(change.paths)


def requested(change: Change, catalog: Catalog, snapshot: Snapshot) -> tuple[Requested, ...]:
    """All requests of the change: as they would be, and where it alters one or takes it away, as it was."""
    both = [*requests(change.after), *requests(change.before)]
    mine = [one for one in both if one.path in change.paths]
    found: dict[tuple[str, bytes], Request] = {(one.path, one.entity.source): one for one in mine}
    return tuple(_requested(one, catalog, snapshot) for one in found.values())


def _requested(request: Request, catalog: Catalog, snapshot: Snapshot) -> Requested:
    files = snapshot.tip_tree
    kind = request_kind(files, catalog, request.kind, snapshot.memo) if files is not None else None
    return Requested(request, kind, _matter(request, kind, catalog, snapshot))


def _matter(request: Request, kind: RequestKind | None, catalog: Catalog, snapshot: Snapshot) -> Matter:
    """Whom an agent acts for is for the default branch to say; a request's own word of it is the second."""
    author = snapshot.pull.author.login if snapshot.pull is not None else ""
    asking = requester_of(request, snapshot, catalog)
    requester = asking.login if asking is not None else author
    if kind is None:
        return Matter(author=author, requester=requester)
    matter = matter_of(request, kind, Origin("", snapshot.now, requester=requester, author=author), catalog)
    humans = (asker_of(Person(one), catalog, Rights()).acts_for for one in (requester, author))
    matter = replace(matter, on_behalf_of=next(filter(None, humans), matter.on_behalf_of))
    return with_hands(matter, snapshot.pull_commits, catalog)


def owners_of(refs: Iterable[str], catalog: Catalog) -> frozenset[str]:
    """References of groups and users that own these entities; those that name no owner add none."""
    entities = filter(None, map(catalog.get, refs))
    return frozenset(filter(None, (ownership(catalog, one).owner for one in entities)))
