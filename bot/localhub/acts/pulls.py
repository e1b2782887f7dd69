"""Pull requests: opened, edited, closed, reopened, and following the branches that they stand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from bot.localhub import events, refs
from bot.localhub.access import Actor
from bot.localhub.git import ZERO
from bot.localhub.mergeability import base_tip, protection_of, trial_merge
from bot.localhub.problems import Problem, invalid, too_long, unprocessable
from bot.localhub.records import Account, IssueEvent, Pull, Repository, Review, State
from bot.localhub.shapes.pulls import pull_hook_json, pull_review_hook_json, review_hook_json
from bot.localhub.sight import Sight
from bot.localhub.world import World

MAX_BODY = 65_536
"""Characters of a pull request's, an issue's or a comment's body."""
MAX_TITLE = 256


def check_texts(*, title: str | None = None, body: str | None = None) -> None:
    """Problem 422 for what GitHub finds too long or empty."""
    if title is not None and not title.strip():
        raise unprocessable(
            "Validation Failed", {"resource": "PullRequest", "code": "missing_field", "field": "title"}
        )
    if title is not None and len(title) > MAX_TITLE:
        raise too_long("Issue", "title", MAX_TITLE)
    if body is not None and len(body) > MAX_BODY:
        raise too_long("Issue", "body", MAX_BODY)


def open_pull(
    world: World,
    repo: Repository,
    *,
    actor: Actor,
    title: str,
    base: str,
    head: str,
    body: str | None = None,
    is_draft: bool = False,
    head_repo: Repository | None = None,
    maintainer_can_modify: bool = False,
) -> Pull:
    """Open a pull request for the branch `head` of `head_repo` (default: the same repository) onto `base`."""
    check_texts(title=title, body=body)
    source = head_repo or repo
    with world.change():
        base_sha, head_sha = refs.tip(world, repo, base), refs.tip(world, source, head)
        if base_sha is None:
            raise unprocessable("Validation Failed", _invalid_field("base"))
        if head_sha is None:
            raise unprocessable("Validation Failed", _invalid_field("head"))
        _refuse_twin(world, repo, source, base, head)
        number = repo.next_number
        _bring_head(world, repo, source, number, head)
        if world.git(repo).is_ancestor(head_sha, base_sha):
            raise _custom(f"No commits between {base} and {head}")
        repo = world.store.save(replace(world.store.get(Repository, repo.id), next_number=number + 1))
        now = world.now()
        pull = Pull(
            id=world.next_id(),
            issue_id=world.next_id(),
            repo_id=repo.id,
            number=number,
            author_id=(actor.account or world.store.get(Account, repo.owner_id)).id,
            title=title,
            body=body,
            base_ref=base,
            base_sha=base_sha,
            head_repo_id=source.id,
            head_owner_id=source.owner_id,
            head_ref=head,
            head_sha=head_sha,
            created_at=now,
            updated_at=now,
            is_draft=is_draft,
            maintainer_can_modify=maintainer_can_modify,
            app_id=actor.app.id if actor.app else None,
        )
        pull = refresh(world, world.store.save(pull))
        tell(world, pull, "opened", actor)
        return pull


def _invalid_field(field: str) -> Mapping[str, str]:
    return {"resource": "PullRequest", "field": field, "code": "invalid"}


def _refuse_twin(world: World, repo: Repository, source: Repository, base: str, head: str) -> None:
    for other in world.store.find(Pull, head_repo_id=source.id, head_ref=head):
        if other.state == "open" and other.repo_id == repo.id and other.base_ref == base:
            owner = world.store.get(Account, source.owner_id).login
            raise _custom(f"A pull request already exists for {owner}:{head}.")


def _custom(message: str) -> Problem:
    error = {"resource": "PullRequest", "code": "custom", "message": message}
    return unprocessable("Validation Failed", error)


def _bring_head(world: World, repo: Repository, source: Repository, number: int, branch: str) -> None:
    """Set `refs/pull/N/head`, with its objects where they come from a fork."""
    name = f"refs/pull/{number}/head"
    if source.id == repo.id:
        world.git(repo).update_ref(name, refs.known(world, repo.id)[refs.HEADS + branch])
    else:
        world.git(repo).fetch(world.git(source).path, f"+{refs.HEADS}{branch}:{name}")


