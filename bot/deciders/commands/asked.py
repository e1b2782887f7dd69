"""What a handler of a command is given, and what it gives back. Values; nothing here decides.

Before a handler is called, it is certain: the text is as its author wrote it, the arguments fit the table,
the command applies here, its author may give it now, and has seen the head where that matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.catalog.entity import Catalog
from bot.deciders.decider import Snapshot
from bot.model.event import Commanded, RepoRef
from bot.model.plan import Effect, Fact, Finding
from bot.model.pull import Pull
from bot.model.tree import Tree

if TYPE_CHECKING:
    from bot.commands.call import Call
    from bot.commands.roles import Asker, Matter
    from bot.commands.settings import CommandSettings
    from bot.commands.table import Command

Values = Mapping[str, str | tuple[str, ...]]
"""Arguments by their names and flags by theirs: text, or the words of an argument that takes many."""


@dataclass(frozen=True)
class Asked:
    """One call, and all that is known about it when it runs."""

    call: Call
    values: Values
    command: Command
    asker: Asker
    matter: Matter
    snapshot: Snapshot = field(repr=False)
    event: Commanded
    at: datetime
    """When it was written, by GitHub's clock: the same however often and late it runs."""
    name: str
    """Unique in the repository for ever and the same each time it runs, such as `comment-123-1`."""
    catalog: Catalog = field(repr=False)
    """Of the default branch's tip: that one says who is who and who may what."""
    settings: CommandSettings = field(repr=False)

    @property
    def repo(self) -> RepoRef:
        return self.snapshot.repo

    @property
    def number(self) -> int:
        """Of the issue or pull request in whose thread it stands."""
        return self.event.number

    @property
    def pull(self) -> Pull | None:
        """None in an issue's thread."""
        return self.snapshot.pull

    @property
    def tip_tree(self) -> Tree:
        """The default branch. Raises LookupError where it holds no commit; there, no command is run."""
        if self.snapshot.tip_tree is None:
            raise LookupError("the default branch has no commit")
        return self.snapshot.tip_tree

    def text(self, name: str, default: str = "") -> str:
        """The value of an argument or flag; of one that takes many, its words in a row."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else " ".join(value)

    def words(self, name: str) -> tuple[str, ...]:
        """The words of an argument that takes many."""
        value = self.values.get(name, ())
        return (value,) if isinstance(value, str) else value

    def has(self, name: str) -> bool:
        """Whether the argument or flag was given, be it without a value."""
        return name in self.values


@dataclass(frozen=True)
class Answer:
    """What came of a call: done or not, the case by which `bot/report/replies/` finds its words, and effects.

    Effects are applied in their order, before anything is said. One that is Held makes it "not done" with
    that reason. A done answer whose case is "" needs no words: the reaction says it.
    """

    is_done: bool
    case: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """What the words are made with. Whatever people wrote may stand in it as it is: it is escaped there."""
    effects: tuple[Effect, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What is wrong, each said by its own sentence below the words: the first few."""
    mark: str = ""
    """A hidden line of the reply, by which it is known later that this was done."""


def done(case: str = "", *effects: Effect, **facts: Fact) -> Answer:
    """It is done once the effects are."""
    return Answer(True, case, facts, effects)


def not_done(case: str, /, *findings: Finding, **facts: Fact) -> Answer:
    """It is refused; `case` and facts say why and what to do."""
    return Answer(False, case, facts, findings=findings)


Handler = Callable[[Asked], Answer]
"""Pure: the same call in the same world gives an equal answer. It may run again after it was applied, when a
worker was killed in between: what it did itself must not make it say "not done" then."""
