"""Words for what a pull request takes away from those who need it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.report.sentences.words import Words

WORDS: Mapping[str, Words] = {
    "entity-removed": Words(
        title="Something that others need is removed",
        message="This removes {ref}, which {count} others still name: {dependents:list}.",
        fix="Change these as well, or keep it.",
        near="Renamed to {near}? Then update these too.",
        cases={
            "one": ("This removes {ref}, which {dependents:list} still names.", ""),
            "many": (
                "This removes {ref}, which {count} others still name, among them {dependents:list}.",
                "",
            ),
        },
    ),
    "environment-removed": Words(
        title="An environment is removed",
        message="This removes the environment {environment}. Its branch {branch} stays as it is: nothing is "
        "rendered there any more, and what runs from it keeps running.",
        fix="When nothing runs from it any more, delete the branch.",
    ),
}
"""By rule id."""
