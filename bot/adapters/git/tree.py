"""One git tree, read straight from the object store of a bare repository.

Writing methods add content-addressed objects only; no method moves a ref or touches a work tree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import FileMode, ObjectType

from bot.adapters.git.program import merge_commits
from bot.errors import Retry
from bot.model.tree import Change, Entry, EntryKind, Merged

Lost = Callable[[str], Exception]
"""What to raise when an object cannot be read, from git's own words."""

_NOBODY = pygit2.Signature("roadcrew", "roadcrew@localhost", 0, 0)
_KINDS: Mapping[int, EntryKind] = {
    FileMode.BLOB_EXECUTABLE: EntryKind.EXECUTABLE,
    FileMode.LINK: EntryKind.SYMLINK,
    FileMode.COMMIT: EntryKind.SUBMODULE,
}


def unreadable(reason: str) -> Retry:
    """For a store that mends itself."""
    return Retry(f"a git object cannot be read: {reason}", after=1)


@contextmanager
def reading(lost: Lost) -> Iterator[None]:
    """Objects that are missing or damaged raise what `lost` makes of it."""
    try:
        yield
    except (pygit2.GitError, KeyError) as error:
        raise lost(str(error)) from error


class GitTree:
    """Implements `bot.model.tree.Tree`."""

    def __init__(self, repository: pygit2.Repository, tree_id: str, lost: Lost = unreadable) -> None:
        self._repository = repository
        self._tree_id = tree_id
        self._lost = lost

    @property
    def id(self) -> str:
        return self._tree_id

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        with reading(self._lost):
            return {entry.path: entry for entry in sorted(self._walk(self._tree, ""), key=lambda e: e.path)}

    @cached_property
    def _tree(self) -> pygit2.Tree:
        return self._repository[self._tree_id].peel(pygit2.Tree)

    def _walk(self, tree: pygit2.Tree, prefix: str) -> Iterator[Entry]:
        for item in tree:
            path = f"{prefix}{_text(item)}"
            if item.type == ObjectType.TREE:
                yield from self._walk(item.peel(pygit2.Tree), f"{path}/")
            else:
                yield Entry(path, str(item.id), _KINDS.get(item.filemode, EntryKind.FILE))

    @cached_property
    def _paths(self) -> Sequence[str]:
        return list(self._entries)

    def list(self, prefix: str = "") -> Sequence[Entry]:
        if not prefix or prefix in self._entries:
            return [self._entries[prefix]] if prefix else list(self._entries.values())
        folder = f"{prefix.rstrip('/')}/"
        # "0" is the character after "/": all paths below the folder sort between the two.
        start, end = bisect_left(self._paths, folder), bisect_left(self._paths, f"{folder[:-1]}0")
        return [self._entries[path] for path in self._paths[start:end]]

    def entry(self, path: str) -> Entry | None:
        return self._entries.get(path)

    def folder_id(self, path: str) -> str:
        try:
            found = self._tree[path]
        except KeyError:
            return ""
        return str(found.id) if found.type == ObjectType.TREE else ""

    def size(self, path: str) -> int:
        return int(self._blob(path).size)

    def read(self, path: str) -> bytes:
        return bytes(self._blob(path).data)

    def _blob(self, path: str) -> pygit2.Blob:
        entry = self._entries[path]
        if entry.kind is EntryKind.SUBMODULE:
            raise KeyError(path)
        with reading(self._lost):
            return self._repository[entry.oid].peel(pygit2.Blob)

    def diff(self, other: GitTree) -> Sequence[Change]:
        before, after = self._entries, other._entries
        return [
            Change(path, before.get(path), after.get(path))
            for path in sorted(before.keys() | after.keys())
            if before.get(path) != after.get(path)
        ]

    def with_files(self, files: Mapping[str, bytes | None]) -> GitTree:
        index = pygit2.Index()
        with reading(self._lost):
            index.read_tree(self._tree)
        for path, data in files.items():
            if data is not None:
                blob = self._repository.create_blob(data)
                index.add(pygit2.IndexEntry(path, blob, FileMode.BLOB))
            elif path in self._entries:
                index.remove(path)
        return self._sibling(index)

    def merge(self, *, base: GitTree, theirs: GitTree) -> Merged[GitTree]:
        entries = (*self.list(), *theirs.list())
        with reading(self._lost):
            try:
                index = self._repository.merge_trees(base._tree, self._tree, theirs._tree)
            except pygit2.GitError:
                if unsafe := {entry.path for entry in entries if _is_unsafe(entry)}:
                    return Merged(None, unsafe=tuple(sorted(unsafe)))
                raise
        if (told := self._merged_by_git(base, theirs)) is not None:
            return told
        if index.conflicts:
            sides = (side for conflict in index.conflicts for side in conflict if side is not None)
            return Merged(None, tuple(sorted({side.path for side in sides})))
        return Merged(self._sibling(index))

    def _merged_by_git(self, base: GitTree, theirs: GitTree) -> Merged[GitTree] | None:
        """As git itself merges, which libgit2 does not always: they follow renames differently.

        None where this git cannot say (older than 2.38): libgit2's own answer must do.
        """
        root = self._commit(base, [])
        told = merge_commits(
            Path(self._repository.path), self._commit(self, [root]), self._commit(theirs, [root])
        )
        if told is None:
            return None
        tree_id, conflicts = told
        if conflicts:
            return Merged(None, conflicts)
        return Merged(GitTree(self._repository, tree_id))

    def _commit(self, tree: GitTree, parents: Sequence[str]) -> str:
        """A commit without a name: `git merge-tree` takes commits only. The same tree gives the same one."""
        return str(self._repository.create_commit(None, _NOBODY, _NOBODY, "", tree.id, [*parents]))

    def _sibling(self, index: pygit2.Index) -> GitTree:
        with reading(self._lost):
            return GitTree(self._repository, str(index.write_tree(self._repository)), self._lost)


def _text(item: pygit2.Object) -> str:
    """The entry's name; bytes that are not UTF-8 stay visible instead of failing."""
    return (item.raw_name or b"").decode("utf-8", "surrogateescape")


def _is_unsafe(entry: Entry) -> bool:
    """Whether git would refuse to check this path out. It is the judge of that itself."""
    try:
        pygit2.Index().add(pygit2.IndexEntry(entry.path, pygit2.Oid(hex=entry.oid), FileMode.BLOB))
    except pygit2.GitError:
        return True
    return False
