"""What people read of grants: in the thread of a merged pull request, in issues, and when one has to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.leases.grant import Grant
from bot.model.lease import LeasePart
from bot.model.plan import Held, Outcomes
from bot.model.stage import Hand
from bot.report.markdown import code, count, prose
from bot.report.moments import when
from bot.report.replies.wording import people
from bot.report.sentences import say

_FINDINGS = 5
REVIEW_LABEL = "roadcrew/break-glass-review"
_REVIEW = timedelta(days=7)
"""Until when what was taken without approval is to be reviewed."""


@dataclass(frozen=True)
class Issue:
    """An issue, or the words of a pull request. `marker` is in the body."""

    marker: str
    title: str
    body: str


def say_leases(parts: Iterable[LeasePart], outcomes: Outcomes) -> list[str]:
    """One paragraph a request: what began, what has ended, who must still approve."""
    return [line for part in parts for line in _lines(part, outcomes)]


def headline(parts: Sequence[LeasePart], outcomes: Outcomes) -> str:
    """What is the case, for a pull request that brought nothing else."""
    states = {part.state for part in parts}
    if any(_held(part, outcomes) for part in parts):
        return "\u23f8\ufe0f Held: the grant could not be written"
    if "waiting" in states:
        return "\u23f3 Merged; it waits for approval"
    if states & {"broken", "late"}:
        return "\u26a0\ufe0f Merged, but nothing begins"
    if any(part.is_break_glass and part.state == "begun" for part in parts):
        return "\U0001f6a8 In force without approval (break-glass)"
    return "\U0001f511 In force" if "begun" in states else "\u2705 Ended"


def _held(part: LeasePart, outcomes: Outcomes) -> Held | None:
    found = outcomes.get(part.effect_key)
    return found if isinstance(found, Held) else None


def _lines(part: LeasePart, outcomes: Outcomes) -> list[str]:
    held = _held(part, outcomes)
    if held is not None:
        next_ = [f"**Next:** {prose(held.resume)}"] if held.resume else []
        return [f"**Held:** {code(part.name)}: {prose(held.reason)}", *next_]
    match part.state:
        case "begun":
            return [_begun(part)]
        case "waiting":
            return _waiting(part)
        case "late":
            over = f"{_what(part)} was to end {when(part.until)}, before it could begin"
            return [f"**Over:** {over}. **Next:** ask anew, under another name."]
        case "broken":
            return _broken(part)
        case _:
            return [f"**Ended:** {_what(part)}, {when(part.until)}: {because(part.case)}."]


def _begun(part: LeasePart) -> str:
    end = f"until {when(part.until)}" if part.until else "until its file is removed from the catalog"
    if part.until and part.at_end == "propose":
        end += "; then a pull request asks to end it"
    by = ", ".join(code(login) for login in part.approved_by)
    how = "**without approval (break-glass)**" if part.is_break_glass else f"approved by {by}"
    longer = "" if part.is_break_glass else "`/extend 1h` lets it last longer, "
    ways = f"{longer}`/revoke {part.name}` ends it at once." if part.until else ""
    return " ".join(filter(None, [f"**In force:** {_what(part)}, {end}; {how}.", ways]))


_OTHER = "Who approves must have another one in `spec.profile.email` of their User."


def _waiting(part: LeasePart) -> list[str]:
    by = ", ".join(code(login) for login in part.approved_by)
    so_far = f" So far: {by}." if by else ""
    who = people(part.who)
    can = f" Who can: {who}." if who else " Nobody holds a role that may: a platform owner has to name one."
    need = count(part.missing, "more person must", "more people must")
    addresses = ", ".join(map(code, part.strange))
    odd = f" Commits bear an address that is no account's: {addresses}. {_OTHER}" if addresses else ""
    return [
        f"**Waiting:** {_what(part)}. {need} approve it with a review of this pull request.{so_far}{can}{odd}"
    ]


def _broken(part: LeasePart) -> list[str]:
    cases = {
        "used": "its name was used before, so nothing begins. What ended never begins again, and what is in "
        "force stays as it was approved. Ask anew under another name.",
        "pushed": "it came without a pull request, so nobody could approve it. Ask anew in a pull request.",
        "touched": "its file is not as Roadcrew wrote it, so nobody can tell who asks. Ask anew.",
    }
    said = cases.get(part.case, "it cannot begin as it is. Mend this in a pull request:")
    lines = [f"**Not in force:** {_what(part)}: {said}"]
    for finding in part.findings[:_FINDINGS]:
        sentence = say(finding)
        lines.append(
            f"- {code(finding.path)}: {prose(' '.join(filter(None, [sentence.message, sentence.fix])))}"
        )
    return ["\n".join(lines)]


_BECAUSE = {
    "expired": "its time was over",
    "late": "its time was over before it could begin",
    "removed": "its request was removed from the catalog",
    "revoked": "it was revoked",
    "by-hand": "someone removed it from the branch by hand",
    "broken": "its document could not be read any more",
    "recorded": "the ledger says that it had ended",
}


def because(case: str) -> str:
    """Why a grant ended, in words."""
    return _BECAUSE.get(case, case)


def _what(part: LeasePart) -> str:
    for_ = f" for {code(part.subject)}" if part.subject else ""
    of = f" of {code(part.service)}" if part.service else ""
    return f"{code(part.name)} ({part.kind}{of} in {code(part.environment)}{for_})"


def say_break_glass(grant: Grant, who: Sequence[str] = ()) -> Issue:
    """The loud notice, and what to look at afterwards. `who`: should, each as `<kind>:<name>` of a Holder."""
    marker = f"<!-- roadcrew:break-glass {grant.name} -->"
    body = "\n".join(
        [
            marker,
            f"{code(grant.requested_by)} took it **without approval** (break-glass). It has to be reviewed.",
            "",
            f"- Who should: {people(who) or 'an owner of the service'}, but not who took it",
            f"- Due: {grant.starts_at + _REVIEW:%Y-%m-%d}",
            *_facts(grant),
            "",
            "- [ ] The reason was a real emergency.",
            "- [ ] What was done with it is known and written down here.",
            f"- [ ] It is over, or is ended now: `/revoke {grant.name}`.",
            "- [ ] What would have made it unnecessary has an owner.",
        ]
    )
    title = (
        f"Review break-glass access of {grant.requested_by} to {_short(grant.service)} in {grant.environment}"
    )
    return Issue(marker, title, body)


def say_broken(grant: Grant) -> Issue:
    """A grant that was ended because nobody could read what it says."""
    marker = f"<!-- roadcrew:broken-grant {grant.name} -->"
    body = (
        f"{marker}\nThe document of {code(grant.folder)} on the branch of grants could not be read, so "
        "nobody could tell when it ends. Roadcrew removed the folder: whatever it granted is gone.\n\n"
        "**Next:** look at the branch's history for what it was. Who still needs it asks anew, under another "
        "name."
    )
    return Issue(marker, f"Ended {grant.name} in {grant.environment}: it could not be read", body)


def say_put_right(hand: Hand, commit: str, folders: Sequence[str]) -> Issue:
    """Someone else wrote to the branch of grants."""
    marker = f"<!-- roadcrew:put-right {hand.commit} -->"
    named = ", ".join(code(folder) for folder in folders) or "it"
    body = (
        f"{marker}\nCommit {hand.commit} ({code(hand.subject)} by {code(hand.author)}) changed the branch of "
        "grants by hand. Only Roadcrew writes there: others who do give or take access past all approval. "
        f"Commit {commit} put {named} right again; nothing was force-pushed, so it can be looked at.\n\n"
        "- [ ] It is known who did it, and why.\n"
        "- [ ] Nothing was done with what it gave while it stood.\n"
        "- [ ] The branch is protected, so that only the App can push to it."
    )
    return Issue(marker, f"Someone changed grants by hand: {hand.commit[:7]}", body)


def say_end(grant: Grant, *, by: str = "", reason: str = "") -> Issue:
    """The pull request, or issue, that asks people to end what lasts."""
    marker = f"<!-- roadcrew:end {grant.name} -->"
    who = f"{code(by)} wants it to end{': ' + prose(reason) if reason else ''}." if by else ""
    over = f"Its time was over {when(grant.expires_at)}." if grant.expires_at and not by else ""
    body = "\n".join(
        [
            marker,
            f"{who or over} No clock deletes such things: merging this does, and what it holds goes with it.",
            "",
            *_facts(grant),
            "",
            f"**Next:** merge this (it removes {code(grant.request)}), or close it to keep what is there.",
        ]
    )
    return Issue(marker, f"End {grant.name} in {grant.environment}", body)


def _facts(grant: Grant) -> list[str]:
    facts = {
        "What": f"{grant.kind} {code(grant.name)}",
        "Service": code(grant.service) if grant.service else "",
        "Environment": code(grant.environment),
        "For": code(grant.subject) if grant.subject else "",
        "Asked by": code(grant.requested_by) if grant.requested_by else "",
        "Approved by": ", ".join(code(login) for login in grant.approved_by),
        "Why": prose(grant.reason),
        "Since": when(grant.starts_at),
        "Until": when(grant.expires_at) or "its file is removed",
        "Pull request": f"#{grant.pull}" if grant.pull else "",
    }
    return [f"- {name}: {value}" for name, value in facts.items() if value]


def _short(ref: str) -> str:
    return ref.rsplit("/", 1)[-1]
