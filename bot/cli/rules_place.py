"""A platform repo's rules for `roadcrew rules`: the set, and the files of its folder. Judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.catalog.check import layout_of
from bot.catalog.layout import Layout
from bot.cli.places import Place, opened
from bot.errors import UserError
from bot.model.tree import EntryKind
from bot.policy.documents import LARGEST
from bot.policy.rules.load import load_rules
from bot.policy.rules.ruleset import RuleSet


@dataclass(frozen=True)
class Rules:
    """The rules of a repo on disk."""

    place: Place
    layout: Layout
    rules: RuleSet

    def files(self, suffixes: tuple[str, ...]) -> dict[str, bytes]:
        """The files of the rules' folder, its tests and data among them. Raises UserError."""
        below = "" if self.layout.rules == "." else self.layout.rules
        found = {}
        for entry in self.place.files.list(below):
            is_file = entry.kind in {EntryKind.FILE, EntryKind.EXECUTABLE}
            if is_file and entry.path.lower().endswith(suffixes):
                if self.place.files.size(entry.path) > LARGEST:
                    raise UserError(
                        f"It has more than {LARGEST // 2**20} MiB.", path=entry.path, fix="Split it."
                    )
                found[entry.path] = self.place.files.read(entry.path)
        return found


def rules_around(folder: Path) -> Rules:
    """The rules of the repo that a folder belongs to. Raises UserError."""
    place = opened(folder)
    layout = layout_of(place.catalog)
    return Rules(place, layout, load_rules(place.files, place.catalog, layout))
