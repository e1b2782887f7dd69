"""The thread of a pull request in the order of time: comments, commits, reviews, and how it ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from bot.localhub.mergeability import base_tip
from bot.localhub.page.told import CommitLine, commit_lines
from bot.localhub.page.visit import Visit
from bot.localhub.records import Account, Comment, Pull, Reaction, Review, Thread

MAX_COMMITS = 250
_FACES = {
    "+1": "\N{THUMBS UP SIGN}",
    "-1": "\N{THUMBS DOWN SIGN}",
    "laugh": "\N{SMILING FACE WITH OPEN MOUTH AND SMILING EYES}",
    "confused": "\N{CONFUSED FACE}",
    "heart": "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}",
    "hooray": "\N{PARTY POPPER}",
    "rocket": "\N{ROCKET}",
    "eyes": "\N{EYES}",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that happened. `kind`: comment, review, commits, merged or closed."""

    kind: str
    at: str
    author: Account | None
    anchor: str = ""
    body: str = ""
    is_edited: bool = False
    faces: tuple[tuple[str, int], ...] = ()
    state: str = ""
    """Of a review: what it says."""
    lines: tuple[CommitLine, ...] = ()
    sha: str = ""


def timeline(visit: Visit, pull: Pull) -> list[Item]:
    """Everything after the pull request's own text. In the same second, commits precede what they cause."""
    items = [*_commits(visit, pull), *comments_of(visit, pull), *_reviews(visit, pull), *_end(visit, pull)]
    rank = ("commits", "comment", "review", "merged", "closed")
    items.sort(key=lambda item: (item.at, rank.index(item.kind)))
    return list(_gathered(items))


def commits_of(visit: Visit, pull: Pull) -> list[CommitLine]:
    """What the pull request would bring, oldest first, at most 250 as on GitHub."""
    span = f"{base_tip(visit.world, pull)}..{pull.head_sha}"
    found = visit.git.commits("--reverse", "--topo-order", span)
    return commit_lines(visit, found[:MAX_COMMITS])


def _commits(visit: Visit, pull: Pull) -> Iterator[Item]:
    """Commits older than the pull request came with it."""
    for line in commits_of(visit, pull):
        at = max(line.commit.committer.date, pull.created_at)
        yield Item("commits", at, line.author, lines=(line,))


def _gathered(items: list[Item]) -> Iterator[Item]:
    """Commits that nothing stands between are one item."""
    held: list[CommitLine] = []
    first: Item | None = None
    for item in items:
        if item.kind == "commits":
            first = first or item
            held.extend(item.lines)
            continue
        if first is not None:
            yield Item("commits", first.at, first.author, lines=tuple(held))
            held, first = [], None
        yield item
    if first is not None:
        yield Item("commits", first.at, first.author, lines=tuple(held))


def faces_of(visit: Visit, subject_id: int) -> tuple[tuple[str, int], ...]:
    """The reactions to a comment or an issue, by its id, counted."""
    found = visit.world.store.find(Reaction, subject_id=subject_id)
    counts = Counter(reaction.content for reaction in found)
    return tuple((_FACES[name], count) for name, count in counts.items())


def comments_of(visit: Visit, thread: Thread) -> Iterator[Item]:
    """The comments of an issue or a pull request, oldest first."""
    for comment in visit.world.store.find(Comment, repo_id=thread.repo_id, number=thread.number):
        yield Item(
            "comment",
            comment.created_at,
            visit.view.account(comment.author_id),
            anchor=f"issuecomment-{comment.id}",
            body=comment.body,
            is_edited=comment.updated_at != comment.created_at,
            faces=faces_of(visit, comment.id),
        )


def _reviews(visit: Visit, pull: Pull) -> Iterator[Item]:
    for review in visit.world.store.find(Review, repo_id=pull.repo_id, number=pull.number):
        if review.submitted_at is not None:
            yield Item(
                "review",
                review.submitted_at,
                visit.view.account(review.author_id),
                anchor=f"pullrequestreview-{review.id}",
                body=review.body,
                state=review.state,
                sha=review.commit_id,
            )


def _end(visit: Visit, pull: Pull) -> Iterator[Item]:
    if pull.merged_at is not None:
        who = visit.view.account(pull.merged_by_id) if pull.merged_by_id else None
        yield Item("merged", pull.merged_at, who, sha=pull.merge_commit_sha or "")
    elif pull.state == "closed" and pull.closed_at is not None:
        who = visit.view.account(pull.closed_by_id) if pull.closed_by_id else None
        yield Item("closed", pull.closed_at, who)
