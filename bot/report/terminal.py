"""A plan as plain text for a terminal: the same outcome, findings and diffs as in the comment."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model.plan import ConflictPart, EnsureCheck, EnsureFiles, Finding, Plan, RenderPart
from bot.report.changes import Changes, changes_of, hurts, listed, reach, sums
from bot.report.dangers import Told
from bot.report.diff import names, tally, unified, where
from bot.report.formats.text import place
from bot.report.groups import Group
from bot.report.markdown import count
from bot.report.resources import asks
from bot.report.sentences import say
from bot.report.sentences.words import clean

_NAMED = 5
"""Files that a note names."""


def plan_text(plan: Plan, check: EnsureCheck | None, on_merge: list[EnsureFiles]) -> str:
    """What the bot would say and do, in the order in which a person asks."""
    blocks = [_outcome(plan, check)]
    blocks += [_finding(finding) for finding in plan.findings]
    blocks += _changes(changes_of(plan))
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


def _changes(changes: Changes) -> list[str]:
    blocks = [_plain(reach(changes))] if changes.impact else []
    if changes.parts:
        blocks.append("\n".join(_row(part, hurts(changes, part)) for part in changes.parts))
    blocks += [_danger(one) for one in changes.dangers]
    return blocks + [_group(group) for group in changes.groups]


def _row(part: RenderPart, dangers: int) -> str:
    """`dev (env/dev): ~2, CPU 400m -> 800m, 1 danger`."""
    files = [file for change in part.components for file in change.files]
    many = count(len(part.components), "component") if len(part.components) > 1 else ""
    hurt = count(dangers, "danger") if dangers else ""
    pieces = [tally(files) or "no change", many, *asks(*sums(part)), hurt]
    return f"{part.environment} ({part.branch}): {', '.join(filter(None, pieces))}"


def _danger(one: Told) -> str:
    others = f" The same in {_plain(names(one.components[1:]))}." if one.components[1:] else ""
    head = f"danger in {listed(one.environments)}: {clean(one.danger.object)}"
    named = "" if one.is_literal or others else f" (Named as in {one.environments[0]}.)"
    lines = [head, f"    {one.sentence.message}{named}{others}"]
    if one.sentence.fix:
        lines.append(f"    Before you merge: {one.sentence.fix}")
    return "\n".join(lines)


def _group(group: Group) -> str:
    """The diff of one for all, in full."""
    number = len(group.components)
    same = f"the same in {count(number, 'component')}: " if number > 1 else ""
    head = f"{where(group)}: {same}{_plain(names(group.components))}"
    return "\n".join([head, *(unified(file) for file in group.shown.change.files)])


def _plain(markdown: str) -> str:
    return markdown.replace("`", "").replace("**", "")


def _merge(effect: EnsureFiles) -> str:
    lines = [f"on merge: {effect.branch} gets one commit, {count(len(effect.folders), 'folder')}"]
    for folder, files in sorted(effect.folders.items()):
        lines.append(f"    {folder}/: {count(len(files), 'file')}" if files else f"    {folder}/: removed")
    return "\n".join(lines)
