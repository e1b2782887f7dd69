"""What people read after a merge: in the thread of the pull request, and on the merged commit."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.event import RepoRef
from bot.model.plan import (
    Applied,
    Conclusion,
    DeliveryPart,
    EnsureCheck,
    EnsureComment,
    Finding,
    Held,
    Outcomes,
    Plan,
    Unchanged,
)
from bot.model.pull import Pull
from bot.report.markdown import COMMENT_LIMIT, code, count, join_within, link, prose
from bot.report.review import CHECK, MARKER, annotate
from bot.report.sentences import say

_NAMED = 20


def say_delivery(pull: Pull, plan: Plan, outcomes: Outcomes) -> tuple[EnsureComment, ...]:
    """The comment of a merged pull request. With nothing to deliver, only one that stands is ended."""
    part = _delivery(plan)
    web = pull.url.rsplit("/pull/", 1)[0]
    headline, lines = _told(part, outcomes, web) if part else _undelivered(plan)
    body = join_within(
        [MARKER, f"### {headline}", *lines, *_kept(plan), _trail(pull)], COMMENT_LIMIT, left_out="_{n} more._"
    )
    return (EnsureComment(pull.repo, pull.number, MARKER, body, only_edit=part is None),)


def _undelivered(plan: Plan) -> tuple[str, list[str]]:
    if plan.denies:
        return "\u26a0\ufe0f Merged, but not all could be rendered", []
    return "\u2705 Merged: no manifest changes", []


def say_push(
    repo: RepoRef, tip: str, plan: Plan, outcomes: Outcomes, *, rerun: str = ""
) -> tuple[EnsureCheck, ...]:
    """The check run of a commit on the default branch; nothing when there was nothing to do."""
    part = _delivery(plan)
    if part is None and not plan.denies:
        return ()
    headline, lines = _told(part, outcomes, "") if part else ("\u26a0\ufe0f Not all could be rendered", [])
    if part and plan.denies:
        headline += f"; {count(len(plan.findings), 'thing')} left to mend"
    return (
        EnsureCheck(
            repo=repo,
            head_sha=tip,
            name=CHECK,
            conclusion=_conclusion(part, plan, outcomes),
            title=headline.split(" ", 1)[1].replace("`", ""),
            summary=join_within([*lines, *_kept(plan)], 64_000, left_out="_{n} more sections._"),
            annotations=annotate(plan.findings),
            rerun=rerun,
        ),
    )


def _conclusion(part: DeliveryPart | None, plan: Plan, outcomes: Outcomes) -> Conclusion:
    if part is not None and isinstance(_outcome(part, outcomes), Held):
        return Conclusion.ACTION_REQUIRED
    return Conclusion.FAILURE if plan.denies else Conclusion.SUCCESS


def _kept(plan: Plan) -> list[str]:
    if not plan.findings:
        return []
    listed = [_left(finding) for finding in plan.findings[:_NAMED]]
    more = len(plan.findings) - _NAMED
    listed += [f"- {count(more, 'more finding')}: see the annotations."] if more > 0 else []
    return ["**Next:** mend this in a pull request; until then it keeps what it has:\n\n" + "\n".join(listed)]


def _left(finding: Finding) -> str:
    sentence = say(finding)
    place = f"{code(finding.path)} line {finding.line}" if finding.line else code(finding.path)
    fix = f" **Fix:** {prose(sentence.fix)}" if sentence.fix else ""
    return f"- {place}: {prose(sentence.message)}{fix}"


def _delivery(plan: Plan) -> DeliveryPart | None:
    return next((part for part in plan.parts if isinstance(part, DeliveryPart)), None)


def _outcome(part: DeliveryPart, outcomes: Outcomes) -> Applied | Unchanged | Held:
    return outcomes[part.effect_key] if part.effect_key in outcomes else Unchanged(part.commit)


def _told(part: DeliveryPart, outcomes: Outcomes, web: str) -> tuple[str, list[str]]:
    outcome = _outcome(part, outcomes)
    if isinstance(outcome, Held):
        held = [f"**Why:** {prose(outcome.reason)}"]
        if outcome.resume:
            held.append(f"**Next:** {prose(outcome.resume)}")
        return f"\u23f8\ufe0f Held: {code(part.branch)} was not changed", held
    commit = link(outcome.ref[:7], f"{web}/commit/{outcome.ref}" if web else "")
    rendered = [name for name in part.components if name not in part.removed]
    lines = [
        f"**{verb}:** {_named(names)} in commit {commit} on {code(part.branch)}."
        for verb, names in (("Rendered", rendered), ("Removed", part.removed))
        if names
    ]
    return f"\U0001f69a Delivered to {code(part.branch)}", lines


def _named(names: Sequence[str]) -> str:
    said = ", ".join(code(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{said} and {count(more, 'more component')}" if more > 0 else said


def _trail(pull: Pull) -> str:
    asked = f"asked by {code(pull.author.login)}"
    approved = ", ".join(code(login) for login in pull.approvers)
    merged = f"merged by {code(pull.merged_by)}" if pull.merged_by else ""
    facts = [asked, f"approved by {approved}" if approved else "no approval recorded", merged]
    return f"<sub>Audit trail, also in the commit's trailers: {' · '.join(filter(None, facts))}.</sub>"
