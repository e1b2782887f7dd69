"""The sticky comment and the check run of a review.

It reads from the top in five seconds: outcome, what to do next, findings worst first, a row for each
environment, folded details.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from bot.model.plan import (
    Annotation,
    AnnotationLevel,
    ComponentChange,
    Conclusion,
    ConflictPart,
    EnsureCheck,
    EnsureComment,
    Finding,
    OutsidePart,
    Plan,
    Severity,
)
from bot.model.pull import Pull
from bot.model.rule_impact import RulesImpactPart, RulesPart
from bot.report.changes import Changes, changes_of, danger_list, folded, reach, rows
from bot.report.diff import diff_command, plan_command
from bot.report.groups import folder_of
from bot.report.held import held_next, in_files, is_held
from bot.report.markdown import COMMENT_LIMIT, code, count, join_within, link, prose
from bot.report.requests import (
    request_blocks,
    request_headline,
    request_next,
    request_parts,
    request_previews,
)
from bot.report.rules import gathered, is_waived, more_link, rules_impact, waived_block
from bot.report.sentences import say

CHECK = "roadcrew"
MARKER = "<!-- roadcrew:review -->"
ANNOTATIONS = 500
"""Annotations of one check run; the summary says how many there are in all."""
_LISTED = 30
"""Findings that the comment lists; it says where the others are."""
_OF_RULE = 10
"""Findings of one rule after which, where not all can be listed, other rules come first."""
_RULES = 6
"""Rules that are named with how many more findings they have."""
_TOP = 50_000
"""Characters of all that stands above the folded details."""
_NAMED = 10
"""Files in conflict that are named."""
_ABSENT = frozenset({"environment-missing"})
"""Rules about a file that is not there yet: a link would lead to nothing."""
_GONE = frozenset({"entity-removed", "environment-removed"})
"""Rules about what the pull request takes away: with its file, a link leads to where it was."""
_CHECK_TEXT = 64_000

_LEVELS = {
    Severity.DENY: AnnotationLevel.FAILURE,
    Severity.WARN: AnnotationLevel.WARNING,
    Severity.INFO: AnnotationLevel.NOTICE,
}
_ORDER = list(Severity)
_ICONS = {Severity.DENY: "\u274c", Severity.WARN: "\u26a0\ufe0f", Severity.INFO: "\u2139\ufe0f"}


def say_review(pull: Pull, plan: Plan, *, rerun: str = "") -> tuple[EnsureComment, EnsureCheck]:
    """What people read on an open pull request. `rerun`: the delivery that asked for it again."""
    changes = changes_of(plan)
    headline, conclusion = _headline(plan, changes)
    blocks = list(_blocks(pull, plan, changes))
    footer = (
        f"<sub>Looked at {code(pull.head_sha[:7])} as it would merge into {code(pull.base_branch)}.</sub>"
    )
    top = join_within([f"### {headline}", *blocks], _TOP, left_out="_{n} more sections: see the check._")
    previews = request_previews(request_parts(plan))
    room = COMMENT_LIMIT - len(top) - len(footer) - len(MARKER) - 10 - len(previews)
    whole = f"All of it: {code(diff_command(pull))}"
    text, is_whole = folded(changes, _CHECK_TEXT - len(previews), whole)
    # The check has little more room than the comment: only who sees all of it there is sent there.
    more = f"[The check]({pull.url}/checks) shows all of it." if is_whole and pull.url else whole
    body = "\n\n".join(filter(None, [MARKER, top, previews, folded(changes, room, more).text, footer]))
    comment = EnsureComment(pull.repo, pull.number, MARKER, body, only_edit=_is_outside(plan))
    check = EnsureCheck(
        repo=pull.repo,
        head_sha=pull.head_sha,
        name=CHECK,
        conclusion=conclusion,
        title=headline.split(" ", 1)[1].replace("`", ""),
        summary=join_within([*blocks, _coverage(plan)], _CHECK_TEXT, left_out="_{n} more sections._"),
        text="\n\n".join(filter(None, [previews, text])),
        annotations=annotate(plan.findings),
        rerun=rerun,
        number=pull.number,
    )
    return comment, check


def _headline(plan: Plan, changes: Changes) -> tuple[str, Conclusion]:
    denied = [one for one in in_files(plan.findings) if one.severity is Severity.DENY]
    for part in plan.parts:
        if isinstance(part, ConflictPart):
            what = "conflicts with its base" if part.paths else "shares no history with its base"
            return f"\u274c This branch {what}", Conclusion.FAILURE
    if denied:
        where = {finding.path for finding in denied}
        place = f"in {code(where.pop())}" if len(where) == 1 else f"in {count(len(where), 'file')}"
        return f"\u274c {count(len(denied), 'thing')} to mend {place}", Conclusion.FAILURE
    if is_held(plan):
        return "\u23f8\ufe0f Held: it must not be merged for now", Conclusion.FAILURE
    if _is_outside(plan):
        return "\u2705 Nothing here concerns Roadcrew", Conclusion.SUCCESS
    return request_headline(request_parts(plan)) or _sound(changes), Conclusion.SUCCESS


def _sound(changes: Changes) -> str:
    if changes.dangers:
        dangers = count(len(changes.dangers), "danger")
        return f"\u26a0\ufe0f Ready, with {dangers}: {_ready(changes)}"
    return f"\u2705 Ready: {_ready(changes)}"


def _ready(changes: Changes) -> str:
    first = next((part for part in changes.parts if part.is_first), None)
    if first is None or not changes.is_any:
        return "the catalog is valid and no manifest changes"
    if not first.components:
        return "later environments change, the first does not"
    gone = [change for change in first.components if _is_removed(change)]
    kept = [change for change in first.components if not _is_removed(change)]
    said = [f"renders {_named(kept)} to {code(first.branch)}"] if kept else []
    said += [f"removes {_named(gone)} from {code(first.branch)}"] if gone else []
    return f"merging {' and '.join(said)}"


def _is_removed(change: ComponentChange) -> bool:
    return all(file.after is None for file in change.files)


def _named(changes: Sequence[ComponentChange]) -> str:
    if len(changes) == 1:
        return code(folder_of(changes[0]))
    return count(len(changes), "component")


def _blocks(pull: Pull, plan: Plan, changes: Changes) -> Iterator[str]:
    yield f"**Next:** {held_next(plan) or _next(pull, plan, changes)}"
    yield from _findings(pull, in_files(plan.findings))
    yield from request_blocks(request_parts(plan))
    yield from (_rules(part) for part in plan.parts if isinstance(part, RulesPart))
    yield from (rules_impact(part) for part in plan.parts if isinstance(part, RulesImpactPart))
    yield from filter(None, [reach(changes)])
    if changes.is_any:
        yield rows(changes)
    yield from filter(None, [danger_list(changes, code(plan_command(pull)))])


def _next(pull: Pull, plan: Plan, changes: Changes) -> str:
    base = code(pull.base_branch)
    for part in plan.parts:
        if isinstance(part, ConflictPart):
            return _settle(part, base)
    if plan.denies:
        return "push a commit that mends what is listed below; this comment follows by itself."
    if _is_outside(plan):
        return "nothing for Roadcrew to do."
    return request_next(request_parts(plan)) or _go_on(changes)


def _go_on(changes: Changes) -> str:
    if changes.dangers:
        return "read the dangers below; merge when they are meant."
    if changes.is_any:
        return "review the rendered changes below, then merge."
    return "merge when your reviewers agree."


def _settle(part: ConflictPart, base: str) -> str:
    if not part.paths:
        return f"start a branch from {base}, bring the change there, and push it here; this comment follows."
    paths = ", ".join(code(path) for path in part.paths[:_NAMED])
    more = len(part.paths) - _NAMED
    said = f"{paths} and {count(more, 'more file')}" if more > 0 else paths
    return f"merge {base} into this branch and settle {said}; this comment follows."


def _findings(pull: Pull, findings: Sequence[Finding]) -> Iterator[str]:
    counted = [one for one in findings if not is_waived(one)]
    told = gathered(_worst_first(counted))
    listed = _fair(told)
    paths = list(dict.fromkeys(finding.path for finding in listed))
    for path in paths:
        lines = [f"- {_finding(pull, finding)}" for finding in listed if finding.path == path]
        # The headline names the file already when it is the only one.
        named = len({finding.path for finding in counted}) == 1 and listed[0].severity is Severity.DENY
        yield "\n".join(lines) if named else f"**{code(path)}**\n\n" + "\n".join(lines)
    if len(told) > _LISTED:
        yield _rest(pull, Counter(one.rule for one in told) - Counter(one.rule for one in listed), findings)
    yield from filter(None, [waived_block(findings)])


def _fair(told: Sequence[Finding]) -> Sequence[Finding]:
    """What the comment lists. Where it cannot be all, no rule takes the room of the others."""
    if len(told) <= _LISTED:
        return told
    seen: Counter[str] = Counter()
    ranked = []
    for number, one in enumerate(told):
        seen[one.rule] += 1
        ranked.append((seen[one.rule] > _OF_RULE, number))
    return [told[number] for number in sorted(number for _, number in sorted(ranked)[:_LISTED])]


def _rest(pull: Pull, left: Counter[str], findings: Sequence[Finding]) -> str:
    """How many findings of which rules the comment has no room for, and where they are."""
    most = sorted(left.items(), key=lambda one: (-one[1], one[0]))
    names = [f"{number:,} of {code(rule)}" for rule, number in most[:_RULES]]
    names += [f"{sum(number for _, number in most[_RULES:]):,} of others"] if len(most) > _RULES else []
    said = f"{count(left.total(), 'more finding')} ({', '.join(names)})"
    if len(findings) <= ANNOTATIONS:
        return f"_{said}: see the annotations of the check run._"
    shown = f"the annotations of the check run show the worst {ANNOTATIONS}"
    return f"_{said}: {shown}; {code(plan_command(pull))} lists all._"


def _worst_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: (_ORDER.index(one.severity), one.path, one.line, one.column))


def _finding(pull: Pull, finding: Finding) -> str:
    sentence = say(finding)
    if finding.rule in _ABSENT:
        return f"{_ICONS[finding.severity]} {prose(sentence.message)} **Fix:** {prose(sentence.fix)}"
    is_gone = finding.rule in _GONE and not finding.line
    place = f"line {finding.line}" if finding.line else "removed file" if is_gone else "whole file"
    path = quote(finding.path.encode("utf-8", "surrogateescape"))
    url = f"{_web(pull)}/blob/{pull.base_sha if is_gone else pull.head_sha}/{path}" if _web(pull) else ""
    anchor = f"{url}#L{finding.line}" if url and finding.line else url
    fix = f" **Fix:** {prose(sentence.fix)}" if sentence.fix else ""
    return (
        f"{_ICONS[finding.severity]} {link(place, anchor)} {prose(sentence.message)}{fix}{more_link(finding)}"
    )


def _web(pull: Pull) -> str:
    return pull.url.rsplit("/pull/", 1)[0] if "/pull/" in pull.url else ""


def _rules(part: RulesPart) -> str:
    changes = [
        f"- {code(rule)}: {code(was or 'not set')} → {code(now or 'not set')}"
        for rule, was, now in part.severities
    ]
    starts, stops = count(part.starts, "finding"), count(part.stops, "finding")
    what = f"In today's catalog {starts} would newly deny and {stops} would deny no more."
    return "**This merge changes rules.** " + what + "\n\n" + "\n".join(changes[:_NAMED])


def _is_outside(plan: Plan) -> bool:
    return any(isinstance(part, OutsidePart) for part in plan.parts)


def _coverage(plan: Plan) -> str:
    total = len(plan.findings)
    if total > ANNOTATIONS:
        return f"_The annotations show {ANNOTATIONS} of {total:,} findings, worst first._"
    return ""


def annotate(findings: Sequence[Finding]) -> tuple[Annotation, ...]:
    """Findings as annotations, worst first, at most `ANNOTATIONS`."""
    worst_first = sorted(
        in_files(findings), key=lambda one: (_ORDER.index(one.severity), one.path, one.line, one.column)
    )
    return tuple(_annotation(finding) for finding in worst_first[:ANNOTATIONS])


def _annotation(finding: Finding) -> Annotation:
    sentence = say(finding)
    message = f"{sentence.message}\n{sentence.fix}".strip()
    return Annotation(
        # GitHub shows bytes that are not UTF-8 in the same way, and takes no other text.
        path=finding.path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
        line=max(1, finding.line),
        column=finding.column,
        level=_LEVELS[finding.severity],
        title=finding.rule,
        message=message[:16_000],
    )
