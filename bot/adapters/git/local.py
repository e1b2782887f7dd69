"""A repository of the user's own, read for `roadcrew plan` and `diff`. Nothing is ever written into it.

Merges make new objects: those go to a scratch repository that borrows the user's objects.
"""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pygit2
from pygit2.enums import SortMode

from bot.adapters.git.mirror import tree_of
from bot.adapters.git.tree import GitTree, reading
from bot.errors import UserError

_BASES = ("refs/remotes/origin/main", "refs/heads/main", "refs/remotes/origin/master", "refs/heads/master")
_ORIGIN_HEAD = "refs/remotes/origin/HEAD"


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

    def committed_at(self, commit: str) -> datetime:
        """When a commit was made."""
        return datetime.fromtimestamp(self._repository[commit].peel(pygit2.Commit).commit_time, tz=UTC)

    def log(self, commit: str, *, limit: int) -> Iterator[tuple[str, datetime, Mapping[str, str]]]:
        """The commit and its first parents, newest first: each with its time and its trailers."""
        walker = self._repository.walk(commit, SortMode.TOPOLOGICAL)
        walker.simplify_first_parent()
        for one in islice(walker, limit):
            at = datetime.fromtimestamp(one.commit_time, tz=UTC)
            yield str(one.id), at, dict(one.message_trailers)

    def default_base(self) -> str:
        """The branch that changes go to, as origin was last seen, else as it is here. Raises UserError."""
        references = self._repository.references
        if _ORIGIN_HEAD in references:
            return str(references[_ORIGIN_HEAD].resolve().shorthand)
        found = next((ref for ref in _BASES if ref in references), None)
        if found is None:
            raise UserError(
                "There is no branch main or master here that the change could go to.",
                fix="Name the branch with --base; `git branch --all` lists them.",
            )
        return str(references[found].shorthand)

    def branch_name(self, revision: str) -> str:
        """What a branch is called where it comes from: `main` for `origin/main`. Else the revision."""
        for remote in self._repository.remotes.names():
            name = revision.removeprefix(f"{remote}/")
            if name != revision and f"refs/remotes/{revision}" in self._repository.references:
                return name
        return revision.removeprefix("refs/heads/")

    def origin(self) -> str:
        """The URL of the remote `origin`, which may hold a password; empty without one."""
        names = list(self._repository.remotes.names())
        return str(self._repository.remotes["origin"].url) if "origin" in names else ""

    def uncommitted(self, rooms: Collection[str]) -> Sequence[str]:
        """Paths below these folders that differ from HEAD or are not in it. None in a bare repository."""
        if self._repository.is_bare:
            return ()
        found = self._repository.status(untracked_files="all")
        return sorted(path for path in found if path.split("/", 1)[0] in rooms)

    def work_folder(self) -> Path:
        """Where its files are checked out. Raises UserError for a bare repository."""
        if self._repository.is_bare:
            raise UserError("This repository is bare: it has no files on disk.", fix="Name a commit instead.")
        return Path(self._repository.workdir)

    def branch(self, name: str) -> str | None:
        """The commit of a branch: origin's as last fetched, else the local one; None without either."""
        for ref in (f"refs/remotes/origin/{name}", f"refs/heads/{name}"):
            if ref in self._repository.references:
                return str(self._repository.references[ref].peel(pygit2.Commit).id)
        return None

    def tree(self, commit: str) -> GitTree:
        """The commit's tree; objects that are made from it go to the scratch repository."""
        return tree_of(self._scratch, commit, _incomplete)

    def lines(self, before: str, after: str) -> tuple[int, int]:
        """Lines that one commit has more and less than another. Raises UserError."""
        with reading(_incomplete):
            stats = self._repository.diff(before, after).stats
        return stats.insertions, stats.deletions

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits, None where there is none. Raises UserError."""
        with reading(_incomplete):
            found = self._repository.merge_base(one, other)
        if found is None and self._repository.is_shallow:
            raise _incomplete("the history that the two commits share")
        return str(found) if found else None


def _incomplete(reason: str) -> UserError:
    return UserError(
        f"This clone does not hold all that is needed: {reason}.",
        fix="Get the rest with `git fetch --unshallow`, or clone it anew with all its history and files.",
    )


@contextmanager
def open_local(folder: Path) -> Iterator[LocalRepository]:
    """The repository that holds `folder`. Raises UserError when there is none."""
    repository = _found(folder)
    with tempfile.TemporaryDirectory(prefix="roadcrew-") as scratch_folder:
        scratch = pygit2.init_repository(scratch_folder, bare=True)
        objects = _common(Path(repository.path)) / "objects"
        scratch.odb.add_disk_alternate(str(objects))
        # For the git program too, which merges.
        (Path(scratch_folder) / "objects/info/alternates").write_text(f"{objects}\n")
        yield LocalRepository(repository, scratch)


def _found(folder: Path) -> pygit2.Repository:
    try:
        found = pygit2.discover_repository(str(folder))
        repository = pygit2.Repository(found) if found else None
    except pygit2.GitError as error:
        raise UserError(
            f"The git repository around {folder} cannot be opened: {error}.",
            fix="See what `git status` says of it there.",
        ) from None
    if repository is None:
        raise UserError(
            f"{folder} is not inside a git repository.",
            fix="Run this in a clone of your platform repo, or use `roadcrew check`.",
        )
    return repository


def _common(path: Path) -> Path:
    """Where the objects are: a linked work tree keeps them with the repository that it belongs to."""
    pointer = path / "commondir"
    return (path / pointer.read_text().strip()).resolve() if pointer.is_file() else path
