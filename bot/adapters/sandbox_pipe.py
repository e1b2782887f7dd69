"""One child process that renders: its jobs as lines, and the recipes that it still knows.

Whoever holds a child uses it alone. Whatever goes wrong is a `Gone`, and then the child is to be ended.
"""

from __future__ import annotations

from collections import OrderedDict

from bot.adapters import child
from bot.templating.jinja import BYTES_A_CHARACTER
from bot.templating.jobs import OUT_OF_MEMORY, Recipe, RenderError, RenderJob, RenderResult
from bot.templating.wire import job_to_json, result_from_json

_LONGEST_JOB = 16 * 2**20
_ESCAPED = 12
"""The most bytes that a character needs in JSON: one beyond U+FFFF is two escapes of six."""
_LONGEST_REST = 1_000_000
"""For what a result holds besides texts, files and objects: errors and such, each bounded."""
_MOST_RECIPES = 32
_MOST_CHARACTERS = 4_000_000
"""Of the recipes that a child keeps: it pays for them and for the code that they become with its memory."""


class Gone(Exception):
    """The child did not answer: too slow, too much, or dead."""

    def __init__(self, error: RenderError) -> None:
        super().__init__(error.reason)
        self.error = error


class TooLong(Exception):
    """The job is larger than a job may be; nothing was sent."""


class Child:
    """A process that has given up its powers. `seconds`: wall clock of a job; `memory`: bytes."""

    def __init__(self, *, seconds: float, memory: int) -> None:
        """Starts it, and waits until it is ready. Raises Gone."""
        self._seconds = seconds
        self._known: OrderedDict[str, int] = OrderedDict()
        self._forgotten: list[str] = []
        self.jobs = 0
        try:
            self._child = child.Child("bot.adapters.sandbox_child", seconds=seconds, memory=memory)
        except child.Gone as gone:
            raise Gone(self._why(gone)) from gone
        self.process = self._child.process

    def is_alive(self) -> bool:
        """Whether it still waits for a job; it may have died while idle."""
        return self._child.is_alive()

    def end(self) -> None:
        """Kills it, and leaves nothing of it."""
        self._child.end()

    def ask(self, job: RenderJob) -> RenderResult:
        """The job's result, in bounded time. Raises Gone and TooLong."""
        line = self._line(job)
        self.jobs += 1
        try:
            return result_from_json(self._child.ask(line, longest=_longest(job.max_output)))
        except child.Gone as gone:
            raise Gone(self._why(gone)) from gone
        except (ValueError, KeyError, TypeError) as problem:
            raise Gone(RenderError("template-failed", "its result could not be read")) from problem

    def _line(self, job: RenderJob) -> bytes:
        """With the recipe, unless the child has it. From here on it is as if the child had got the line."""
        digest = job.recipe.digest
        if digest in self._known:
            self._known.move_to_end(digest)
            line = job_to_json(job, is_known=True, forget=self._forgotten)
        else:
            self._remember(job.recipe)
            line = job_to_json(job, forget=self._forgotten)
        if len(line) > _LONGEST_JOB:
            self._known.pop(digest, None)
            raise TooLong
        self._forgotten.clear()
        return line

    def _remember(self, recipe: Recipe) -> None:
        """Makes room by forgetting those that nobody has asked for the longest."""
        self._known[recipe.digest] = sum(map(len, recipe.files.values()))
        while len(self._known) > 1 and (
            len(self._known) > _MOST_RECIPES or sum(self._known.values()) > _MOST_CHARACTERS
        ):
            self._forgotten.append(self._known.popitem(last=False)[0])

    def _why(self, gone: child.Gone) -> RenderError:
        match gone.end:
            case child.End.SLOW:
                return RenderError("template-too-slow", f"{self._seconds:g} seconds")
            case child.End.MEMORY:
                return OUT_OF_MEMORY
            case child.End.LONG:
                return RenderError("template-too-big", "its result is larger than a result may be")
            case child.End.BROKEN:
                return RenderError(
                    "template-failed", f"it broke the process that rendered it (exit {gone.code})"
                )


def too_long() -> RenderError:
    """What to say of a job that is not sent."""
    return RenderError("template-too-big", f"template and values are over {_LONGEST_JOB} bytes")


def _longest(max_output: int) -> int:
    """Bytes of a result: texts by characters, files and objects by the bytes of canonical YAML.

    A byte of it is at most three of JSON, in the one as in the other.
    """
    return max_output * (_ESCAPED + 2 * 3 * BYTES_A_CHARACTER) + _LONGEST_REST