def refresh(world: World, pull: Pull) -> Pull:
    """Compute anew whether it merges. Closed ones stay as they are."""
    if pull.state == "closed":
        return pull
    is_mergeable, commit = trial_merge(world, pull)
    return world.store.save(replace(pull, is_mergeable=is_mergeable, merge_commit_sha=commit))


def tell(world: World, pull: Pull, action: str, actor: Actor, **more: Any) -> None:
    """Send `pull_request` with this action; `more` are further keys of the payload."""
    repo = world.store.get(Repository, pull.repo_id)
    sender = actor.account or world.store.get(Account, repo.owner_id)

    def body(sight: Sight) -> Mapping[str, Any]:
        block = pull_hook_json(sight, world.store.get(Pull, pull.id), action)
        return {"number": pull.number, **more, "pull_request": block}

    events.emit(world, "pull_request", action=action, repo=repo, sender=sender, body=body)


def edit(
    world: World,
    pull: Pull,
    *,
    actor: Actor,
    title: str | None = None,
    body: str | None = None,
    base: str | None = None,
) -> Pull:
    """Change title, body or base branch (None: leave it). Tells `edited`, with the old values."""
    check_texts(title=title, body=body)
    with world.change():
        changes: dict[str, Any] = {}
        new = pull
        if title is not None and title != pull.title:
            changes["title"] = {"from": pull.title}
            new = replace(new, title=title)
        if body is not None and body != pull.body:
            changes["body"] = {"from": pull.body or ""}
            new = replace(new, body=body)
        if base is not None and base != pull.base_ref:
            changes["base"] = {"ref": {"from": pull.base_ref}, "sha": {"from": pull.base_sha}}
            new = _rebased(world, new, base)
        if not changes:
            return pull
        new = world.store.save(replace(new, updated_at=world.now()))
        new = refresh(world, new) if "base" in changes else new
        tell(world, new, "edited", actor, changes=changes)
        return new


def _rebased(world: World, pull: Pull, base: str) -> Pull:
    repo = world.store.get(Repository, pull.repo_id)
    tip = refs.tip(world, repo, base)
    if pull.state == "closed":
        raise unprocessable("Cannot change base branch of closed pull request.")
    if tip is None:
        raise invalid("PullRequest", "base", f"Proposed base branch '{base}' was not found")
    return replace(pull, base_ref=base, base_sha=tip)


def set_state(world: World, pull: Pull, state: State, *, actor: Actor) -> Pull:
    """Close or reopen. A merged one, or one whose head branch is gone, cannot be reopened: Problem 422."""
    if state == pull.state:
        return pull
    return close(world, pull, actor=actor) if state == "closed" else _reopen(world, pull, actor)


def close(world: World, pull: Pull, *, actor: Actor) -> Pull:
    """Close without merging."""
    with world.change():
        now = world.now()
        closed_by = actor.account.id if actor.account else None
        closed = replace(
            pull,
            state="closed",
            base_sha=base_tip(world, pull),
            closed_at=now,
            updated_at=now,
            closed_by_id=closed_by,
        )
        world.store.save(closed)
        tell(world, closed, "closed", actor)
        return closed


def _reopen(world: World, pull: Pull, actor: Actor) -> Pull:
    with world.change():
        source = world.store.get(Repository, pull.head_repo_id) if pull.head_repo_id else None
        tip = refs.tip(world, source, pull.head_ref) if source else None
        if pull.merged_at or tip is None:
            reason = "state cannot be changed. " + (
                "The pull request was merged."
                if pull.merged_at
                else f"The {pull.head_ref} branch was deleted."
            )
            raise invalid("PullRequest", "state", reason)
        if tip != pull.head_sha:
            reason = f"state cannot be changed. The {pull.head_ref} branch was force-pushed or recreated."
            raise invalid("PullRequest", "state", reason)
        opened = replace(pull, state="open", closed_at=None, closed_by_id=None, updated_at=world.now())
        opened = refresh(world, world.store.save(opened))
        tell(world, opened, "reopened", actor)
        return opened


def set_draft(world: World, pull: Pull, *, is_draft: bool, actor: Actor) -> Pull:
    """Mark as draft or as ready for review."""
    if pull.is_draft == is_draft:
        return pull
    with world.change():
        changed = world.store.save(replace(pull, is_draft=is_draft, updated_at=world.now()))
        tell(world, changed, "converted_to_draft" if is_draft else "ready_for_review", actor)
        return changed


