"""Bare mirrors of repos on local disk: a cache that can be deleted at any time.

Reads go through pygit2, transport through the git program. A push is one commit on top of a known one
and moves the branch by compare-and-swap: what we have not seen is never lost.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, SortMode

from bot.adapters.git.program import Damaged, GitFailed, environment, run_git
from bot.adapters.git.tree import GitTree, Lost, reading
from bot.errors import Refused, Retry
from bot.model.event import RepoRef
from bot.ports import Commit, PushRaced

_HEADS = "refs/heads/"
_DAMAGED = "damaged"
"""A file in a mirror that is not to be used any more."""
Identity = Callable[[], tuple[str, str]]
"""The name and e-mail that the App commits under."""

_RACED = re.compile(
    r"stale info|fetch first|non-fast-forward|already exists|failed to (?:lock|update)|cannot lock"
)


class GitMirror:
    """Implements `bot.ports.Mirror` below `folder`, for repos at `git_url/owner/name.git`."""

    def __init__(
        self, folder: Path, *, git_url: str, token_for: Callable[[RepoRef], str], identity: Identity
    ) -> None:
        self._folder = folder
        self._git_url = git_url.rstrip("/")
        self._token_for = token_for
        self._identity = identity

    def fetch(self, repo: RepoRef, refs: Sequence[str]) -> Mapping[str, str]:
        with self._locked(repo) as path:
            try:
                return self._fetch(repo, path, refs)
            except (Damaged, pygit2.GitError):
                shutil.rmtree(path)
                _create(path)
                return self._fetch(repo, path, refs)

    def _fetch(self, repo: RepoRef, path: Path, refs: Sequence[str]) -> Mapping[str, str]:
        remote = self._ls_remote(repo, path, refs)
        repository = _open(path)
        missing = [
            ref
            for ref, sha in remote.items()
            if ref not in repository.references
            or str(repository.references[ref].target) != sha
            or sha not in repository
        ]
        if missing:
            wanted = [f"+{ref}:{ref}" for ref in missing]
            self._run(
                repo,
                path,
                ["fetch", "--no-tags", "--no-write-fetch-head", "--quiet", self._url(repo), *wanted],
            )
            fetched = _open(path)
            return remote | {ref: str(fetched.references[ref].target) for ref in missing}
        return remote

    def _ls_remote(self, repo: RepoRef, path: Path, refs: Sequence[str]) -> dict[str, str]:
        output = self._run(repo, path, ["ls-remote", "--quiet", self._url(repo), *refs])
        pairs = (line.split("\t", 1) for line in output.splitlines() if "\t" in line)
        return {ref: sha for sha, ref in pairs if ref in refs}

    def tree(self, repo: RepoRef, commit: str) -> GitTree:
        return tree_of(self._repository(repo), commit, self._lost(repo))

    def merge_base(self, repo: RepoRef, one: str, other: str) -> str | None:
        with reading(self._lost(repo)):
            found = self._repository(repo).merge_base(one, other)
        return str(found) if found else None

    def log(self, repo: RepoRef, commit: str, *, limit: int) -> Sequence[Commit]:
        with reading(self._lost(repo)):
            walker = self._repository(repo).walk(commit, SortMode.TOPOLOGICAL)
            walker.simplify_first_parent()
            return [_commit(found) for found, _ in zip(walker, range(limit), strict=False)]

    def branches(self, repo: RepoRef, prefixes: Sequence[str]) -> Mapping[str, str]:
        patterns = [f"{_HEADS}{prefix}*" for prefix in prefixes]
        with self._locked(repo) as path:
            try:
                output = self._run(repo, path, ["ls-remote", "--quiet", self._url(repo), *patterns])
            except Damaged as damaged:
                raise self._lost(repo)(str(damaged)) from damaged
        names = (line.split("\t", 1)[1] for line in output.splitlines() if "\t" in line)
        wanted = tuple(_HEADS + prefix for prefix in prefixes)
        refs = [name for name in names if name.startswith(wanted)]
        found = self.fetch(repo, refs) if refs else {}
        return {ref.removeprefix(_HEADS): sha for ref, sha in sorted(found.items())}

    def own_commits(self, repo: RepoRef, commit: str, base: str, *, limit: int) -> Sequence[Commit]:
        with reading(self._lost(repo)):
            walker = self._repository(repo).walk(commit, SortMode.TOPOLOGICAL)
            walker.hide(base)
            return [_commit(found) for found, _ in zip(walker, range(limit), strict=False)]

    def contains(self, repo: RepoRef, tip: str, commit: str) -> bool:
        repository = self._repository(repo)
        with reading(self._lost(repo)):
            if commit not in repository or repository[commit].type != ObjectType.COMMIT:
                return False
            return commit == tip or repository.descendant_of(tip, commit)

    def touched(self, repo: RepoRef, commit: str) -> Sequence[str]:
        with reading(self._lost(repo)):
            found = self._repository(repo)[commit].peel(pygit2.Commit)
            if not found.parents:
                return sorted(item.name or "" for item in found.tree)
            # Git skips folders that are equal, so this costs what changed and not what stands there.
            deltas = found.parents[0].tree.diff_to_tree(found.tree).deltas
            paths = {path for one in deltas for path in (one.old_file.path, one.new_file.path)}
        return sorted({path.split("/", 1)[0] for path in paths})

    def last_change(self, repo: RepoRef, commit: str, path: str, *, limit: int) -> Commit | None:
        with reading(self._lost(repo)):
            repository = self._repository(repo)
            found = repository[commit].peel(pygit2.Commit)
            for _ in range(limit):
                before = found.parents[0] if found.parents else None
                if _entry(found, path) != (_entry(before, path) if before else None):
                    return _commit(found)
                if before is None:
                    return None
                found = before
        return None

    def push(
        self,
        repo: RepoRef,
        branch: str,
        *,
        expected: str | None,
        files: Mapping[str, bytes | None],
        message: str,
        at: datetime,
        parent: str | None = None,
    ) -> str:
        with self._locked(repo) as path:
            sha = self._write_commit(
                repo, path, parent=parent or expected, files=files, message=message, at=at
            )
            self._move(repo, path, branch, expected=expected, to=sha)
            return sha

    def delete(self, repo: RepoRef, branch: str, *, expected: str) -> None:
        with self._locked(repo) as path:
            self._move(repo, path, branch, expected=expected, to=None)

    def _move(self, repo: RepoRef, path: Path, branch: str, *, expected: str | None, to: str | None) -> None:
        """Compare-and-swap; `to` None deletes."""
        ref = f"{_HEADS}{branch}"
        lease = f"--force-with-lease={ref}:{expected or ''}"
        try:
            self._run(repo, path, ["push", "--porcelain", lease, self._url(repo), f"{to or ''}:{ref}"])
        except GitFailed as failed:
            raise _rejection(failed, branch) from None
        except Retry:
            # The answer may have been lost after the branch moved: look before trying again.
            if self._ls_remote(repo, path, [ref]).get(ref) != to:
                raise

    def _write_commit(
        self,
        repo: RepoRef,
        path: Path,
        *,
        parent: str | None,
        files: Mapping[str, bytes | None],
        message: str,
        at: datetime,
    ) -> str:
        repository = _open(path)
        lost = self._lost(repo)
        start = tree_of(repository, parent, lost) if parent else _empty(repository)
        name, email = self._identity()
        signature = pygit2.Signature(name, email, int(at.timestamp()), 0)
        parents = [parent] if parent else []
        tree = start.with_files(files).id
        return str(repository.create_commit(None, signature, signature, message, tree, parents))

    def _repository(self, repo: RepoRef) -> pygit2.Repository:
        return _open(self._path(repo))

    def _lost(self, repo: RepoRef) -> Lost:
        """Marks the mirror, so that whoever fetches next builds it anew."""

        def lost(reason: str) -> Retry:
            with suppress(FileNotFoundError):
                (self._path(repo) / _DAMAGED).touch()
            return Retry(f"the mirror of {repo} cannot be read and is made anew: {reason}", after=1)

        return lost

    def _path(self, repo: RepoRef) -> Path:
        return self._folder / repo.owner / f"{repo.name}.git"

    def _url(self, repo: RepoRef) -> str:
        return f"{self._git_url}/{repo}.git"

    def _run(self, repo: RepoRef, path: Path, arguments: Sequence[str]) -> str:
        env = environment(self._git_url + "/", self._token_for(repo))
        return run_git(arguments, folder=path, env=env)

    @contextmanager
    def _locked(self, repo: RepoRef) -> Iterator[Path]:
        """One git process at a time writes to a mirror, across all workers of this machine."""
        path = self._path(repo)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_suffix(".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not _is_sound(path):
                shutil.rmtree(path, ignore_errors=True)
                _create(path)
            yield path


def tree_of(repository: pygit2.Repository, commit: str, lost: Lost) -> GitTree:
    """The tree of a commit that is here. Raises Retry when it is not (yet), and what `lost` makes."""
    with reading(lost):
        try:
            found = repository[commit]
        except (KeyError, ValueError):
            raise Retry(f"commit {commit[:12]} is not here yet", after=5) from None
        return GitTree(repository, str(found.peel(pygit2.Tree).id), lost)


def _is_sound(path: Path) -> bool:
    try:
        pygit2.Repository(str(path))
    except pygit2.GitError:
        return False
    return not (path / _DAMAGED).exists()


def _open(path: Path) -> pygit2.Repository:
    try:
        return pygit2.Repository(str(path))
    except pygit2.GitError:
        raise Retry(f"the mirror {path.name} is gone and will be made anew", after=1) from None


def _create(path: Path) -> None:
    pygit2.init_repository(str(path), bare=True)


def _empty(repository: pygit2.Repository) -> GitTree:
    return GitTree(repository, str(repository.TreeBuilder().write()))


def _entry(commit: pygit2.Commit, path: str) -> tuple[str, int] | None:
    """Content and mode of what stands at the path; None for nothing."""
    try:
        entry = commit.tree[path]
    except KeyError:
        return None
    return str(entry.id), int(entry.filemode)


def _commit(found: pygit2.Commit) -> Commit:
    subject = found.message.split("\n", 1)[0]
    return Commit(
        sha=str(found.id),
        tree=str(found.tree_id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        author_name=found.author.name,
        author_email=found.author.email,
        committer_email=found.committer.email,
        subject=subject,
        trailers=dict(found.message_trailers),
        committed_at=datetime.fromtimestamp(found.commit_time, tz=UTC),
        # GitHub's own pages commit as `GitHub <noreply@github.com>`, an Enterprise Server's as its own.
        is_web=found.committer.email.startswith("noreply@"),
    )


def _rejection(failed: GitFailed, branch: str) -> Exception:
    if _RACED.search(failed.stderr):
        return PushRaced(branch)
    lines = [line for line in failed.stderr.splitlines() if "rejected" in line or "GH0" in line]
    said = re.sub(r"\s+", " ", " ".join(lines) or failed.stderr).strip()
    return Refused(f"The push to {branch} was rejected: {said}")
