"""What the branch of grants holds: what is in force, what has ended, what nobody can read. Decides nothing.

All of the branch but its root's own files and folders that begin with a dot belongs to Roadcrew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.leases.grant import ENDED, GRANT_FILE, Grant, read_grant
from bot.model.tree import Entry, Files, Memo, Tree

Folders = Mapping[str, Mapping[str, bytes]]
"""Files by their paths in it, by folder."""
KEEP = ".keep"
"""A folder in each environment's, so that this one stays when its last grant ends: Argo CD and Flux remove
nothing when the path that they follow is gone."""
KEPT = {
    "README.md": b"Roadcrew writes this branch: a folder for each grant that is in force.\n"
    b"This file keeps the folder there when none is: what follows it goes on removing what ended.\n"
}


@dataclass(frozen=True)
class Standing:
    """The branch at one commit."""

    grants: Mapping[str, Grant] = field(default_factory=dict)
    """In force, by name."""
    broken: tuple[str, ...] = ()
    """Folders of environments that hold no grant, or one that belongs elsewhere; sorted."""
    ended: Mapping[str, Grant | None] = field(default_factory=dict)
    """By name; None for a document that cannot be read, which has ended all the same."""

    def find(self, name: str) -> Grant | None:
        """In force or ended."""
        return self.grants.get(name) or self.ended.get(name)

    def knows(self, name: str) -> bool:
        """Whether there is or was a grant of this name."""
        return name in self.grants or name in self.ended


def standing(tree: Tree | None, memo: Memo | None = None) -> Standing:
    """Reads the branch's tree; None: it does not exist yet."""
    if tree is None:
        return Standing()
    if memo is None:
        return _read(tree)
    key = ("standing", tree.id)
    if key not in memo:
        memo[key] = _read(tree)
    found: Standing = memo[key]
    return found


def _read(tree: Files) -> Standing:
    grants: dict[str, Grant] = {}
    broken: list[str] = []
    for folder in sorted({unit(one.path) for one in owned(tree) if _is_grants(one.path)}):
        if folder.endswith(f"/{KEEP}"):
            continue
        grant = _grant_in(tree, folder)
        if grant is None or grant.name in grants:
            broken.append(folder)
        else:
            grants[grant.name] = grant
    ended = {_stem(one.path): read_grant(tree.read(one.path)) for one in tree.list(ENDED) if _is_ended(one)}
    return Standing(grants, tuple(broken), ended)


def _grant_in(tree: Files, folder: str) -> Grant | None:
    path = f"{folder}/{GRANT_FILE}"
    grant = read_grant(tree.read(path)) if tree.entry(path) else None
    return grant if grant and grant.folder == folder and grant.ended is None else None


def owned(tree: Files) -> Iterable[Entry]:
    """What on the branch is ours to keep as it is."""
    return (one for one in tree.list() if "/" in one.path and not one.path.startswith("."))


def unit(path: str) -> str:
    """The folder with which a file is written: a grant's, a month's of what ended, else the first one."""
    first, *rest = path.split("/")
    return f"{first}/{rest[0]}" if len(rest) > 1 else first


def files_in(tree: Files | None, folder: str) -> dict[str, bytes]:
    """All files of a folder by their paths in it."""
    if tree is None:
        return {}
    start = len(folder) + 1
    return {one.path[start:]: tree.read(one.path) for one in tree.list(folder) if len(one.path) > start}


def astray(tree: Tree | None, left: Tree | None) -> tuple[str, ...]:
    """The folders in which the branch is other than we left it, sorted."""
    now = {one.path: one.oid for one in owned(tree)} if tree else {}
    then = {one.path: one.oid for one in owned(left)} if left else {}
    return tuple(sorted({unit(path) for path in now.keys() | then.keys() if now.get(path) != then.get(path)}))


def _is_grants(path: str) -> bool:
    return path.count("/") > 1 and not path.startswith(f"{ENDED}/")


def _is_ended(entry: Entry) -> bool:
    return entry.path.endswith(".yaml")


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".yaml")
