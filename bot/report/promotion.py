"""What people read on the pull request that brings a component to the next environment."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.event import RepoRef
from bot.model.plan import Conclusion, EnsureCheck, Plan, StuckPart, Totals
from bot.model.stage import Brought, Hand, Origin, PromotionPart
from bot.report.dangers import say_danger
from bot.report.diff import tally
from bot.report.markdown import code, count, join_within, prose, table
from bot.report.proposal import Said, put_together, say_held
from bot.report.resources import asks
from bot.report.review import CHECK

_BRANCH = """\
# {environment}

What stands in {environment}: one folder a component, rendered by Roadcrew. `source.yaml` in a folder is its
pin: the commit of the default branch and the template that it was rendered from.

Changes come here by pull requests from `promote/{environment}/<component>`, which Roadcrew opens when a
component has changed on `{previous}`. What is changed here by hand is shown, and a pull request offers to
undo it: change the catalog or the template instead.
"""
_DANGERS = 10
_NAMED = 10


def say_branch(environment: str, branch: str, previous: str) -> bytes:
    """The README.md that an environment's branch begins with."""
    return _BRANCH.format(environment=environment, branch=branch, previous=previous).encode()


def say_promotion(part: PromotionPart, marker: str, held_by: tuple[Hand, ...] = ()) -> Said:
    """Outcome first, then what to look at, then where it comes from."""
    title = (
        f"Promote {part.folder} to {part.environment}"
        if part.after
        else f"Remove {part.folder} from {part.environment}"
    )
    return put_together(title, [*_blocks(part, held_by)], marker)


def _blocks(part: PromotionPart, held_by: tuple[Hand, ...]) -> Iterator[str]:
    head = f"promote/{part.environment}/{part.folder}"
    yield from say_held(held_by, head)
    yield _outcome(part)
    if part.mend:
        yield (
            f"\u26a0\ufe0f **Changed by hand:** {code(part.folder)} on {code(part.branch)} is not what was "
            f"rendered, and merging this overwrites it. See the pull request from {code(part.mend)}."
        )
    yield from _taken(part)
    yield from _naming(part)
    yield from _dangers(part)
    yield table(("", f"now on {code(part.branch)}", "after the merge"), _rows(part))
    yield from _brought(part)
    yield _next(part, is_held=bool(held_by))


def _outcome(part: PromotionPart) -> str:
    what, where, before = code(part.folder), code(part.branch), code(part.previous_branch)
    if part.after is None:
        return f"Merging this removes {what} from {where}, as it was removed from {before}."
    if part.before is None:
        return f"Merging this brings {what} to {where} for the first time, as it is on {before}."
    return f"Merging this brings {what} on {where} to the commit that {before} is at."


def _rows(part: PromotionPart) -> Iterator[tuple[str, str, str]]:
    before, after = part.before, part.after
    yield "platform commit", _commit(before), _commit(after)
    yield "template", _template(before), _template(after)
    yield "objects", "", tally(part.change.files) or "no change"
    if pieces := asks(part.change.before, part.change.after):
        yield "resources", "", ", ".join(pieces)
    elif part.change.after != Totals():
        yield "resources", "", "no change"


def _commit(origin: Origin | None) -> str:
    return origin.commit if origin else "not there"


def _template(origin: Origin | None) -> str:
    return f"{code(origin.template)} {code(origin.version)}" if origin else ""


def _dangers(part: PromotionPart) -> Iterator[str]:
    found = part.change.dangers
    if not found:
        return
    lines = []
    for danger in found[:_DANGERS]:
        sentence = say_danger(danger)
        fix = f" **Before the merge:** {prose(sentence.fix)}" if sentence.fix else ""
        lines.append(f"- \u26a0\ufe0f {code(danger.object)}: {prose(sentence.message)}{fix}")
    if len(found) > _DANGERS:
        lines.append(f"- {count(len(found) - _DANGERS, 'more danger')}: see the Files tab.")
    yield "**This can hurt what runs:**\n\n" + "\n".join(lines)


