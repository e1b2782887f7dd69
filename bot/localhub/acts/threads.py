"""The thread of an issue or pull request: comments, reactions, labels, reviews and who is asked for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar, cast, get_args

from bot.localhub import events
from bot.localhub.access import Actor
from bot.localhub.acts.pulls import MAX_BODY, tell, tell_review
from bot.localhub.problems import not_found, too_long, unprocessable
from bot.localhub.records import Account, Comment, Label, Pull, Reaction, Repository, Review, Thread
from bot.localhub.shapes.accounts import user_json
from bot.localhub.shapes.issues import comment_hook_json, issue_hook_json, label_json
from bot.localhub.shapes.teams import team_hook_json
from bot.localhub.sight import Sight
from bot.localhub.world import World

T = TypeVar("T", bound=Thread)
Content = Literal["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"]
REVIEW_STATES: Mapping[str, Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]] = {
    "APPROVE": "APPROVED",
    "REQUEST_CHANGES": "CHANGES_REQUESTED",
    "COMMENT": "COMMENTED",
}


def _checked(body: str) -> str:
    if not body.strip():
        error = {"resource": "IssueComment", "code": "missing_field", "field": "body"}
        raise unprocessable("Validation Failed", error)
    if len(body) > MAX_BODY:
        raise too_long("IssueComment", "body", MAX_BODY)
    return body


def _author(world: World, actor: Actor) -> Account:
    if actor.account is None:
        raise not_found()
    return world.store.get(Account, actor.account.id)


def create_comment(world: World, thread: Thread, body: str, *, actor: Actor) -> Comment:
    """Write a comment: at most 65,536 characters, not blank."""
    with world.change():
        now = world.now()
        comment = world.store.save(
            Comment(
                id=world.next_id(),
                repo_id=thread.repo_id,
                number=thread.number,
                author_id=_author(world, actor).id,
                body=_checked(body),
                created_at=now,
                updated_at=now,
                app_id=actor.app.id if actor.app else None,
            )
        )
        world.store.save(replace(thread, updated_at=now))
        _tell(world, comment, "created", actor)
        return comment


def edit_comment(world: World, comment: Comment, body: str, *, actor: Actor) -> Comment:
    """Change a comment's body. The same body again changes nothing and tells nobody."""
    with world.change():
        if _checked(body) == comment.body:
            return comment
        edited = world.store.save(replace(comment, body=body, updated_at=world.now()))
        _tell(world, edited, "edited", actor, changes={"body": {"from": comment.body}})
        return edited


def delete_comment(world: World, comment: Comment, *, actor: Actor) -> None:
    """Remove a comment and the reactions to it."""
    with world.change():
        _tell(world, comment, "deleted", actor)
        for reaction in world.store.find(Reaction, subject_id=comment.id):
            world.store.delete(reaction)
        world.store.delete(comment)


def _tell(world: World, comment: Comment, action: str, actor: Actor, **more: Any) -> None:
    repo = world.store.get(Repository, comment.repo_id)

    def body(sight: Sight) -> Mapping[str, Any]:
        thread = sight.thread(comment.repo_id, comment.number)
        block = {"issue": issue_hook_json(sight, thread)} if thread else {}
        return {**more, **block, "comment": comment_hook_json(sight, comment)}

    sender = _author(world, actor)
    events.emit(world, "issue_comment", action=action, repo=repo, sender=sender, body=body)


def react(world: World, subject_id: int, content: str, *, actor: Actor) -> tuple[Reaction, bool]:
    """React to a comment or issue, by its id; the same reaction twice is one. Second: whether it is new."""
    if content not in get_args(Content):
        raise unprocessable(
            "Validation Failed", {"resource": "Reaction", "code": "invalid", "field": "content"}
        )
    with world.change():
        who = _author(world, actor).id
        for old in world.store.find(Reaction, subject_id=subject_id):
            if old.account_id == who and old.content == content:
                return old, False
        new = Reaction(world.next_id(), subject_id, who, cast(Content, content), world.now())
        return world.store.save(new), True


def unreact(world: World, reaction: Reaction) -> None:
    """Take a reaction back."""
    with world.change():
        world.store.delete(reaction)


def add_labels(world: World, thread: T, names: Sequence[str], *, actor: Actor) -> T:
    """Put labels on; unknown ones come into being, grey."""
    with world.change():
        for label_id in label_ids(world, thread.repo_id, names):
            if label_id not in thread.label_ids:
                thread = _labelled(world, thread, (*thread.label_ids, label_id), label_id, actor)
        return thread


