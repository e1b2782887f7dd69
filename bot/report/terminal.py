"""A plan as plain text for a terminal: the same outcome, findings and diffs as in the comment."""

from __future__ import annotations

from bot.model.plan import EnsureCheck, EnsureFiles, Finding, Plan, RenderPart
from bot.report.diff import tally, unified
from bot.report.markdown import count
from bot.report.sentences import say


def plan_text(plan: Plan, check: EnsureCheck | None, on_merge: list[EnsureFiles]) -> str:
    """What the bot would say and do, in the order in which a person asks."""
    blocks = [_outcome(plan, check)]
    blocks += [_finding(finding) for finding in plan.findings]
    for part in plan.parts:
        if isinstance(part, RenderPart):
            blocks += _render(part)
    blocks += [_merge(effect) for effect in on_merge]
    return "\n\n".join(blocks)


def _outcome(plan: Plan, check: EnsureCheck | None) -> str:
    if check is None:
        return "\n".join(plan.why) or "Nothing to say."
    return f"check {check.name}: {check.conclusion}\n{check.title}"


def _finding(finding: Finding) -> str:
    sentence = say(finding)
    place = ":".join(str(part) for part in (finding.path, finding.line, finding.column) if part)
    lines = [f"{place}  {finding.severity}  {finding.rule}", f"    {sentence.message}"]
    if sentence.fix:
        lines.append(f"    {sentence.fix}")
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
