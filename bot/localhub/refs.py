"""What the hub knows of a repository's branches and tags, without asking git."""

from __future__ import annotations

from collections.abc import Mapping

from bot.localhub.records import KnownRefs, Repository
from bot.localhub.world import World

HEADS = "refs/heads/"
TAGS = "refs/tags/"


def known(world: World, repo_id: int) -> Mapping[str, str]:
    """Full names of branches and tags -> object ids."""
    return world.store.get(KnownRefs, repo_id).refs


def tip(world: World, repo: Repository, branch: str) -> str | None:
    """The commit at the branch; None where there is no such branch."""
    return known(world, repo.id).get(HEADS + branch)


def branches(world: World, repo: Repository) -> dict[str, str]:
    """Branch names, sorted -> commits."""
    refs = known(world, repo.id)
    return {name.removeprefix(HEADS): sha for name, sha in sorted(refs.items()) if name.startswith(HEADS)}


def resolve(world: World, repo: Repository, revision: str) -> str | None:
    """The commit that a branch, tag, ref or (short) sha names, branches first; None where there is none."""
    refs = known(world, repo.id)
    revision = revision or repo.default_branch
    for name in (HEADS + revision, TAGS + revision, f"refs/{revision}", revision):
        if name in refs and name.startswith(HEADS):
            return refs[name]
        if name in refs:
            return world.git(repo).resolve(name)
    if revision.startswith("-") or any(mark in revision for mark in ("^", "~", ":", "@{", " ", "..")):
        return None
    return world.git(repo).resolve(revision)
