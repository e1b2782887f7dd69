"""What others on an environment's branch have to do with a promotion: what they hold, and whom they name.

Part of `promote`. It only tells of it: the order in which people merge is theirs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bot.catalog.broken import Broken
from bot.catalog.check import check
from bot.catalog.text import decode
from bot.catalog.yaml12 import load
from bot.deciders.decider import Snapshot
from bot.kubernetes.claims import claims
from bot.kubernetes.identity import identify
from bot.model.stage import Taken
from bot.model.tree import Tree
from bot.templating.essence import kind_of
from bot.templating.pin import PIN_FILE, Pin

_ROUTES = frozenset(("httproute", "grpcroute", "tlsroute", "ingress"))
"""Kinds, as in names of rendered files, that claim hosts."""
_HOST = re.compile(rb"[-a-z0-9*]+(?:\.[-a-z0-9]+)*")


def objects_in(files: Mapping[str, bytes]) -> list[Mapping[str, Any]]:
    """The Kubernetes objects among the files of a folder; what people broke by hand is none."""
    found = []
    for path, data in files.items():
        if path == PIN_FILE or not path.endswith(".yaml"):
            continue
        try:
            value = load(decode(data))
        except Broken:
            continue
        if isinstance(value, Mapping):
            found.append(value)
    return found


@dataclass(frozen=True)
class Others:
    """The components on a branch, to ask who of them holds something. Reads no more than is asked for."""

    tree: Tree | None
    folders: Collection[str]
    """Those with a pin: what else stands there is nobody's of ours."""

    def holding(self, folder: str, files: Mapping[str, bytes]) -> tuple[Taken, ...]:
        """Which of the objects and hosts in these files, of this folder, others hold; sorted, each once."""
        if self.tree is None:
            return ()
        objects = objects_in(files)
        return tuple(sorted({*self._objects(folder, files, objects), *self._hosts(folder, objects)}))

    def _objects(
        self, folder: str, files: Mapping[str, bytes], objects: Iterable[Mapping[str, Any]]
    ) -> Iterator[Taken]:
        mine = {identify(one) for one in objects}
        # Objects of one identity have one file name.
        paths = [path for name in files for path in self._by_name.get(name, ())]
        for holder, other in self._read(folder, paths):
            if (identity := identify(other)) in mine:
                where = f" in {identity.namespace}" if identity.namespace else ""
                yield Taken(f"{identity}{where}", holder)

    def _hosts(self, folder: str, objects: Iterable[Mapping[str, Any]]) -> Iterator[Taken]:
        mine = {claim[:2] for claim in claims(objects)}
        paths = {path for host, _ in mine for path in self._by_host.get(host, ())}
        for holder, other in self._read(folder, sorted(paths)):
            for claim in claims([other]):
                if claim[:2] in mine:
                    yield Taken(claim.host if claim.path == "/" else f"{claim.host} {claim.path}", holder)

    def _read(self, folder: str, paths: Iterable[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for path in paths:
            holder = path.partition("/")[0]
            if holder != folder:
                yield from ((holder, one) for one in objects_in({path: self._bytes(path)}))

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """By file name, the paths of all files with a component."""
        found: dict[str, list[str]] = {}
        for entry in self.tree.list() if self.tree else ():
            folder, _, name = entry.path.partition("/")
            if folder in self.folders and name != PIN_FILE:
                found.setdefault(name, []).append(entry.path)
        return found

    @cached_property
    def _by_host(self) -> Mapping[str, list[str]]:
        """By word, the paths of routes with it: to parse all routes of a large environment takes long."""
        found: dict[str, list[str]] = {}
        for name, paths in self._by_name.items():
            for path in paths if kind_of(name) in _ROUTES else ():
                for word in set(_HOST.findall(self._bytes(path).lower())):
                    found.setdefault(word.decode(), []).append(path)
        return found

    def _bytes(self, path: str) -> bytes:
        try:
            return self.tree.read(path) if self.tree else b""
        except KeyError:  # a submodule
            return b""


def naming(
    gone: str, pending: Iterable[Pin], standing: Collection[str], snapshot: Snapshot
) -> tuple[str, ...]:
    """References of those who still name the entity `gone`, sorted.

    `pending`: pins that will change where `gone` goes: each is asked at its own commit, since today's catalog
    may do without it already. `standing`: references of all who are there; of these today's catalog is asked.
    """
    tip = snapshot.tip_tree
    today = check(tip, whole=True, memo=snapshot.memo).catalog if tip else None
    found = {one.entity.ref for one in today.relations.naming(gone)} & set(standing) if today else set()
    for pin in sorted(pending, key=lambda one: one.commit):
        entity = today.get(pin.component) if today else None
        if _may_name(gone, pin, entity.path if entity else "", snapshot) and _names(gone, pin, snapshot):
            found.add(pin.component)
    return tuple(sorted(found - {gone}))


def _may_name(gone: str, pin: Pin, path: str, snapshot: Snapshot) -> bool:
    """False where its file, if it stands where it does today, has not even the name: that spares a check."""
    tree = snapshot.sources.get(pin.commit)
    if tree is None or not path or tree.entry(path) is None:
        return tree is not None
    return gone.rpartition("/")[2].encode() in tree.read(path)


def _names(gone: str, pin: Pin, snapshot: Snapshot) -> bool:
    catalog = check(snapshot.sources[pin.commit], whole=True, memo=snapshot.memo).catalog
    return any(one.entity.ref == pin.component for one in catalog.relations.naming(gone))
