"""What a merge renders, as Markdown: how far it reaches, a row an environment, dangers, folded diffs.

Controls and verdicts are said elsewhere, above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.model.plan import Cause, ImpactPart, Plan, RenderPart, Totals
from bot.report.dangers import Told, told
from bot.report.diff import group_details, names, tally
from bot.report.groups import Group, Spread, groups, spread
from bot.report.markdown import code, count, prose, table
from bot.report.resources import asks
from bot.report.sentences.words import clean

_LISTED = 20
"""Dangers that are told; all are counted."""
_AT_ONCE = 5
"""Folded diffs among which the room is shared: what is last is not crowded out by what is first."""
_LEAST = 1_500
"""Characters below which a diff is not begun."""


@dataclass(frozen=True, slots=True)
class Changes:
    """All that there is to say of a plan's renders, sorted out once."""

    parts: tuple[RenderPart, ...]
    impact: ImpactPart | None
    groups: tuple[Group, ...]
    dangers: tuple[Told, ...]
    spread: Spread

    @property
    def is_any(self) -> bool:
        """Whether anything changes anywhere."""
        return bool(self.groups)


def changes_of(plan: Plan) -> Changes:
    """Sorts out a plan's renders. Takes time by the number of changed files; does not diff."""
    parts = tuple(part for part in plan.parts if isinstance(part, RenderPart))
    impact = next((part for part in plan.parts if isinstance(part, ImpactPart)), None)
    found = groups(parts)
    return Changes(parts, impact, found, told(parts), spread(found))


def reach(changes: Changes) -> str:
    """How far a change of templates or environments reaches, in a sentence; empty for other changes."""
    if changes.impact is None:
        return ""
    causes = " · ".join(_cause(cause) for cause in changes.impact.causes[:_LISTED])
    more = len(changes.impact.causes) - _LISTED
    return f"**{causes}{f' and {more} more' if more > 0 else ''}:** {reach_text(changes)}"


def _cause(cause: Cause) -> str:
    name = code(cause.name) if cause.name else ""
    # Versions and branches, as people wrote them: a version may be anything as long as nobody has mended it.
    said = " → ".join(dict.fromkeys(prose(clean(text)) for text in (cause.was, cause.now) if text))
    what = "files of all templates" if cause.kind == "shared" else cause.kind
    return " ".join(filter(None, (what, name, said)))


def reach_text(changes: Changes) -> str:
    """`212 components in 3 environments change, 209 in the same way, 3 differ, 0 fail.`"""
    how, failed = changes.spread, changes.impact.failed if changes.impact else ()
    rendered = changes.impact.rendered if changes.impact else 0
    fail = f"{len(failed):,} {'fails' if len(failed) == 1 else 'fail'}"
    kept = f": {names(ref.partition('/')[2] for ref in failed)}" if failed else ""
    if not how.components:
        said = _untouched(rendered)
    elif how.components == 1:
        said = f"1 component in {count(how.environments, 'environment')} changes"
    else:
        said = (
            f"{count(how.components, 'component')} in {count(how.environments, 'environment')} change, "
            f"{_alike(how)}"
        )
    return f"{said}, {fail}{kept}.{_elsewhere(changes.impact)}"


def _untouched(rendered: int) -> str:
    if rendered == 1:
        return "the 1 component that uses it does not change"
    return f"none of the {rendered:,} components that use it changes"


def _elsewhere(impact: ImpactPart | None) -> str:
    """What a diff does not show: an environment of another branch renders all that it has there."""
    if impact is None or not any(one.kind == "environment" and one.was and one.now for one in impact.causes):
        return ""
    verb = "is" if impact.rendered == 1 else "are"
    return f" From then on {count(impact.rendered, 'component')} {verb} rendered to another branch."


def _alike(how: Spread) -> str:
    if how.alike:
        return f"{how.alike:,} in the same way, {how.different:,} differ{'s' if how.different == 1 else ''}"
    return "no two in the same way everywhere" if how.is_shared else "each in its own way"