def branch_moved(world: World, repo: Repository, move: tuple[str, str, str], actor: Actor) -> None:
    """Let the open pull requests from and onto a branch follow it; `move` is (branch, old, new)."""
    branch, old, new = move
    for pull in world.store.find(Pull, head_repo_id=repo.id, head_ref=branch):
        _remember(world, repo, pull, (old, new), actor)
        if pull.state == "open":
            _head_moved(world, pull, old, new, actor)
    for pull in world.store.find(Pull, repo_id=repo.id):
        if pull.state == "open" and pull.base_ref == branch:
            _base_moved(world, pull, new, actor)


def _remember(world: World, source: Repository, pull: Pull, move: tuple[str, str], actor: Actor) -> None:
    """What GitHub's history of a pull request tells of its head: not each push, but what is unusual."""
    old, new = move
    event: Literal["head_ref_force_pushed", "head_ref_deleted", "head_ref_restored"]
    if new == ZERO:
        event = "head_ref_deleted"
    elif old == ZERO:
        event = "head_ref_restored"
    elif pull.state == "open" and not world.git(source).is_ancestor(old, new):
        event = "head_ref_force_pushed"
    else:
        return
    who = actor.account.id if actor.account else source.owner_id
    world.store.save(IssueEvent(world.next_id(), pull.repo_id, pull.number, event, who, world.now()))


def _head_moved(world: World, pull: Pull, old: str, new: str, actor: Actor) -> None:
    """`synchronize`; a deleted branch, and one with nothing of its own any more, close the pull request."""
    if new == ZERO:
        close(world, pull, actor=actor)
        return
    repo = world.store.get(Repository, pull.repo_id)
    source = world.store.get(Repository, pull.head_repo_id or pull.repo_id)
    _bring_head(world, repo, source, pull.number, pull.head_ref)
    base = base_tip(world, pull)
    moved = replace(pull, head_sha=new, base_sha=base, updated_at=world.now())
    moved = refresh(world, world.store.save(moved))
    protection = protection_of(world, moved)
    if protection is not None and protection.dismiss_stale_reviews:
        _dismiss_approvals(world, moved, actor)
    tell(world, moved, "synchronize", actor, before=old, after=new)
    if world.git(repo).is_ancestor(new, base):
        close(world, moved, actor=actor)


def _dismiss_approvals(world: World, pull: Pull, actor: Actor) -> None:
    repo = world.store.get(Repository, pull.repo_id)
    sender = actor.account or world.store.get(Account, repo.owner_id)
    for review in world.store.find(Review, repo_id=pull.repo_id, number=pull.number):
        if review.state == "APPROVED":
            dismissed = world.store.save(replace(review, state="DISMISSED"))
            tell_review(world, pull, dismissed, sender, "dismissed")


def tell_review(world: World, pull: Pull, review: Review, sender: Account, action: str) -> None:
    """Send `pull_request_review` with this action."""
    repo = world.store.get(Repository, pull.repo_id)

    def body(sight: Sight) -> Mapping[str, Any]:
        return {"review": review_hook_json(sight, review), "pull_request": pull_review_hook_json(sight, pull)}

    events.emit(world, "pull_request_review", action=action, repo=repo, sender=sender, body=body)


def _base_moved(world: World, pull: Pull, new: str, actor: Actor) -> None:
    """A base that now contains the head has merged it; one that is gone closes it."""
    if new == ZERO:
        close(world, pull, actor=actor)
        return
    repo = world.store.get(Repository, pull.repo_id)
    if world.git(repo).is_ancestor(pull.head_sha, new):
        mark_merged(world, pull, commit=new, actor=actor)
    else:
        refresh(world, pull)


def mark_merged(world: World, pull: Pull, *, commit: str, actor: Actor, base_sha: str | None = None) -> Pull:
    """The head's changes are on the base branch, by `commit`."""
    now = world.now()
    who = actor.account.id if actor.account else None
    merged = replace(
        pull,
        state="closed",
        base_sha=base_sha or pull.base_sha,
        closed_at=now,
        closed_by_id=who,
        merged_at=now,
        merged_by_id=who,
        updated_at=now,
        merge_commit_sha=commit,
        is_mergeable=None,
    )
    world.store.save(merged)
    world.git(world.store.get(Repository, pull.repo_id)).delete_ref(f"refs/pull/{pull.number}/merge")
    tell(world, merged, "closed", actor)
    return merged
