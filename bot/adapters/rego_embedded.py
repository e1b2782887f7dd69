"""The embedded Rego engine (an extra of this package), in a child process that may be stopped at any time.

A question is a line, so that one that is endless or broke the engine costs itself and a new child.
"""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from bot.adapters.child import Child, End, Gone
from bot.adapters.opa import nanoseconds
from bot.policy.rego.engine import Answer, Module, Problem, Question
from bot.policy.rego.modules import foreign_calls, known, ordered, unproven

_PACKAGE = "gordon-to-regorus"
_MODULE = "bot.adapters.rego_child"
_MEMORY = 3 * 2**29
"""Bytes. The engine's allocator reserves 1 GiB of addresses when it is loaded, and uses that first."""
_LONGEST_LINE = 64 * 2**20
_LONGEST_ANSWER = 16 * 2**20


def find_embedded(*, seconds: float = 10.0, memory: int = _MEMORY) -> Embedded | None:
    """The engine, if the extra `rego` is installed. `seconds`: wall clock of a question; `memory`: bytes."""
    if find_spec("regorus") is None:
        return None
    return Embedded(seconds=seconds, memory=memory)


class Embedded:
    """A `RegoEngine`. Threads that share it wait for each other. A call uses at most thrice the time."""

    def __init__(self, *, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self._name = f"regorus {metadata.version(_PACKAGE)}"
        self._child: Child | None = None
        self._loaded = False
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """`regorus 0.13.0`."""
        return self._name

    def close(self) -> None:
        """Ends the child. The next call would start another."""
        with self._lock:
            self._end()

    def evaluate(
        self, modules: Sequence[Module], questions: Sequence[Question], data: Mapping[str, Any], now: str
    ) -> Sequence[Answer]:
        """An answer a question, in order."""
        load = _load(modules, data, now)
        deadline = time.monotonic() + 3 * self._seconds
        with self._lock:
            self._loaded = False
            return [self._answer(load, one, deadline) for one in questions]

    def check(self, modules: Sequence[Module]) -> Sequence[Problem]:
        """What stops a module from being read; what they call is not looked at."""
        with self._lock:
            self._loaded = False
            try:
                said = self._tell(_load(modules, {}, ""), self._seconds)
            except Gone as gone:
                self._end()
                return [Problem(one.path, 0, 0, self._why(gone, self._seconds)) for one in modules[:1]]
        return [Problem(path, line, column, message) for path, line, column, message in said["errors"]]

    def _answer(self, load: bytes, question: Question, deadline: float) -> Answer:
        left = min(self._seconds, deadline - time.monotonic())
        if left <= 0:
            return Answer(reason=f"it took longer than {3 * self._seconds:g} seconds", is_stopped=True)
        line = _ask(question)
        if len(load) > _LONGEST_LINE or len(line) > _LONGEST_LINE:
            return Answer(reason="it is larger than the engine may be given", is_stopped=True)
        try:
            if not self._loaded:
                self._tell(load, left)
                self._loaded = True
            said = self._tell(line, left)
        except Gone as gone:
            self._end()
            return Answer(reason=self._why(gone, left), is_stopped=True)
        if "reason" in said:
            return Answer(reason=said["reason"])
        return Answer(tuple(tuple(one) for one in said["values"]))

    def _tell(self, line: bytes, seconds: float) -> Any:
        """What the child says. Raises Gone."""
        if self._child is None or not self._child.is_alive():
            self._end()
            self._child = Child(_MODULE, seconds=self._seconds, memory=self._memory)
        try:
            return json.loads(self._child.ask(line, longest=_LONGEST_ANSWER, seconds=seconds))
        except ValueError as problem:
            raise Gone(End.BROKEN) from problem

    def _end(self) -> None:
        self._loaded = False
        if self._child is not None:
            self._child.end()
            self._child = None

    def _why(self, gone: Gone, seconds: float) -> str:
        match gone.end:
            case End.SLOW:
                return f"it took longer than {seconds:.3g} seconds"
            case End.MEMORY:
                return "it needed more memory than it may have"
            case End.LONG:
                return "it said more than may be said"
            case End.BROKEN if gone.code == -signal.SIGABRT:
                return "it needed more memory than it may have, or broke the engine"
            case End.BROKEN:
                return "it broke the engine; most likely it recurses too deeply"


def _load(modules: Sequence[Module], data: Mapping[str, Any], now: str) -> bytes:
    """The engine compiles what a module calls only if it has seen it before."""
    known_ones = known({"path": one.path, "text": one.text, "version": one.version} for one in modules)
    listed = [[one.module.path, one.module.text, one.module.version] for one in ordered(known_ones)]
    calls = foreign_calls(known_ones)
    return json.dumps(
        {
            "modules": listed,
            "calls": calls,
            "unproven": unproven(known_ones),
            "data": dict(data),
            "now": nanoseconds(now),
        }
    ).encode()


def _ask(question: Question) -> bytes:
    asked: dict[str, Any] = {"queries": question.queries, "file": dict(question.file)}
    if question.has_input:
        asked["input"] = question.input
    return json.dumps(asked).encode()
