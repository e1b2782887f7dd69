"""Merging a pull request: as a merge commit, squashed or rebased, by GitHub's rules and with its messages."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from bot.localhub import access, refs
from bot.localhub.access import Actor
from bot.localhub.acts import protection, pulls, pushes
from bot.localhub.git import Git, GitError
from bot.localhub.mergeability import WEB_FLOW, base_tip, blockers, is_behind, protection_of
from bot.localhub.problems import Problem
from bot.localhub.records import Account, Pull, Repository
from bot.localhub.view import Commit, Signature
from bot.localhub.world import World

Method = Literal["merge", "squash", "rebase"]
_DOCS = "https://docs.github.com/rest/pulls/pulls#merge-a-pull-request"
_PROTECTED_DOCS = "https://docs.github.com/articles/about-protected-branches"
_METHODS = {"merge": "Merge commits are", "squash": "Squash merges are", "rebase": "Rebase merges are"}


def merge(
    world: World,
    pull: Pull,
    *,
    actor: Actor,
    method: Method = "merge",
    title: str | None = None,
    message: str | None = None,
    sha: str | None = None,
) -> str:
    """Merge, and give the sha of what now is the base's tip.

    Problem 409 when `sha` is not the head, 405 when it does not merge or protection says no.
    """
    with world.change():
        repo = world.store.get(Repository, pull.repo_id)
        _refuse(world, repo, pull, actor, method)
        if sha is not None and sha != pull.head_sha:
            raise Problem(
                HTTPStatus.CONFLICT, "Head branch was modified. Review and try the merge again.", docs=_DOCS
            )
        base = base_tip(world, pull)
        made = _made(world, pull, actor, method, (title, message))
        try:
            world.git(repo).update_ref(refs.HEADS + pull.base_ref, made, base)
        except GitError as error:
            raise _not_allowed("Base branch was modified. Review and try the merge again.") from error
        try:
            pulls.mark_merged(world, pull, commit=made, actor=actor, base_sha=base)
            pushes.sync(world, repo, actor)
        except GitError:
            # The records go back by themselves; without this the branch would have moved all the same.
            world.git(repo).update_ref(refs.HEADS + pull.base_ref, base, made)
            raise
        if repo.delete_branch_on_merge and pull.head_repo_id == repo.id:
            world.git(repo).delete_ref(refs.HEADS + pull.head_ref, pull.head_sha)
            pushes.sync(world, repo, actor)
        return made


def _refuse(world: World, repo: Repository, pull: Pull, actor: Actor, method: Method) -> None:
    allowed = {
        "merge": repo.allow_merge_commit,
        "squash": repo.allow_squash_merge,
        "rebase": repo.allow_rebase_merge,
    }
    if not allowed[method]:
        raise _not_allowed(f"{_METHODS[method]} not allowed on this repository.")
    if pull.state == "closed" or not pull.is_mergeable:
        raise _not_allowed("Pull Request is not mergeable")
    if pull.is_draft:
        raise _not_allowed("Pull Request is still a work in progress")
    rules = protection_of(world, pull)
    if rules is None or protection.may_bypass(world, repo, rules, actor):
        return
    said = blockers(world, pull)
    if is_behind(world, pull):
        said.append("The head branch is not up to date with the base branch.")
    if not protection.may_push(world, rules, actor):
        said.append("You're not authorized to push to this branch.")
    if said:
        raise _not_allowed(said[0], docs=_PROTECTED_DOCS)


def _not_allowed(message: str, *, docs: str = _DOCS) -> Problem:
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, message, docs=docs)


def _made(
    world: World, pull: Pull, actor: Actor, method: Method, words: tuple[str | None, str | None]
) -> str:
    title, message = words
    repo = world.store.get(Repository, pull.repo_id)
    git = world.git(repo)
    base = base_tip(world, pull)
    merger = pushes.signature(world, actor, repo)
    web = Signature(*WEB_FLOW, world.now())
    if method == "rebase":
        return _replayed(git, base, pull.head_sha, merger)
    tree = git.merge_tree(base, pull.head_sha)
    if tree is None:
        raise _not_allowed("Pull Request is not mergeable")
    if method == "merge":
        owner = world.store.get(Account, pull.head_owner_id).login
        default = f"Merge pull request #{pull.number} from {owner}/{pull.head_ref}"
        text = _text(title or default, pull.title if message is None else message)
        return git.commit_tree(tree, [base, pull.head_sha], text, author=merger, committer=web)
    commits = git.commits("--reverse", f"{base}..{pull.head_sha}")
    default, rest = _squash_words(pull, commits)
    author = pushes.signature(world, access.Actor(world.store.get(Account, pull.author_id)), repo)
    text = _text(title or default, rest if message is None else message)
    return git.commit_tree(tree, [base], text, author=author, committer=web)


def _text(title: str, message: str) -> str:
    return f"{title}\n\n{message}" if message else title


def _squash_words(pull: Pull, commits: list[Commit]) -> tuple[str, str]:
    """GitHub's defaults: one commit keeps its message, several are listed under the pull request's title."""
    if len(commits) == 1:
        subject, _, rest = commits[0].message.partition("\n")
        return f"{subject} (#{pull.number})", rest.strip()
    return f"{pull.title} (#{pull.number})", "\n\n".join(f"* {commit.message}" for commit in commits)


def _replayed(git: Git, base: str, head: str, committer: Signature) -> str:
    """The head's own commits, one after the other, on top of the base. Merges among them are left out."""
    tip = base
    for commit in git.commits("--reverse", "--no-merges", "--topo-order", f"{base}..{head}"):
        parent = commit.parents[0] if commit.parents else base
        # git 2.39 cannot be told the merge base, so a commit with the tip's tree stands on the wanted one.
        stand = git.commit_tree(
            git.commit(tip).tree, [parent], "replay", author=committer, committer=committer
        )
        tree = git.merge_tree(stand, commit.sha)
        if tree is None:
            raise _not_allowed("This branch can't be rebased")
        tip = git.commit_tree(tree, [tip], commit.message, author=commit.author, committer=committer)
    return tip
