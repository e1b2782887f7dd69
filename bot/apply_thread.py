"""The writes in threads: reactions, labels, merges, issues. Looks first, and writes only the difference.

What GitHub refuses is held, in its words: one such thing must not hold up all others.
"""

from __future__ import annotations

from bot.errors import Refused
from bot.model.acts import EnsureIssue, EnsureLabels, EnsureMerged, React
from bot.model.plan import Applied, Held, Outcome, Unchanged
from bot.model.trailers import trailer_lines
from bot.ports import Ports


def react(effect: React, ports: Ports) -> Outcome:
    """Our reaction stands there. A review can bear none: Unchanged."""
    if effect.spot.source == "review":
        return Unchanged()
    try:
        if effect.content in ports.forge.reactions(effect.repo, effect.spot):
            return Unchanged()
        ports.forge.react(effect.repo, effect.spot, effect.content)
    except Refused as refused:
        return Held(refused.reason)
    return Applied()


def ensure_labels(effect: EnsureLabels, ports: Ports) -> Outcome:
    """Those of `present` are on, those of `absent` off. GitHub tells labels apart without case."""
    try:
        standing = {name.lower() for name in ports.forge.labels(effect.repo, effect.number)}
        missing = [name for name in effect.present if name.lower() not in standing]
        extra = [name for name in effect.absent if name.lower() in standing]
        if missing:
            ports.forge.add_labels(effect.repo, effect.number, missing)
        for name in extra:
            ports.forge.remove_label(effect.repo, effect.number, name)
    except Refused as refused:
        return Held(refused.reason, "see that the App may write issues and pull requests.")
    return Applied() if missing or extra else Unchanged()


def ensure_merged(effect: EnsureMerged, ports: Ports) -> Outcome:
    """Merged at this head, by us or before us; `ref` is the merge commit."""
    try:
        pull = ports.forge.pull(effect.repo, effect.number)
        if pull.is_merged and pull.head_sha == effect.head_sha:
            return Unchanged(pull.merge_sha)
        if pull.head_sha != effect.head_sha:
            return Held(
                f"the branch has moved: it is at `{pull.head_sha[:7]}`, not at `{effect.head_sha[:7]}`.",
                "look at what changed, and say it again.",
            )
        if not pull.is_open:
            return Held("the pull request is closed.", "open it again first.")
        made = ports.forge.merge_pull(
            effect.repo,
            effect.number,
            sha=effect.head_sha,
            subject=effect.subject,
            message=trailer_lines(effect.trailers),
        )
    except Refused as refused:
        return Held(refused.reason)
    return Applied(made)


def ensure_issue(effect: EnsureIssue, ports: Ports) -> Outcome:
    """There is one; `ref` is its number. One that stands is left as people have made it."""
    try:
        found = ports.forge.find_issue(effect.repo, effect.marker)
        if found is not None:
            return Unchanged(str(found))
        made = ports.forge.create_issue(
            effect.repo, marker=effect.marker, title=effect.title, body=effect.body, labels=effect.labels
        )
    except Refused as refused:
        return Held(refused.reason, "see that issues are turned on, and that the App may write them.")
    return Applied(str(made))
