"""What pull requests of our own have in common: title, body, hidden markers, and who holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.stage import Hand
from bot.report.markdown import COMMENT_LIMIT, code, count, join_within

_NAMED = 10
_TITLE = 200


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a pull request. `stamp` is in the body: it changes when our own words do."""

    title: str
    body: str
    stamp: str


def put_together(title: str, blocks: Sequence[str], marker: str) -> Said:
    """Title and body, with the hidden lines by which we know them again."""
    short = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}\u2026"
    text = join_within(blocks, COMMENT_LIMIT, left_out="_{n} more sections._")
    digest = hashlib.sha256(f"{short}\n{marker}\n{text}".encode()).hexdigest()[:16]
    stamp = f"<!-- roadcrew:words {digest} -->"
    return Said(short, f"{text}\n\n{marker}\n{stamp}", stamp)


def say_held(hands: Sequence[Hand], head: str) -> list[str]:
    """Commits of others are on the branch: it is theirs now."""
    if not hands:
        return []
    what = f"{code(head)} holds {'a commit' if len(hands) == 1 else 'commits'} that Roadcrew did not make"
    ways = "Merge this as it is; or close it and delete the branch: what comes next is proposed again."
    return [f"\u23f8\ufe0f **Held:** {what}, so it writes nothing there any more. {ways}", say_hands(hands)]


def say_hands(hands: Sequence[Hand]) -> str:
    """Who did what, newest first."""
    lines = [f"- {hand.commit} {code(hand.subject)} by {code(hand.author)}" for hand in hands[:_NAMED]]
    more = len(hands) - _NAMED
    return "\n".join([*lines, *([f"- {count(more, 'more commit')}"] if more > 0 else [])])


def say_closed(head: str, base: str) -> str:
    """The body of one that nobody needs any more. No marker: it is not people who declined it."""
    what = "is as it should be" if head.startswith("mend/") else "has what the environment before it has"
    return f"**Closed by Roadcrew:** nothing is left to do here, {code(base)} {what}."
