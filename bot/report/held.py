"""What people read on a pull request that is held, besides what the check says of its files."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.plan import Conclusion, EnsureCheck, Finding, Plan, Severity
from bot.model.pull import HOLD, Pull
from bot.report.markdown import prose
from bot.report.sentences import say

RULE = "pull-held"
"""Of the pull request itself: it stands in no file."""


def is_held(plan: Plan) -> bool:
    """Whether it is held, whatever else is to be said."""
    return any(one.rule == RULE for one in plan.findings)


def in_files(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings that stand somewhere."""
    return tuple(one for one in findings if one.rule != RULE)


def held_next(plan: Plan) -> str:
    """Markdown: what to do next, if it is held; with what is to be mended besides."""
    held = next((one for one in plan.findings if one.rule == RULE), None)
    if held is None:
        return ""
    said = say(held)
    denies = any(one.severity is Severity.DENY for one in in_files(plan.findings))
    mend = " Meanwhile, push a commit that mends what is listed below." if denies else ""
    return f"{prose(f'{said.message} {said.fix}')}{mend}"


def say_held(pull: Pull, name: str) -> EnsureCheck:
    """The check of a pull request to an environment's branch, which has none unless it is, or was, held."""
    if HOLD in pull.labels:
        finding = say(Finding(RULE, Severity.DENY, ""))
        return EnsureCheck(
            repo=pull.repo,
            head_sha=pull.head_sha,
            name=name,
            conclusion=Conclusion.ACTION_REQUIRED,
            title="Held: it must not be merged for now",
            summary=f"{finding.message} {finding.fix}",
            number=pull.number,
        )
    return EnsureCheck(
        repo=pull.repo,
        head_sha=pull.head_sha,
        name=name,
        conclusion=Conclusion.SUCCESS,
        title="Not held",
        summary="This pull request is not held any more.",
        only_edit=True,
        number=pull.number,
    )
