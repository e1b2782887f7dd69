"""Whose hand left a folder of a branch as it is: ours, or that of people. Reads commits; judges nobody.

Ours are the App's commits, what a merge took over from them, and what GitHub's pages squashed in our name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.model.event import RepoRef
from bot.ports import Commit, Ports

_DEPTH = 100
"""Commits of a merged branch that are followed to find where a folder comes from."""


@dataclass(frozen=True)
class Trace:
    """The newest changes of a folder: what people did (newest first) since `ours`, our own newest change."""

    hands: tuple[Commit, ...]
    ours: str


def traces(repo: RepoRef, log: Sequence[Commit], ports: Ports) -> Mapping[str, Trace]:
    """By folder, for all that the commits of `log` changed. `log`: a branch's first parents, newest first."""
    hands: dict[str, list[Commit]] = {}
    found: dict[str, Trace] = {}
    for commit in log:
        for folder in _touched(repo, commit.sha, ports):
            if folder in found:
                continue
            if _is_ours(repo, commit, folder, ports):
                found[folder] = Trace(tuple(hands.get(folder, ())), commit.sha)
            else:
                hands.setdefault(folder, []).append(commit)
    for folder, commits in hands.items():
        found.setdefault(folder, Trace(tuple(commits), ""))
    return found


def stranger(repo: RepoRef, log: Sequence[Commit], folder: str, ports: Ports) -> Commit | None:
    """Who left the folder other than we did, at the newest commit of `log`; None when nobody did.

    To have changed it and changed it back is to have left it alone.
    """
    hands: list[Commit] = []
    now = ports.mirror.tree(repo, log[0].sha).folder_id(folder)
    for commit in log:
        if folder not in _touched(repo, commit.sha, ports):
            continue
        if _is_ours(repo, commit, folder, ports):
            is_restored = ports.mirror.tree(repo, commit.sha).folder_id(folder) == now
            return None if is_restored or not hands else hands[0]
        hands.append(commit)
    return hands[0] if hands else None


def _touched(repo: RepoRef, commit: str, ports: Ports) -> Sequence[str]:
    key = ("touched", str(repo), commit)
    if key not in ports.memo:
        ports.memo[key] = ports.mirror.touched(repo, commit)
    found: Sequence[str] = ports.memo[key]
    return found


def _is_ours(repo: RepoRef, commit: Commit, folder: str, ports: Ports) -> bool:
    if is_made_by_us(commit, ports):
        return True
    if len(commit.parents) == 1:
        return False
    return any(is_made_by_us(one, ports) for one in _sources(repo, commit, folder, ports))


def is_made_by_us(commit: Commit, ports: Ports) -> bool:
    """By the App itself, or in its name by GitHub's own pages, which squash our pull requests."""
    email = ports.identity_email()
    return commit.committer_email == email or (commit.is_web and commit.author_email == email)


def _sources(repo: RepoRef, merge: Commit, folder: str, ports: Ports) -> Iterator[Commit]:
    """The commit that a merge has the folder from: through all parents that left it the same."""
    mirror = ports.mirror
    state = mirror.tree(repo, merge.sha).folder_id(folder)
    commit = merge
    for _ in range(_DEPTH):
        same = [one for one in commit.parents if mirror.tree(repo, one).folder_id(folder) == state]
        if not same:
            break
        commit = mirror.log(repo, same[0], limit=1)[0]
    if commit is not merge:
        yield commit
