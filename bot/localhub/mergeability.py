"""Whether a pull request can be merged: git's answer, and what the protected base branch still asks for."""

from __future__ import annotations

from bot.localhub import access, refs
from bot.localhub.git import GitError
from bot.localhub.records import Account, CheckRun, Protection, Pull, Repository, RequiredCheck, Review
from bot.localhub.view import Signature
from bot.localhub.world import World

GREEN = ("success", "neutral", "skipped")
WEB_FLOW = ("GitHub", "noreply@github.com")
"""Name and address with which GitHub itself commits."""


def base_tip(world: World, pull: Pull) -> str:
    """What the pull is compared with: the live base branch while it is open, its last one afterwards."""
    repo = world.store.get(Repository, pull.repo_id)
    live = refs.tip(world, repo, pull.base_ref) if pull.state == "open" else None
    return live or pull.base_sha


def trial_merge(world: World, pull: Pull) -> tuple[bool, str | None]:
    """Merge base and head for trial, and keep the commit as `refs/pull/N/merge`; None: they do not merge."""
    repo = world.store.get(Repository, pull.repo_id)
    git = world.git(repo)
    base = base_tip(world, pull)
    try:
        tree = git.merge_tree(base, pull.head_sha)
    except GitError:
        # Trees that git would not make itself, such as with a name `a/b`, make it give up.
        tree = None
    name = f"refs/pull/{pull.number}/merge"
    if tree is None:
        git.delete_ref(name)
        return False, None
    who = Signature(*WEB_FLOW, world.now())
    message = f"Merge {pull.head_sha} into {base}"
    commit = git.commit_tree(tree, [base, pull.head_sha], message, author=who, committer=who)
    git.update_ref(name, commit)
    return True, commit


def protection_of(world: World, pull: Pull) -> Protection | None:
    """The base branch's protection."""
    return world.store.first(Protection, repo_id=pull.repo_id, branch=pull.base_ref)


def latest_reviews(world: World, pull: Pull) -> dict[int, Review]:
    """Each reviewer's newest judgement, by account id; comments do not judge."""
    judged = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
    reviews = world.store.find(Review, repo_id=pull.repo_id, number=pull.number)
    return {review.author_id: review for review in reviews if review.state in judged}


def latest_runs(world: World, repo_id: int, sha: str) -> list[CheckRun]:
    """The newest run of each name and App on the commit, by id."""
    runs = world.store.find(CheckRun, repo_id=repo_id, head_sha=sha)
    return sorted({(run.app_id, run.name): run for run in runs}.values(), key=lambda run: run.id)


def unmet_checks(world: World, repo_id: int, sha: str, required: tuple[RequiredCheck, ...]) -> list[str]:
    """GitHub's sentence on the required checks that are not green on the commit; empty when all are."""
    runs = latest_runs(world, repo_id, sha)
    missing: list[str] = []
    for check in required:
        own = [run for run in runs if run.name == check.context and check.app_id in (None, run.app_id)]
        if not own:
            missing.append(f'Required status check "{check.context}" is expected.')
        elif any(run.status != "completed" for run in own):
            missing.append(f'Required status check "{check.context}" is in progress.')
        elif any(run.conclusion not in GREEN for run in own):
            missing.append(f'Required status check "{check.context}" is failing.')
    if len(missing) > 1:
        return [f"{len(missing)} of {len(required)} required status checks are expected."]
    return missing


def blockers(world: World, pull: Pull) -> list[str]:
    """What the base branch's protection still asks for, in GitHub's words."""
    protection = protection_of(world, pull)
    if protection is None:
        return []
    said = unmet_checks(world, pull.repo_id, pull.head_sha, protection.required_checks or ())
    return said + _review_blockers(world, pull, protection)


def _review_blockers(world: World, pull: Pull, protection: Protection) -> list[str]:
    if protection.required_approvals is None:
        return []
    repo = world.store.get(Repository, pull.repo_id)
    states = [
        review.state
        for account_id, review in latest_reviews(world, pull).items()
        if account_id != pull.author_id and _can_write(world, repo, account_id)
    ]
    if "CHANGES_REQUESTED" in states:
        return ["Changes have been requested by reviewers with write access."]
    wanted = protection.required_approvals
    if states.count("APPROVED") >= wanted:
        return []
    plural = "review is" if wanted == 1 else "reviews are"
    return [f"At least {wanted} approving {plural} required by reviewers with write access."]


def _can_write(world: World, repo: Repository, account_id: int) -> bool:
    held = access.permission_of(world, repo, world.store.get(Account, account_id))
    return held is not None and access.RANK[held] >= access.RANK["push"]


def is_behind(world: World, pull: Pull) -> bool:
    """Whether the head lacks commits of a base branch that demands them (`strict`)."""
    protection = protection_of(world, pull)
    if protection is None or protection.required_checks is None or not protection.is_strict:
        return False
    git = world.git(world.store.get(Repository, pull.repo_id))
    return not git.is_ancestor(base_tip(world, pull), pull.head_sha)


def mergeable_state(world: World, pull: Pull) -> str:
    """GitHub's one word for it; worst first."""
    if pull.state == "closed" or pull.is_mergeable is None:
        return "unknown"
    if not pull.is_mergeable:
        return "dirty"
    if pull.is_draft:
        return "draft"
    if blockers(world, pull):
        return "blocked"
    if is_behind(world, pull):
        return "behind"
    runs = latest_runs(world, pull.repo_id, pull.head_sha)
    return "clean" if all(run.conclusion in GREEN for run in runs) else "unstable"