def _taken(part: PromotionPart) -> Iterator[str]:
    if not part.taken:
        return
    lines = [f"- {code(one.what)} by {code(one.holder)}" for one in part.taken[:_NAMED]]
    if len(part.taken) > _NAMED:
        lines.append(f"- {len(part.taken) - _NAMED:,} more")
    yield (
        f"\u26a0\ufe0f **Still held by others on {code(part.branch)}:** merging this now gives each of these "
        "a second owner, and the two write over each other or take each other's requests. "
        "**Before the merge:** merge what takes it from the other one.\n\n" + "\n".join(lines)
    )


def _naming(part: PromotionPart) -> Iterator[str]:
    if not part.naming:
        return
    named = ", ".join(code(ref) for ref in part.naming[:_NAMED])
    more = len(part.naming) - _NAMED
    rest = f" and {count(more, 'other')}" if more > 0 else ""
    verb = "refers" if len(part.naming) == 1 else "refer"
    yield (
        f"\u26a0\ufe0f **Still referred to:** {named}{rest} on {code(part.branch)} still {verb} to "
        f"{code(part.folder)}. **Before the merge:** bring there what does without it."
    )


def say_stuck(repo: RepoRef, plan: Plan) -> tuple[EnsureCheck, ...]:
    """On the newest commit of a branch: which of its pins lead nowhere, and what helps."""
    by_tip: dict[str, list[StuckPart]] = {}
    for part in plan.parts:
        if isinstance(part, StuckPart):
            by_tip.setdefault(part.tip, []).append(part)
    return tuple(_stuck(repo, tip, parts) for tip, parts in by_tip.items())


def _stuck(repo: RepoRef, tip: str, parts: list[StuckPart]) -> EnsureCheck:
    lines = []
    for part in parts:
        lines += [
            f"- {code(folder)} is not promoted to {code(part.following)}: its pin on {code(part.branch)} "
            f"names {code(commit[:7])}."
            for folder, commit in part.folders
        ]
    why = (
        "These commits are not on the default branch (any more), so nothing can be rendered from them; "
        "perhaps its history was written anew. What stands in the environments stays as it is."
    )
    way = (
        "**Next:** change the component, or release a new version of its template: that is rendered, and "
        "gives it a new pin. Or bring the commit back to the default branch, or mend the pin by hand."
    )
    number = len({folder for part in parts for folder, _ in part.folders})
    return EnsureCheck(
        repo=repo,
        head_sha=tip,
        name=CHECK,
        conclusion=Conclusion.ACTION_REQUIRED,
        title=f"{count(number, 'component')} cannot be promoted: the pinned commit is gone",
        summary=join_within([why, way, *lines], 64_000, left_out="_{n} more._"),
    )


def _brought(part: PromotionPart) -> Iterator[str]:
    if not part.brought and not part.has_more:
        return
    lines = [_one(brought) for brought in part.brought]
    if part.has_more:
        lines.append(f"- what came before: see the history of {code(part.previous_branch)}")
    yield "**What led here**, newest first:\n\n" + "\n".join(lines)


def _one(brought: Brought) -> str:
    # Bare: GitHub makes links of numbers and commits, and shows the promotion in the thread that led to it.
    pulls = ", ".join(f"#{number}" for number in brought.pulls)
    asked = f"asked by {code(brought.requested)}" if brought.requested else ""
    approved = f"approved by {code(brought.approved)}" if brought.approved else ""
    told = ", ".join(filter(None, (asked, approved)))
    return f"- {' as '.join(filter(None, (pulls, brought.commit)))}{f' ({told})' if told else ''}"


def _next(part: PromotionPart, *, is_held: bool) -> str:
    newer = f"Until then what is newer on {code(part.previous_branch)} joins this by itself. "
    return (
        f"**Next:** look at the Files tab, then merge: that is all that {code(part.environment)} needs. "
        + ("" if is_held else newer)
        + "Closed without a merge, it is proposed again when there is something newer."
    )
