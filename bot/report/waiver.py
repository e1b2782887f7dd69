"""What `roadcrew waiver new` says when it is done."""

from __future__ import annotations

from datetime import date

from bot.policy.waivers import Waiver
from bot.report.markdown import count
from bot.report.sentences.words import clean


def done_text(path: str, waiver: Waiver, today: date) -> str:
    """Where it stands, who need not keep what until when, and what to do next."""
    whom = ", ".join(clean(one) for one in (*waiver.targets, *waiver.paths))
    where = f" in {', '.join(clean(one) for one in waiver.environments)}" if waiver.environments else ""
    rules = ", ".join(clean(one) for one in waiver.rules)
    return (
        f"{clean(path)}\n"
        f"    {whom} need not keep {rules}{where} through {waiver.expires} "
        f"({count(waiver.days_left(today), 'day')}).\n"
        "    It holds once it is merged."
    )
