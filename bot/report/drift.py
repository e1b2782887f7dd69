"""What people read on the pull request that would undo a change made by hand on an environment's branch."""

from __future__ import annotations

from collections.abc import Iterator

from bot.model.plan import FileChange
from bot.model.stage import DriftPart, Hand
from bot.policy.secrets import masked
from bot.report.diff import tally, unified
from bot.report.markdown import code, details, fence
from bot.report.proposal import Said, put_together, say_hands, say_held

_SHOWN = 30_000
"""Characters of the diff; the Files tab has all of it."""


def say_drift(part: DriftPart, marker: str, held_by: tuple[Hand, ...] = ()) -> Said:
    """Who changed what, and both ways out."""
    title = f"Undo changes made by hand to {part.folder} in {part.environment}"
    return put_together(title, [*_blocks(part, held_by)], marker)


def _blocks(part: DriftPart, held_by: tuple[Hand, ...]) -> Iterator[str]:
    yield from say_held(held_by, f"mend/{part.environment}/{part.folder}")
    yield f"{code(part.folder)} on {code(part.branch)} is not what its pin renders. It was changed by hand:"
    yield say_hands(part.hands)
    yield (
        "**Next**, one of the two:\n\n"
        f"1. Merge this: {code(part.folder)} is again as it was rendered{_from(part)}.\n"
        f"2. Keep the change: bring it into {_where(part)} in a pull request to the default branch, then "
        "merge this one too: the change comes back rendered, like everything else."
    )
    yield (
        f"Until then Roadcrew itself writes nothing over it on {code(part.branch)}. Closed without a merge, "
        "this is not opened again by itself for the same change; reopened, it can be merged as before."
    )
    yield from _diff(part)


def _from(part: DriftPart) -> str:
    return f" from {part.origin.commit}" if part.origin else ""


def _where(part: DriftPart) -> str:
    return " or ".join(code(path) for path in part.sources) or "the catalog or a template"


def _diff(part: DriftPart) -> Iterator[str]:
    """What was done by hand: from what should stand there to what does."""
    texts: list[str] = []
    for file in _by_hand(part):
        if sum(map(len, texts)) > _SHOWN:
            break  # to compare what nobody will see takes time
        texts.append(masked(unified(file)))
    text = "\n".join(texts)
    if not text:
        return
    is_whole = len(text) <= _SHOWN and len(texts) == len(part.files)
    shown = text if is_whole else f"{text[:_SHOWN].rpartition(chr(10))[0]}\n... more in the Files tab"
    yield details(f"The change made by hand \u00b7 {tally(_by_hand(part))}", fence(shown, "diff"))


def _by_hand(part: DriftPart) -> list[FileChange]:
    return [FileChange(file.path, file.after, file.before) for file in part.files]
