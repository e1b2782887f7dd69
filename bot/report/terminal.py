"""A plan as plain text for a terminal: the same outcome, findings and diffs as in the comment."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.plan import ConflictPart, EnsureCheck, EnsureFiles, Finding, Plan, RenderPart
from bot.report.diff import tally, unified
from bot.report.formats.text import place
from bot.report.markdown import count
from bot.report.sentences import say
from bot.report.sentences.words import clean

_NAMED = 5
"""Files that a note names."""


def plan_text(plan: Plan, check: EnsureCheck | None, on_merge: list[EnsureFiles]) -> str:
    """What the bot would say and do, in the order in which a person asks."""
    blocks = [_outcome(plan, check)]
    blocks += [_finding(finding) for finding in plan.findings]
    for part in plan.parts:
        if isinstance(part, RenderPart):
            blocks += _render(part)
    blocks += [_merge(effect) for effect in on_merge]
    return "\n\n".join(blocks)


def uncommitted_text(paths: Sequence[str]) -> str:
    """A note on what the plan did not look at."""
    named = ", ".join(clean(path) for path in paths[:_NAMED])
    more = f" and {count(len(paths) - _NAMED, 'more file')}" if len(paths) > _NAMED else ""
    return f"Note: not committed, so not looked at: {named}{more}. `roadcrew check` judges files on disk."


def _outcome(plan: Plan, check: EnsureCheck | None) -> str:
    if check is None:
        return "\n".join(plan.why) or "Nothing to say."
    conflicts = [clean(path) for part in plan.parts if isinstance(part, ConflictPart) for path in part.paths]
    return "\n".join([f"check {check.name}: {check.conclusion}", check.title, *conflicts])


def _finding(finding: Finding) -> str:
    sentence = say(finding)
    lines = [f"{place(finding)}  {finding.severity}  {finding.rule}", f"    {sentence.message}"]
    if sentence.fix:
        lines.append(f"    Fix: {sentence.fix}")
    return "\n".join(lines)


def _render(part: RenderPart) -> list[str]:
    files = [file for change in part.components for file in change.files]
    head = f"{part.environment} ({part.branch}): {tally(files) or 'no change'}"
    return [head, *(unified(file) for file in files)]


def _merge(effect: EnsureFiles) -> str:
    lines = [f"on merge: {effect.branch} gets one commit, {count(len(effect.folders), 'folder')}"]
    for folder, files in sorted(effect.folders.items()):
        lines.append(f"    {folder}/: {count(len(files), 'file')}" if files else f"    {folder}/: removed")
    return "\n".join(lines)
