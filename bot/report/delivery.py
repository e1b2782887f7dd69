"""What people read after a merge: in the thread of the pull request, and on the merged commit."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from bot.model.event import RepoRef
from bot.model.lease import AskedPart, LeasePart
from bot.model.plan import (
    Applied,
    Conclusion,
    DeliveryPart,
    EnsureCheck,
    EnsureComment,
    Finding,
    Held,
    HeldFolder,
    Outcomes,
    Plan,
    Unchanged,
)
from bot.model.pull import Pull
from bot.report.grants import headline as lease_headline
from bot.report.grants import say_leases
from bot.report.markdown import COMMENT_LIMIT, code, count, join_within, link, prose
from bot.report.review import CHECK, MARKER, annotate
from bot.report.sentences import say

_NAMED = 20


def say_delivery(pull: Pull, plan: Plan, outcomes: Outcomes) -> tuple[EnsureComment, ...]:
    """The comment of a merged pull request. With nothing to deliver, only one that stands is ended."""
    parts, leases = _deliveries(plan), [part for part in plan.parts if isinstance(part, LeasePart)]
    web = pull.url.rsplit("/pull/", 1)[0]
    headline, lines = _told(parts, outcomes, web) if parts else _undelivered(plan)
    who = next((part.login for part in plan.parts if isinstance(part, AskedPart)), "")
    if leases and not parts and not plan.denies:
        headline = lease_headline(leases, outcomes)
    lines = [*say_leases(leases, outcomes), *lines]
    body = join_within(
        [MARKER, f"### {headline}", *lines, *_kept(plan), _trail(pull, leases, who)],
        COMMENT_LIMIT,
        left_out="_{n} more._",
    )
    return (EnsureComment(pull.repo, pull.number, MARKER, body, only_edit=not parts and not leases),)


def _undelivered(plan: Plan) -> tuple[str, list[str]]:
    if plan.denies:
        return "\u26a0\ufe0f Merged, but not all could be rendered", []
    return "\u2705 Merged: no manifest changes", []


def say_push(
    repo: RepoRef, tip: str, plan: Plan, outcomes: Outcomes, *, rerun: str = ""
) -> tuple[EnsureCheck, ...]:
    """The check run of a commit on the default branch; nothing when there was nothing to do."""
    parts = _deliveries(plan)
    if not parts and not plan.denies:
        return ()
    headline, lines = _told(parts, outcomes, "") if parts else ("\u26a0\ufe0f Not all could be rendered", [])
    if parts and plan.denies:
        headline += f"; {count(len(plan.findings), 'thing')} left to mend"
    return (
        EnsureCheck(
            repo=repo,
            head_sha=tip,
            name=CHECK,
            conclusion=_conclusion(parts, plan, outcomes),
            title=headline.split(" ", 1)[1].replace("`", ""),
            summary=join_within([*lines, *_kept(plan)], 64_000, left_out="_{n} more sections._"),
            annotations=annotate(plan.findings),
            rerun=rerun,
        ),
    )


def _conclusion(parts: Sequence[DeliveryPart], plan: Plan, outcomes: Outcomes) -> Conclusion:
    if any(part.held or isinstance(_outcome(part, outcomes), Held) for part in parts):
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


def _deliveries(plan: Plan) -> list[DeliveryPart]:
    return [part for part in plan.parts if isinstance(part, DeliveryPart)]


def _outcome(part: DeliveryPart, outcomes: Outcomes) -> Applied | Unchanged | Held:
    return outcomes[part.effect_key] if part.effect_key in outcomes else Unchanged(part.commit)


def _told(parts: Sequence[DeliveryPart], outcomes: Outcomes, web: str) -> tuple[str, list[str]]:
    """Headline and lines: what is delivered, what is held and how that goes on, what follows."""
    done: list[str] = []
    kept: list[str] = []
    for part in parts:
        outcome = _outcome(part, outcomes)
        if part.held:
            kept += _waiting(part)
        elif isinstance(outcome, Held):
            kept.append(f"**Why:** {prose(outcome.reason)}")
            kept += [f"**Next:** {prose(outcome.resume)}"] if outcome.resume else []
        else:
            done += _lines(part, outcome.ref, web)
    branch = code(parts[0].branch)
    if not done:
        return f"\u23f8\ufe0f Held: {branch} was not changed", kept
    names = [one.folder for part in parts for one in part.held]
    but = f", but not {_named(names)}" if names else ", but not all" if kept else ""
    sign = "\u23f8\ufe0f" if kept else "\U0001f69a"
    return f"{sign} Delivered to {branch}{but}", [*done, *kept, *_following(parts[0], web)]


def _lines(part: DeliveryPart, commit: str, web: str) -> list[str]:
    shown = link(commit[:7], f"{web}/commit/{commit}" if web else "")
    rendered = [name for name in part.components if name not in part.removed]
    # Bare: GitHub makes links of numbers.
    others = ", ".join(f"#{number}" for number in part.others[:_NAMED])
    together = f", together with what {others} brought" if others else ""
    return [
        f"**{verb}:** {_named(names)} in commit {shown} on {code(part.branch)}{together}."
        for verb, names in (("Rendered", rendered), ("Removed", part.removed))
        if names
    ]


def _waiting(part: DeliveryPart) -> list[str]:
    lines = [_held(one, part) for one in part.held[:_NAMED]]
    more = len(part.held) - _NAMED
    return [*lines, *([f"{count(more, 'more component')} held in the same way."] if more > 0 else [])]


def _held(one: HeldFolder, part: DeliveryPart) -> str:
    """Why, and a way out that exists."""
    short, branch = one.commit[:7], part.branch
    if one.mend and one.is_open:
        way = f"merge #{one.mend}, which undoes it"
    elif one.mend:
        way = f"reopen #{one.mend}, which undoes it, and merge it"
    else:
        # Perhaps there will be none: to go back by hand to what was rendered before is no drift.
        way = f"merge the pull request from {code(f'mend/{part.environment}/{one.folder}')}, if there is one"
    return (
        f"**Held:** {code(one.folder)}, because commit {code(short)} changed it by hand on {code(branch)}, "
        "and Roadcrew writes nothing over that.\n\n"
        f"**Next:** bring what shall stay of it into the catalog or a template. Then {way}, or use "
        f"{code(f'git revert {short}')} on {code(branch)}; Roadcrew goes on then."
    )


def _following(part: DeliveryPart, web: str) -> list[str]:
    if not part.following:
        return []
    where = code(part.following)
    query = quote(f"is:pr is:open base:{part.following}", safe="")
    follows = f"[A pull request to {where}]({web}/pulls?q={query})" if web else f"A pull request to {where}"
    return [f"**Next:** {follows} follows for each component that changes there. Merge those to bring it on."]


def _named(names: Sequence[str]) -> str:
    said = ", ".join(code(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{said} and {count(more, 'more component')}" if more > 0 else said


def _reviewers(pull: Pull) -> list[str]:
    """Without those who approved an older commit, as far as that is known."""
    older = {one.login for one in pull.approvals if one.head != pull.head_sha}
    return [login for login in pull.approvers if login not in older]


def _trail(pull: Pull, leases: Sequence[LeasePart], who: str) -> str:
    """`who`: asked for it by a command, where that is known."""
    asking = dict.fromkeys(one.requested_by for one in leases if one.requested_by)
    opened = [who or pull.author.login]
    asked = f"asked by {', '.join(code(login) for login in asking or opened)}"
    # Of requests who counted, by a review or by a command; else who reviewed what was merged.
    logins = [login for one in leases for login in one.approved_by] if leases else _reviewers(pull)
    approved = ", ".join(code(login) for login in dict.fromkeys(logins))
    merged = f"merged by {code(pull.merged_by)}" if pull.merged_by else ""
    facts = [asked, f"approved by {approved}" if approved else "no approval recorded", merged]
    return f"<sub>Audit trail, also in the commit's trailers: {' · '.join(filter(None, facts))}.</sub>"
