"""A repository of the user's own, read for `roadcrew plan`. Nothing is ever written into it.

Merges make new objects: those go to a scratch repository that borrows the user's objects.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pygit2

from bot.adapters.git.mirror import tree_of
from bot.adapters.git.tree import GitTree, reading
from bot.errors import UserError


class LocalRepository:
    """Commits and trees of the repository around a folder."""

    def __init__(self, repository: pygit2.Repository, scratch: pygit2.Repository) -> None:
        self._repository = repository
        self._scratch = scratch

    def commit(self, revision: str) -> str:
        """The commit that a revision names. Raises UserError when it names none."""
        try:
            return str(self._repository.revparse_single(revision).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            raise UserError(
                f"{revision!r} is no commit, branch or tag of this repository.",
                fix="See `git branch --all` and `git tag` for those that there are.",
            ) from None

    def branch(self, name: str) -> str | None:
        """The commit of a branch: origin's as last fetched, else the local one; None without either."""
        for ref in (f"refs/remotes/origin/{name}", f"refs/heads/{name}"):
            if ref in self._repository.references:
                return str(self._repository.references[ref].peel(pygit2.Commit).id)
        return None

    def tree(self, commit: str) -> GitTree:
        """The commit's tree; objects that are made from it go to the scratch repository."""
        return tree_of(self._scratch, commit, _incomplete)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits, None where there is none."""
        with reading(_incomplete):
            found = self._scratch.merge_base(one, other)
        return str(found) if found else None


def _incomplete(reason: str) -> UserError:
    return UserError(
        f"This clone does not hold all that is needed: {reason}.",
        fix="Clone it anew, with all its history and files.",
    )


@contextmanager
def open_local(folder: Path) -> Iterator[LocalRepository]:
    """The repository that holds `folder`. Raises UserError when there is none."""
    found = pygit2.discover_repository(str(folder))
    if found is None:
        raise UserError(
            f"{folder} is not inside a git repository.",
            fix="Run `roadcrew plan` in a clone of your platform repo, or use `roadcrew check`.",
        )
    repository = pygit2.Repository(found)
    with tempfile.TemporaryDirectory(prefix="roadcrew-") as scratch_folder:
        scratch = pygit2.init_repository(scratch_folder, bare=True)
        objects = Path(repository.commondir if hasattr(repository, "commondir") else found) / "objects"
        scratch.odb.add_disk_alternate(str(objects))
        yield LocalRepository(repository, scratch)