def rows(changes: Changes) -> str:
    """The table: an environment a row. Columns in which nothing stands are left out."""
    heads = ("environment", "components", "objects", "asks for", "dangers", "reached by")
    cells = [_row(part, hurts(changes, part)) for part in changes.parts]
    has_many = any(len(part.components) > 1 for part in changes.parts)
    used = [
        number
        for number, head in enumerate(heads)
        if any(row[number] for row in cells) and (head != "components" or has_many)
    ]
    return table([heads[number] for number in used], [[row[number] for number in used] for row in cells])


def hurts(changes: Changes, part: RenderPart) -> int:
    """How many of the dangers that are told are in this environment; one may be in several."""
    return sum(part.environment in one.environments for one in changes.dangers)


def _row(part: RenderPart, number: int) -> tuple[str, ...]:
    name = prose(part.environment)
    return (
        name if part.branch == f"env/{part.environment}" else f"{name} ({code(part.branch)})",
        f"{len(part.components):,}" if part.components else "",
        tally(file for change in part.components for file in change.files) or "no change",
        "<br>".join(asks(*sums(part))),
        f"⚠️ {number:,}" if number else "",
        ("this merge" if part.is_first else "promotion") if part.components else "",
    )


def sums(part: RenderPart) -> tuple[Totals, Totals]:
    """What all changed components of an environment asked for, and ask for now."""
    before = sum((change.before for change in part.components), Totals())
    return before, sum((change.after for change in part.components), Totals())


def danger_list(changes: Changes, every: str) -> str:
    """The dangers in words, worst first; empty without any. `every`: what lists those that are left out."""
    is_one = len({member.folder for group in changes.groups for member in group.members}) == 1
    lines = [f"- {_danger(one, is_named=not is_one)}" for one in changes.dangers[:_LISTED]]
    more = len(changes.dangers) - _LISTED
    lines += [f"- {count(more, 'more danger')}: {every} lists all."] if more > 0 else []
    return "\n".join(["**Dangers**\n", *lines]) if lines else ""


def _danger(one: Told, *, is_named: bool) -> str:
    fix = f" **Before you merge:** {prose(one.sentence.fix)}" if one.sentence.fix else ""
    folder = one.components[0]
    of = f" of {code(folder)}" if is_named and folder not in one.danger.object else ""
    where = f"{code(one.danger.object)}{of} in {prose(listed(one.environments))}"
    others = one.components[1:]
    too = f" The same in {count(len(others), 'other component')}: {names(others)}." if others else ""
    named = "" if one.is_literal or others else f" (Named as in {prose(one.environments[0])}.)"
    return f"⚠️ {where}: {prose(one.sentence.message)}{named}{fix}{too}"


def listed(words: Sequence[str]) -> str:
    """`dev, staging and prod`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


class Folded(NamedTuple):
    """Markdown, and whether it leaves nothing out."""

    text: str
    is_whole: bool


def folded(changes: Changes, room: int, more: str) -> Folded:
    """Folded diffs within `room` characters. Where that is not all, `more` says where the whole is."""
    blocks: list[str] = []
    for group in changes.groups:
        blocks.append(group_details(group))
        if sum(map(len, blocks)) + 2 * len(blocks) > room:
            return Folded(_shortened(changes.groups, blocks, room - len(more) - 80, more), is_whole=False)
    return Folded("\n\n".join(blocks), is_whole=True)


def _shortened(groups: Sequence[Group], whole: Sequence[str], room: int, more: str) -> str:
    """As many as have room for what says something. `whole`: the first ones in full."""
    blocks: list[str] = []
    left = len(groups)
    for number, group in enumerate(groups):
        share = room // min(left, _AT_ONCE)
        if share < _LEAST:
            break
        is_fitting = number < len(whole) and len(whole[number]) <= share
        blocks.append(whole[number] if is_fitting else group_details(group, share))
        room -= len(blocks[-1]) + 2
        left -= 1
    missing = f"{count(left, 'more difference')} not shown here. " if left else ""
    return "\n\n".join([*blocks, f"_{missing}{more}_"])
