"""Answers to /approve, /deny and /cancel."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.replies.common import WORDS as COMMON
from bot.report.replies.wording import Facts, Wording, fill, many


def _counted(facts: Facts) -> str:
    missing = facts.get("missing", 1)
    more = "One more is" if missing == 1 else "{missing} more are"
    return fill(f"Your approval counts. {more} needed, of {{wanted}}, for this very commit.", facts)


def _conflict(facts: Facts) -> str:
    where = many(facts, "paths")
    said = fill("This branch conflicts with its base in {paths:list}.", facts) if where else ""
    return f"{said or 'This branch conflicts with its base.'} Settle that first."


def _denied(facts: Facts) -> str:
    reason = " ".join(str(facts.get("reason", "")).split())
    end = "" if reason.endswith((".", "!", "?")) else "."
    return fill(f"Denied, and closed. The reason: {{reason:plain}}{end}", {"reason": reason})


def _held(facts: Facts) -> str:
    wording = COMMON["held"]
    said = wording(facts) if callable(wording) else wording
    next_ = "" if facts.get("resume") else " When that is settled, write `/approve` again."
    return f"It was approved, but GitHub did not let it be merged. {said}{next_}"


_SHARED: Mapping[str, Wording] = {
    "conflict": _conflict,
    "unsafe": (
        "`/{command:plain}` is for requests, and this holds what none does: {paths:list}, a link or what "
        "cannot be checked out. Take that out; else it is approved and merged, or closed, on GitHub."
    ),
    "no-request": (
        "`/{command:plain}` is for pull requests that change requests and nothing else. This one is approved "
        "and merged, or closed, on GitHub."
    ),
    "waiver": "`/{command:plain}` is for requests. A waiver is approved by a review, and merged on GitHub.",
}
WORDS: Mapping[str, Mapping[str, Wording]] = {
    "approve": {
        **_SHARED,
        "approved": "Approved and merged. The comment on this pull request says what follows.",
        "counted": _counted,
        "comment": (
            "More than one must approve this. Approve it with the review itself, or write `/approve` in a "
            "comment: from here it would not be counted."
        ),
        "held": _held,
        "held-pull": "This pull request is held. `/unhold` lets it go on; then approve it.",
        "draft": "This pull request is a draft. Mark it as ready first.",
        "denied": "The check denies it, so it cannot be merged yet:",
    },
    "deny": {**_SHARED, "denied": _denied},
    "cancel": {**_SHARED, "cancelled": "Taken back, and closed."},
}
