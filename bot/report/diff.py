"""Rendered changes as unified diffs and as counts. Words only; what changed was decided elsewhere."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable
from html import escape

from bot.model.plan import ComponentChange, FileChange, RenderPart
from bot.report.markdown import count, details, fence

_LINES = 400
"""Lines of one file's diff that are shown."""


def unified(change: FileChange) -> str:
    """One file's diff as `git diff` would print it, with three lines of context."""
    before, after = _lines(change.before), _lines(change.after)
    old = f"a/{change.path}" if change.before is not None else "/dev/null"
    new = f"b/{change.path}" if change.after is not None else "/dev/null"
    lines = [line.rstrip("\n") for line in difflib.unified_diff(before, after, old, new)]
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"... {count(len(lines) - _LINES, 'line')} more"]
    return "\n".join(lines)


def _lines(data: bytes | None) -> list[str]:
    return (data or b"").decode("utf-8", "replace").splitlines(keepends=True)


def tally(files: Iterable[FileChange]) -> str:
    """`+3 ~1 -0`, without the zeros; empty when nothing changes."""
    kinds = Counter(
        "+" if change.before is None else "\u2212" if change.after is None else "~" for change in files
    )
    return " ".join(f"{sign}{kinds[sign]}" for sign in ("+", "~", "\u2212") if kinds[sign])


def render_details(part: RenderPart) -> list[str]:
    """One folded block for each component of an environment."""
    return [_component(part, change) for change in part.components]


def _component(part: RenderPart, change: ComponentChange) -> str:
    name = change.files[0].path.split("/", 1)[0]
    # Markdown is not read inside <summary>: it is HTML there.
    where, what = escape(part.environment), escape(name)
    made = f"<code>{escape(change.template)}</code> {escape(change.version)}".strip()
    summary = f"<b>{where}</b> · {what} · {tally(change.files)} · by {made}"
    body = "\n".join(unified(file) for file in change.files)
    return details(summary, fence(body, "diff"))
