"""What people read of a break-glass request that GitHub does not let us merge: it is not in force, and why.

Said in its pull request, where it was asked for, and by a check of its own. Once it is over, that is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.event import RepoRef
from bot.model.glass_part import GlassPart
from bot.model.plan import Conclusion, Effect, EnsureCheck, EnsureComment, Held, Outcomes, Plan
from bot.report.markdown import code, prose
from bot.report.replies.wording import people

CHECK = "roadcrew/break-glass"
"""Never a required one: the check of the request itself passes, so that an approval can merge it."""


def say_glass(repo: RepoRef, plan: Plan, outcomes: Outcomes) -> tuple[Effect, ...]:
    """Nothing where nothing was tried; what was said before is kept true."""
    parts = (one for one in plan.parts if isinstance(one, GlassPart))
    return tuple(effect for one in parts for effect in _said(repo, one, outcomes))


def _said(repo: RepoRef, part: GlassPart, outcomes: Outcomes) -> Iterator[Effect]:
    outcome = outcomes.get(part.effect_key)
    held = outcome if isinstance(outcome, Held) else None
    if part.is_open and outcome is None:
        return
    title, conclusion = _title(part, held)
    words = _held(part, held) if held is not None else _over(part)
    marker = f"<!-- roadcrew:glass {part.name} -->"
    yield EnsureCheck(
        repo=repo,
        head_sha=part.head_sha,
        name=CHECK,
        conclusion=conclusion,
        title=title,
        summary=words,
        number=part.number,
        only_edit=held is None,
    )
    for number in dict.fromkeys(filter(None, (part.number, part.thread))):
        yield EnsureComment(repo, number, marker, f"{marker}\n{words}", only_edit=held is None)


def _title(part: GlassPart, held: Held | None) -> tuple[str, Conclusion]:
    if held is not None:
        return "Not in force: GitHub did not let it be merged", Conclusion.ACTION_REQUIRED
    is_merged = part.is_merged or part.is_open
    return ("Merged" if is_merged else "Closed: nothing was granted"), Conclusion.NEUTRAL


def _held(part: GlassPart, held: Held) -> str:
    who = people(part.who) or "somebody who may approve it"
    reason = " ".join(held.reason.split())
    return (
        f"\U0001f6a8 **Not in force:** {code(part.name)} (#{part.number}) was asked for as break-glass, and "
        f"GitHub did not let Roadcrew merge it. **Why:** {prose(reason)}\n\n"
        f"**Next:** a review of #{part.number} that approves it, by {who}; or an admin lets the Roadcrew App "
        "bypass the rules of this branch. Roadcrew tries again at each review and at each of its rounds. "
        "Merged by hand it begins only with such a review."
    )


def _over(part: GlassPart) -> str:
    if part.is_merged or part.is_open:
        return f"{code(part.name)} is merged: #{part.number} says from when to when it is in force."
    return f"{code(part.name)} was closed (#{part.number}): nothing was granted."
