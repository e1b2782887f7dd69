"""What `roadcrew rules export` says of the rules that stay behind."""

from __future__ import annotations

from bot.policy.export import Exported
from bot.report.markdown import count
from bot.report.sentences.policy import LEFT
from bot.report.sentences.words import clean


def left_lines(found: Exported) -> list[str]:
    """A sentence for each rule that could not be exported."""
    return [
        f"Not exported: {clean(one.rule)} {LEFT[one.reason].format(what=clean(one.what))}."
        for one in found.left
    ]


def done_text(environment: str, folder: str, found: Exported) -> str:
    """What was written where."""
    return f"{clean(environment) or 'all'}: {count(len(found.objects), 'object')} in {clean(folder)}"
