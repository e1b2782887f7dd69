"""Rendered changes as unified diffs and as counts. Words only; what changed was decided elsewhere."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from html import escape

from bot.model.plan import FileChange
from bot.model.pull import Pull
from bot.policy.secrets import masked
from bot.report.groups import Group
from bot.report.markdown import code, count, details, fence
from bot.templating.pin import PIN_FILE

_NAMED = 20
"""Components of a group that are named."""
_TEMPLATES = 5
"""Templates of a group that are named."""


def unified(change: FileChange) -> str:
    """One file's diff as `git diff` would print it, with three lines of context."""
    before, after = _lines(change.before), _lines(change.after)
    old = f"a/{change.path}" if change.before is not None else "/dev/null"
    new = f"b/{change.path}" if change.after is not None else "/dev/null"
    lines = [line.rstrip("\n") for line in difflib.unified_diff(before, after, old, new)]
    return "\n".join(lines)


def diff_command(pull: Pull) -> str:
    """What shows all of it on a clone, whatever its length."""
    return f"roadcrew diff --base {pull.base_sha[:12]} --head {pull.head_sha[:12]}"


def plan_command(pull: Pull) -> str:
    """What lists every finding and every danger on a clone, however many there are."""
    return f"roadcrew plan --base {pull.base_sha[:12]} --head {pull.head_sha[:12]}"


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines(keepends=True)


def tally(files: Iterable[FileChange]) -> str:
    """Objects: `+3 ~1 -0`, without the zeros; empty when nothing changes. A pin is no object."""
    changed = list(files)
    kinds = Counter(
        "+" if change.before is None else "\u2212" if change.after is None else "~"
        for change in changed
        if not change.path.endswith(f"/{PIN_FILE}")
    )
    said = " ".join(f"{sign}{kinds[sign]}" for sign in ("+", "~", "\u2212") if kinds[sign])
    return said or ("only the pin" if changed else "")


def group_details(group: Group, room: int | None = None) -> str:
    """A folded block with the diff of one for all; cut to `room` characters, and then with a count."""
    # A comment stays when the commit is long gone.
    text = masked("\n".join(unified(file) for file in group.shown.change.files))
    frame = details(_summary(group), "\n\n".join(filter(None, [_who(group), fence("", "diff")])))
    left = 0
    if room is not None and len(frame) + len(text) > room:
        text, left = _cut(text, room - len(frame) - 40)
    said = [_who(group), fence(text, "diff"), f"_{count(left, 'line')} more._" if left else ""]
    return details(_summary(group), "\n\n".join(filter(None, said)))


def _cut(text: str, room: int) -> tuple[str, int]:
    """As many whole lines as fit, and how many do not."""
    kept = text[: max(0, room)].rpartition("\n")[0]
    return kept, text.count("\n") - kept.count("\n")


def _summary(group: Group) -> str:
    """Markdown is not read inside <summary>: it is HTML there."""
    change, number = group.shown.change, len(group.components)
    what = escape(group.shown.folder) if number == 1 else f"the same in <b>{count(number, 'component')}</b>"
    return f"<b>{escape(where(group))}</b> · {what} · {tally(change.files)} · by {_made(group)}"


def _made(group: Group) -> str:
    """All templates of a group, with their versions: what they share changes alike whichever it is."""
    made = sorted({(member.change.template, member.change.version) for member in group.members})
    said = [f"<code>{escape(template)}</code> {escape(version)}".strip() for template, version in made]
    more = len(said) - _TEMPLATES
    return ", ".join(said[:_TEMPLATES]) + (f" and {more:,} more" if more > 0 else "")


def where(group: Group) -> str:
    """The environments; with numbers where not all components change in all of them."""
    counts = Counter(member.environment for member in group.members)
    if len(set(counts.values())) <= 1:
        return ", ".join(group.environments)
    return ", ".join(f"{environment} ({counts[environment]:,})" for environment in group.environments)


def _who(group: Group) -> str:
    if len(group.members) == 1:
        return ""
    if len(group.components) == 1:
        return f"Shown as in {code(group.shown.environment)}."
    return (
        f"In {names(group.components)}. Shown: {code(group.shown.folder)} in {code(group.shown.environment)}."
    )


def names(folders: Iterable[str]) -> str:
    """The first ones in code spans, and how many more there are."""
    listed = list(folders)
    said = ", ".join(code(folder) for folder in listed[:_NAMED])
    more = len(listed) - _NAMED
    return f"{said} and {more:,} more" if more > 0 else said
