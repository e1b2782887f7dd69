"""The user's own `opa` as a Rego engine: one process answers many questions, within time and memory.

It gets no environment, no network (its capabilities are without what reaches out) and nothing on its command
line but paths of ours. What one question breaks costs that question: halves are tried until it stands alone.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.adapters import opa_bundle as bundle
from bot.adapters.opa_process import Run, Stopped
from bot.policy.rego import outside
from bot.policy.rego.engine import Answer, Module, Problem, Question
from bot.policy.rego.modules import REACHES_OUT

_OLDEST = (0, 64)
"""The first that reads each file of a bundle in its own version of Rego."""
_MEMORY = 2 * 2**30
_MOST_QUESTIONS = 1_000
_MOST_CHARACTERS = 32_000_000
"""Of the inputs that one process gets."""


class TooOld(Exception):
    """This `opa` lacks what is needed. The text says which it is."""


def find_opa(setting: str = "", *, seconds: float = 10.0, memory: int = _MEMORY) -> Opa | None:
    """The `opa` that the setting or else PATH names; None if there is none that can be used.

    `seconds`: wall clock of one process; a call may use thrice as much. `memory`: bytes.
    """
    program = shutil.which(setting or "opa")
    if program is None:
        return None
    try:
        return Opa(program, seconds=seconds, memory=memory)
    except (TooOld, Stopped, OSError):
        return None


class Opa:
    """A `RegoEngine`. Threads may share it. Raises TooOld, Stopped and OSError when it is made."""

    def __init__(self, program: str, *, seconds: float = 10.0, memory: int = _MEMORY) -> None:
        self._run = Run(program, memory=memory)
        self._seconds = seconds
        said = self._run(["version"], seconds)
        version = next((line.split()[-1] for line in said.splitlines() if line.startswith("Version:")), "")
        if _numbers(version) < _OLDEST:
            raise TooOld(f"opa {version} is older than 0.64")
        self._name = f"opa {version}"
        self._capabilities: str | None = None
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """`opa 1.22.2`."""
        return self._name

    def evaluate(
        self, modules: Sequence[Module], questions: Sequence[Question], data: Mapping[str, Any], now: str
    ) -> Sequence[Answer]:
        """An answer a question, in order."""
        answers: list[Answer] = [Answer(reason="not asked")] * len(questions)
        deadline = time.monotonic() + 3 * self._seconds
        work = [list(batch) for batch in _batches(questions)]
        while work:
            batch = work.pop()
            found = self._ask(modules, [questions[at] for at in batch], data, now, deadline)
            if isinstance(found, Answer) and len(batch) > 1 and not bundle.is_of_all(found.reason):
                half = len(batch) // 2
                work += [batch[half:], batch[:half]]
                continue
            for number, at in enumerate(batch):
                answers[at] = found if isinstance(found, Answer) else found[number]
        return answers

    def check(self, modules: Sequence[Module]) -> Sequence[Problem]:
        """Every error that `opa` has in compiling them."""
        paths = {f"m{number}.rego": one.path for number, one in enumerate(modules)}
        with tempfile.TemporaryDirectory(prefix="roadcrew-opa-") as folder:
            room = Path(folder)
            self._write(room, [*modules, Module("", outside.module(), "v1")], {})
            try:
                said = self._run(
                    ["eval", "-f", "json", *self._with(room), "true"], self._seconds, results=(0, 1, 2)
                )
                errors = bundle.errors_of(json.loads(said))
            except (Stopped, ValueError) as problem:
                return [Problem(one.path, 0, 0, str(problem)) for one in modules[:1]]
        return [Problem(paths.get(one.file, one.file), one.line, one.column, one.message) for one in errors]

    def _ask(
        self,
        modules: Sequence[Module],
        questions: Sequence[Question],
        data: Mapping[str, Any],
        now: str,
        deadline: float,
    ) -> Answer | list[Answer]:
        """The answers, or what is wrong with at least one of them."""
        left = min(self._seconds, deadline - time.monotonic())
        if left <= 0:
            return Answer(reason=_too_slow(3 * self._seconds), is_stopped=True)
        with tempfile.TemporaryDirectory(prefix="roadcrew-opa-") as folder:
            room = Path(folder)
            judges = bundle.judges(questions)
            wrapper = Module("", bundle.wrapper(judges), "v1")
            fence = Module("", outside.module(), "v1")
            self._write(room, [*modules, wrapper, fence], bundle.documents(questions, judges, data))
            query = bundle.query(nanoseconds(now))
            try:
                said = self._run(["eval", "-f", "json", *self._with(room), query], left, results=(0, 1, 2))
                return bundle.answers(json.loads(said), [one.path for one in modules], len(questions))
            except Stopped as stopped:
                # Of the two limits the one that it met, in words that are the same each time.
                limit = self._seconds if left == self._seconds else 3 * self._seconds
                reason = _too_slow(limit) if stopped.is_slow else str(stopped)
                return Answer(reason=reason, is_stopped=True)
            except ValueError:
                return Answer(reason="opa gave an answer that could not be read")

    def _write(self, room: Path, modules: Sequence[Module], documents: Mapping[str, Any]) -> None:
        folder = room / "bundle"
        folder.mkdir()
        for number, one in enumerate(modules):
            (folder / f"m{number}.rego").write_text(outside.fenced(one.text), encoding="utf-8")
        (folder / ".manifest").write_text(json.dumps(bundle.manifest(modules)))
        (folder / "data.json").write_text(json.dumps(documents))
        (room / "capabilities.json").write_text(self._allowed())

    def _with(self, room: Path) -> list[str]:
        return ["--bundle", str(room / "bundle"), "--capabilities", str(room / "capabilities.json")]

    def _allowed(self) -> str:
        """This opa's own capabilities, without what reaches out."""
        with self._lock:
            if self._capabilities is None:
                every = json.loads(self._run(["capabilities", "--current"], self._seconds))
                every["builtins"] = [one for one in every["builtins"] if one["name"] not in REACHES_OUT]
                every["allow_net"] = []
                self._capabilities = json.dumps(every)
            return self._capabilities


def _batches(questions: Sequence[Question]) -> Iterator[range]:
    """Numbers of questions that one process gets, the last first."""
    start, size = 0, 0
    found: list[range] = []
    for number, one in enumerate(questions):
        length = len(json.dumps(one.input))
        if number > start and (number - start >= _MOST_QUESTIONS or size + length > _MOST_CHARACTERS):
            found.append(range(start, number))
            start, size = number, 0
        size += length
    if questions:
        found.append(range(start, len(questions)))
    return reversed(found)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def nanoseconds(now: str) -> int | None:
    """Since 1970, of an RFC 3339 time; None if none is said."""
    return int(datetime.fromisoformat(now).timestamp()) * 10**9 if now else None


def _too_slow(seconds: float) -> str:
    return f"it took longer than {seconds:.3g} seconds"
