"""Diffs of two commits as GitHub lists them: per file, with counts and a patch from the first `@@` on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.localhub.git import Git
from bot.localhub.view import FileDiff

MAX_PATCH_LINES = 20_000
MAX_PATCH_BYTES = 500_000
"""Larger ones are left out: "Limits for viewing content and diffs in a repository", single file."""
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied", "T": "changed"}


@dataclass(frozen=True, slots=True)
class DiffTotals:
    """The sums of a diff."""

    changed_files: int
    additions: int
    deletions: int


def totals(git: Git, before: str, after: str) -> DiffTotals:
    """Counts only; binary files count as changed, with no lines."""
    files = _summary(git, before, after)
    return DiffTotals(len(files), sum(f.additions for f in files), sum(f.deletions for f in files))


def files_of(git: Git, before: str, after: str, *, with_patches: bool = True) -> list[FileDiff]:
    """The files that differ between two commits or trees, in git's order, renames found."""
    files = _summary(git, before, after)
    if not with_patches or not files:
        return files
    patches = _patches(git, before, after)
    told: list[FileDiff] = []
    for file in files:
        own = [next(patches, "") for _ in range(2 if file.status == "changed" else 1)]
        told.append(replace(file, patch=_shown("\n".join(part for part in own if part))))
    return told


def first_parent_files(git: Git, sha: str) -> list[FileDiff]:
    """What a commit changed against its first parent; all files of a root commit."""
    parents = git.commit(sha).parents
    return files_of(git, parents[0] if parents else EMPTY_TREE, sha)


def changed_paths(git: Git, shas: Sequence[str]) -> dict[str, list[FileDiff]]:
    """What each commit changed against its only parent, without counts and patches. Merges: none."""
    if not shas:
        return {}
    asked = "".join(f"{sha}\n" for sha in shas).encode()
    out = git.run("diff-tree", "--stdin", "--root", "-r", "-z", "-M", "--raw", "--no-abbrev", stdin=asked)
    fields = out.decode(errors="replace").split("\0")
    found: dict[str, list[FileDiff]] = {}
    at = 0
    while at < len(fields) and fields[at]:
        sha = fields[at].strip()
        found[sha], read = _raw(fields[at + 1 :])
        at += 1 + read
    return found


def _raw(fields: list[str]) -> tuple[list[FileDiff], int]:
    """The `--raw -z` records at the front, and how many fields they took."""
    files: list[FileDiff] = []
    at = 0
    while at < len(fields) and fields[at].startswith(":"):
        _, _, old, new, status = fields[at].split(" ")
        paths = fields[at + 1 : at + 3] if status[0] in "RC" else fields[at + 1 : at + 2]
        kept = old if status[0] == "D" else new
        previous = paths[0] if len(paths) > 1 else None
        files.append(FileDiff(paths[-1], _STATUS[status[0]], kept, 0, 0, previous_path=previous))
        at += 1 + len(paths)
    return files, at


def _summary(git: Git, before: str, after: str) -> list[FileDiff]:
    out = git.run("diff-tree", "-r", "-z", "-M", "--raw", "--numstat", "--no-abbrev", before, after)
    fields = out.decode(errors="replace").split("\0")
    files, at = _raw(fields)
    return [_counted(file, numbers) for file, numbers in zip(files, _numbers(fields[at:]), strict=True)]


def _numbers(fields: list[str]) -> list[str]:
    """The `added<TAB>deleted` of each numstat record; a rename's two paths follow as fields of their own."""
    found: list[str] = []
    at = 0
    while at < len(fields) and fields[at]:
        added, deleted, path = fields[at].split("\t", 2)
        found.append(f"{added} {deleted}")
        at += 1 if path else 3
    return found


def _counted(file: FileDiff, numbers: str) -> FileDiff:
    added, deleted = (int(n) if n.isdigit() else 0 for n in numbers.split(" "))
    return replace(file, additions=added, deletions=deleted)


def _patches(git: Git, before: str, after: str) -> Iterator[str]:
    out = git.run("diff-tree", "-r", "-M", "-p", "--no-color", "--no-ext-diff", before, after)
    text = out.decode(errors="replace")
    return iter(part for part in re.split(r"(?m)^diff --git .*\n", text)[1:])


def _shown(section: str) -> str | None:
    """From the first hunk on; None where there is none, or too much."""
    start = re.search(r"(?m)^@@", section)
    if start is None:
        return None
    patch = section[start.start() :].rstrip("\n")
    too_large = len(patch) > MAX_PATCH_BYTES or patch.count("\n") > MAX_PATCH_LINES
    return None if too_large else patch
