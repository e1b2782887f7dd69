"""The other end of `rego_embedded.py`: a process without powers that evaluates Rego with the embedded engine.

A line loads modules, or asks one question of those that are loaded. What the engine lacks or does otherwise
than OPA is refused or replaced here, so that it gives a reason and no wrong answer.
"""

from __future__ import annotations

import json
import operator
import re
import sys
from collections.abc import Callable, Mapping
from hashlib import md5, sha1, sha256
from typing import Any

import re2
import regorus

from bot.adapters.child_end import serve
from bot.policy.rego.dialect import TEXT_MODULE, TEXT_PACKAGE, told, whole_package
from bot.policy.rego.modules import REACHES_OUT
from bot.policy.rego.outline import outline
from bot.policy.rego.outside import ARITIES
from bot.policy.rego.printf import sprintf

_PLACE = re.compile(r"--> ([^\n]*?):(\d+):(\d+)")
_LONGEST_REASON = 500
_UNTOLD = "which this engine does not do as OPA does"
_MOST_COLUMNS, _MOST_BYTES, _MOST_LINES = 100_000, 4_000_000, 100_000


class Room:
    """The modules and data that are loaded. Every question gets a copy, so that none sees another's."""

    def __init__(self) -> None:
        self._engine: Any = None
        self._reason = ""

    def answer(self, line: bytes) -> bytes:
        """One JSON document for another."""
        asked = json.loads(line)
        said = self._load(asked) if "modules" in asked else self._ask(asked)
        return json.dumps(said, separators=(",", ":")).encode()

    def _load(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What is wrong with the modules, each alone."""
        self._engine, self._reason = _engine(asked["now"]), ""
        errors = []
        packages = {outline(text).package for _, text, _ in asked["modules"]}
        for path, text, version in asked["modules"]:
            try:
                self._engine.set_rego_v0(version == "v0")
                said = told(text, version)
                self._engine.add_policy(path, said)
                if whole := whole_package(said, packages):
                    self._reason = self._reason or f"it looks at {whole} as a whole ({path}), {_UNTOLD}"
            except BaseException as problem:  # noqa: BLE001 - the engine's panics are no Exception
                _stop_if_told(problem)
                error = _error(problem)
                errors.append([path, *error])
                self._reason = self._reason or f"it does not compile: {error[2]} ({path}:{error[0]})"
        if asked["unproven"] and not self._reason:
            self._reason = f"it does not compile: {asked['unproven']}"
        for name, path in [] if self._reason else asked["calls"]:
            if not _has(self._engine, name):
                self._reason = self._reason or f"it calls {name}, which this engine does not have ({path})"
        try:
            self._engine.add_data_json(json.dumps(asked["data"]))
        except BaseException as problem:  # noqa: BLE001
            _stop_if_told(problem)
            self._reason = self._reason or f"its data cannot be loaded: {_reason(problem)}"
        return {"errors": errors}

    def _ask(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values, or the reason for none."""
        if self._reason:
            return {"reason": self._reason[:_LONGEST_REASON]}
        try:
            engine = self._engine.clone()
            if asked["file"]:
                engine.add_data_json(json.dumps({"conftest": {"file": asked["file"]}}))
            if "input" in asked:
                engine.set_input_json(json.dumps(asked["input"]))
            return {"values": [_values(engine.eval_query_as_json(one)) for one in asked["queries"]]}
        except MemoryError:
            raise
        except BaseException as problem:  # noqa: BLE001
            _stop_if_told(problem)
            return {"reason": _reason(problem)[:_LONGEST_REASON]}


def _has(engine: Any, name: str) -> bool:
    """Whether it has the function; it says so when it is called with too little, whatever it is called with.

    It finds out only when a call is reached, whereas OPA refuses such a module at once.
    """
    try:
        engine.clone().eval_query_as_json(f"{name}()")
    except BaseException as problem:  # noqa: BLE001
        _stop_if_told(problem)
        return "could not find function" not in str(problem)
    return True


def _values(said: str) -> list[Any]:
    rows = json.loads(said).get("result", [])
    return [row["expressions"][0]["value"] for row in rows][:1]


def _engine(nanoseconds: int | None) -> Any:
    """A new one, with what is replaced. An extension that raises makes the question fail."""
    engine = regorus.Engine()
    engine.set_gather_prints(True)
    engine.set_policy_length_config(max_col=_MOST_COLUMNS, max_file_bytes=_MOST_BYTES, max_lines=_MOST_LINES)
    for name, arity in ARITIES.items():
        engine.add_extension(name, arity, _refused(name))
    engine.add_extension("roadcrew.sprintf", 2, sprintf)
    engine.add_policy(TEXT_PACKAGE, TEXT_MODULE)
    for name, (arity, function) in _LACKED.items():
        engine.add_extension(name, arity, function)
    if nanoseconds is not None:
        engine.add_extension("time.now_ns", 0, lambda: nanoseconds)
    return engine


def _refused(name: str) -> Callable[..., Any]:
    def refuse(*_: Any) -> Any:
        raise ValueError(f"it calls {name}, which {REACHES_OUT[name]}")

    return refuse


def _is_true(one: Any) -> bool:
    return one is True


def _matches(pattern: str, text: str) -> bool:
    return re2.search(pattern, text) is not None


_LACKED: Mapping[str, tuple[int, Callable[..., Any]]] = {
    "any": (1, lambda every: any(map(_is_true, every))),
    "all": (1, lambda every: all(map(_is_true, every))),
    "re_match": (2, _matches),
    "plus": (2, operator.add),
    "minus": (2, operator.sub),
    "mul": (2, operator.mul),
    "crypto.md5": (1, lambda text: md5(text.encode()).hexdigest()),  # noqa: S324 - what the policy asks for
    "crypto.sha1": (1, lambda text: sha1(text.encode()).hexdigest()),  # noqa: S324
    "crypto.sha256": (1, lambda text: sha256(text.encode()).hexdigest()),
}
"""What OPA has and this engine has not, where Python's own says the same."""


def _stop_if_told(problem: BaseException) -> None:
    if isinstance(problem, KeyboardInterrupt | SystemExit):
        raise problem


def _error(problem: BaseException) -> tuple[int, int, str]:
    """Line, column and sentence."""
    said = str(problem).partition("Stack backtrace")[0]
    place = _PLACE.search(said)
    # Some name the place first, and the sentence after it; others the sentence, and then the place.
    sentence = " ".join(said.rpartition("error: ")[2].partition("-->")[0].split())
    sentence = sentence.removeprefix(f"{ValueError.__name__}: ")
    return (int(place[2]), int(place[3]), sentence) if place else (0, 0, sentence)


def _reason(problem: BaseException) -> str:
    said = str(problem).partition("Stack backtrace")[0]
    place = _PLACE.search(said)
    sentence = _error(problem)[2] or type(problem).__name__
    return f"{sentence} ({place[1]}:{place[2]})" if place else sentence


if __name__ == "__main__":
    serve(sys.argv[1:], Room().answer)
