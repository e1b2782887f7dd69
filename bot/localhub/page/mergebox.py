"""Whether a pull request can be merged, in words, and what the acting person may do about it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub import refs
from bot.localhub.acts import protection
from bot.localhub.mergeability import blockers, is_behind, mergeable_state, protection_of
from bot.localhub.page.visit import Visit
from bot.localhub.records import Pull

_WORDS = {
    "clean": "Ready to merge",
    "unstable": "Some checks are not green",
    "blocked": "Merging is blocked",
    "behind": "The branch is behind its base",
    "dirty": "There are conflicts with the base branch",
    "draft": "Still a draft",
    "unknown": "Not known yet whether it merges",
}
_NEXT = {
    "clean": "No conflicts with {base}, and nothing else is asked for.",
    "unstable": "It merges without conflicts, but look at the checks first.",
    "blocked": "{base} is protected.",
    "behind": "Merge {base} into {head} and push, so that the checks see what will be.",
    "dirty": "Merge {base} into {head}, mend the conflicts and push.",
    "draft": "Mark it as ready for review when it is.",
    "unknown": "Load this page again in a moment.",
}


@dataclass(frozen=True, slots=True)
class MergeBox:
    """The end of the conversation. `methods` is empty where the acting person cannot merge."""

    state: str
    headline: str
    explained: str
    asked: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    may_push: bool
    may_close: bool
    can_reopen: bool
    can_delete_branch: bool


def mergebox(visit: Visit, pull: Pull) -> MergeBox:
    """The facts for the viewer of this visit."""
    state = mergeable_state(visit.world, pull)
    may_push = visit.actor.account is not None and visit.may("contents:write")
    asked = _asked(visit, pull) if pull.state == "open" else []
    is_author = visit.actor.account is not None and visit.actor.account.id == pull.author_id
    return MergeBox(
        state,
        _WORDS[state],
        _NEXT[state].format(base=pull.base_ref, head=pull.head_ref),
        tuple(asked),
        _methods(visit, pull, state, has_demands=bool(asked)) if may_push else (),
        may_push,
        is_author or may_push,
        pull.state == "closed" and not pull.merged_at and _stands(visit, pull),
        pull.state == "closed" and may_push and pull.head_repo_id == visit.repo.id and _stands(visit, pull),
    )


def _asked(visit: Visit, pull: Pull) -> list[str]:
    said = blockers(visit.world, pull)
    if is_behind(visit.world, pull):
        said.append("The head branch is not up to date with the base branch.")
    return said


def _methods(visit: Visit, pull: Pull, state: str, *, has_demands: bool) -> tuple[tuple[str, str], ...]:
    rules = protection_of(visit.world, pull)
    is_bound = rules is None or not protection.may_bypass(visit.world, visit.repo, rules, visit.actor)
    if state in ("dirty", "draft", "unknown") or (has_demands and is_bound):
        return ()
    offered = (
        ("merge", "Merge commit", visit.repo.allow_merge_commit),
        ("squash", "Squash", visit.repo.allow_squash_merge),
        ("rebase", "Rebase", visit.repo.allow_rebase_merge),
    )
    return tuple((name, words) for name, words, is_allowed in offered if is_allowed)


def _stands(visit: Visit, pull: Pull) -> bool:
    """Whether the head branch still is where the pull request left it."""
    return (
        pull.head_repo_id == visit.repo.id
        and refs.tip(visit.world, visit.repo, pull.head_ref) == pull.head_sha
        and pull.head_ref != visit.repo.default_branch
    )
