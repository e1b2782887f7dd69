"""What a reader raises when a document cannot be read: a rule, a place, facts. No words."""

from __future__ import annotations

from collections.abc import Mapping

from bot.model.plan import Fact


class Broken(Exception):
    """A document that cannot be read. `line` and `column` count from 1; 0 is the file as a whole.

    A fact `first` is a line as well.
    """

    def __init__(
        self, rule: str, *, line: int = 0, column: int = 0, facts: Mapping[str, Fact] | None = None
    ) -> None:
        super().__init__(f"{rule} at {line}:{column}")
        self.rule = rule
        self.line = line
        self.column = column
        self.facts = facts or {}

    def moved(self, lines: int) -> Broken:
        """The same, further down in the file by so many lines."""
        facts = dict(self.facts)
        if isinstance(first := facts.get("first"), int):
            facts["first"] = first + lines
        line = self.line + lines if self.line else 0
        return Broken(self.rule, line=line, column=self.column, facts=facts)