def label_ids(world: World, repo_id: int, names: Sequence[str]) -> tuple[int, ...]:
    """The ids of labels by their names, each once; unknown ones come into being."""
    return tuple(dict.fromkeys(_label(world, repo_id, name).id for name in names))


def remove_label(world: World, thread: T, name: str, *, actor: Actor) -> T:
    """Take a label off. Problem 404 when it is not on."""
    with world.change():
        labels = [world.store.get(Label, label_id) for label_id in thread.label_ids]
        label = next((one for one in labels if one.name.lower() == name.lower()), None)
        if label is None:
            raise not_found()
        kept = tuple(label_id for label_id in thread.label_ids if label_id != label.id)
        return _labelled(world, thread, kept, label.id, actor)


def _labelled(world: World, thread: T, labels: tuple[int, ...], label_id: int, actor: Actor) -> T:
    """With these labels; `label_id` is the one that came or went."""
    new = world.store.save(replace(thread, label_ids=labels, updated_at=world.now()))
    if isinstance(new, Pull):
        label = label_json(Sight(world), world.store.get(Label, label_id))
        if label_id in labels:
            tell(world, new, "labeled", actor, label=label)
        else:
            tell(world, new, "unlabeled", actor, label=label)
    return new


def _label(world: World, repo_id: int, name: str) -> Label:
    for label in world.store.find(Label, repo_id=repo_id):
        if label.name.lower() == name.lower():
            return label
    return world.store.save(Label(world.next_id(), repo_id, name))


def create_review(
    world: World, pull: Pull, event: str, *, actor: Actor, body: str = "", commit_id: str | None = None
) -> Review:
    """Judge a pull request: `event` is APPROVE, REQUEST_CHANGES or COMMENT."""
    author = _author(world, actor)
    state = REVIEW_STATES.get(event)
    if state is None:
        raise unprocessable("Variable $event of type PullRequestReviewEvent was provided invalid value")
    if author.id == pull.author_id and state != "COMMENTED":
        verb = "approve" if state == "APPROVED" else "request changes on"
        raise unprocessable("Unprocessable Entity", f"Can not {verb} your own pull request")
    if not body and state != "APPROVED":
        raise unprocessable("Unprocessable Entity", "Review body is required")
    if len(body) > MAX_BODY:
        raise too_long("PullRequestReview", "body", MAX_BODY)
    with world.change():
        now = world.now()
        review = Review(
            id=world.next_id(),
            repo_id=pull.repo_id,
            number=pull.number,
            author_id=author.id,
            body=body,
            state=state,
            commit_id=commit_id or pull.head_sha,
            submitted_at=now,
        )
        world.store.save(review)
        asked = tuple(one for one in pull.requested_reviewer_ids if one != author.id)
        pull = world.store.save(replace(pull, updated_at=now, requested_reviewer_ids=asked))
        tell_review(world, pull, review, author, "submitted")
        return review


def dismiss(world: World, pull: Pull, review: Review, message: str, *, actor: Actor) -> Review:
    """Take a judgement back, in the name of `actor`. Problem 422 for what judges nothing."""
    if review.state not in ("APPROVED", "CHANGES_REQUESTED"):
        raise unprocessable("Unprocessable Entity", "Can not dismiss a commented pull request review")
    with world.change():
        dismissed = world.store.save(replace(review, state="DISMISSED", body=review.body or message))
        tell_review(world, pull, dismissed, _author(world, actor), "dismissed")
        return dismissed


def request_reviewers(
    world: World,
    pull: Pull,
    *,
    actor: Actor,
    users: Sequence[int] = (),
    teams: Sequence[int] = (),
    gone: bool = False,
) -> Pull:
    """Ask accounts and teams for a review, or (`gone`) no longer. Ids; the author cannot be asked."""
    with world.change():
        if not gone and pull.author_id in users:
            raise unprocessable("Review cannot be requested from pull request author.")
        asked_users, asked_teams = set(pull.requested_reviewer_ids), set(pull.requested_team_ids)
        change = set.difference if gone else set.union
        new_users, new_teams = change(asked_users, users), change(asked_teams, teams)
        new = world.store.save(
            replace(
                pull,
                requested_reviewer_ids=tuple(sorted(new_users)),
                requested_team_ids=tuple(sorted(new_teams)),
                updated_at=world.now(),
            )
        )
        action = "review_request_removed" if gone else "review_requested"
        sight = Sight(world)
        for account_id in sorted(asked_users ^ new_users):
            tell(world, new, action, actor, requested_reviewer=user_json(sight, sight.account(account_id)))
        for team_id in sorted(asked_teams ^ new_teams):
            tell(world, new, action, actor, requested_team=team_hook_json(sight, sight.team(team_id)))
        return new
