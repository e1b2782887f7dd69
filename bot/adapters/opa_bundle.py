"""What `opa eval` is given to answer many questions at once, and how its answers are read. Starts nothing.

A wrapping module has one rule for each set of queries; the query goes over all inputs `with input as` each.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.policy.rego.engine import Answer, Module, Question
from bot.policy.rego.outside import said_of

_ROOM = "roadcrew_questions"
_LONGEST_REASON = 500
_OF_ALL = ("rego_parse_error", "rego_compile_error", "rego_type_error", "rego_recursion_error")
_UNSAFE = "rego_unsafe_var_error"
_CONFLICT = "eval_conflict_error"
_NAMED = re.compile(r"(?:/\S*?/)?bundle/(m\d+\.rego)")
_READ = re.compile(r"(m\d+\.rego):(\d+): (rego_\w+): ([^\n]*)")
"""An error of reading within the text of another, as `loading error: ...` has them."""

Judges = Mapping[tuple[str, ...], str]
"""The wrapping rule of each set of queries."""


@dataclasses.dataclass(frozen=True, slots=True)
class Error:
    """As opa says it. `file` is a name of ours."""

    file: str
    line: int
    column: int
    code: str
    message: str


def judges(questions: Sequence[Question]) -> Judges:
    """A name for each set of queries."""
    return {
        queries: f"j{number}"
        for number, queries in enumerate(dict.fromkeys(one.queries for one in questions))
    }


def wrapper(named: Judges) -> str:
    """The module whose rules look everything up: a list a query, empty where it is undefined."""
    lines = [f"package {_ROOM}.judges", "import rego.v1"]
    for queries, name in named.items():
        values = ", ".join(f"[x | x := {one}]" for one in queries)
        lines.append(f"{name} := [{values}]")
    return "\n".join(lines) + "\n"


def documents(questions: Sequence[Question], named: Judges, data: Mapping[str, Any]) -> dict[str, Any]:
    """All of `data`, with the questions beside it."""
    asked = [
        {
            "judge": named[one.queries],
            "file": dict(one.file),
            "has_input": one.has_input,
            "input": one.input,
        }
        for one in questions
    ]
    return {**data, _ROOM: {"asked": asked}}


def query(nanoseconds: int | None) -> str:
    """One object an answered question: its number `n` and its values `v`."""
    clock = "" if nanoseconds is None else f" with time.now_ns as {nanoseconds}"
    # Plain variables: opa 1.22 replaces `input` by nothing where a reference such as `asked.input` is given.
    each = f"some n; asked := data.{_ROOM}.asked[n]; file := asked.file; given := asked.input"
    look = f"v := data.{_ROOM}.judges[asked.judge]"
    file = f" with data.conftest.file as file{clock}"
    row = '{"n": n, "v": v}'
    with_input = f"[{row} | {each}; asked.has_input; {look} with input as given{file}]"
    without = f"[{row} | {each}; not asked.has_input; {look}{file}]"
    return f"array.concat({with_input}, {without})"


def manifest(modules: Sequence[Module]) -> dict[str, Any]:
    """A bundle's: which syntax each file is written in."""
    versions = {f"/m{number}.rego": int(one.version == "v1") for number, one in enumerate(modules)}
    return {"rego_version": 1, "file_rego_versions": versions}


def answers(said: Any, paths: Sequence[str], count: int) -> Answer | list[Answer]:
    """An answer a question, or one for all that says what is wrong. Raises ValueError for other shapes."""
    if errors := errors_of(said):
        return Answer(reason=_reason(errors, paths))
    try:
        rows = said["result"][0]["expressions"][0]["value"]
        values = {row["n"]: tuple(tuple(one) for one in row["v"]) for row in rows}
        return [Answer(values[number]) for number in range(count)]
    except (KeyError, IndexError, TypeError) as problem:
        raise ValueError("opa gave no result") from problem


def errors_of(said: Any) -> list[Error]:
    """What opa complains of."""
    listed = said.get("errors", []) if isinstance(said, dict) else []
    return [error for one in listed if isinstance(one, dict) for error in _errors(one)]


def is_of_all(reason: str) -> bool:
    """Whether asking for fewer would not help: it does not compile."""
    return reason.startswith("it does not compile")


def _errors(one: Mapping[str, Any]) -> list[Error]:
    message = _NAMED.sub(r"\1", str(one.get("message", "")))
    if within := _READ.findall(message):
        return [Error(file, int(line), 0, code, said.strip()) for file, line, code, said in within]
    place = one.get("location") or {}
    file = _NAMED.sub(r"\1", str(place.get("file", "")))
    line, column = int(place.get("row") or 0), int(place.get("col") or 0)
    return [Error(file, line, column, str(one.get("code", "")), " ".join(message.split()))]


def _reason(errors: Sequence[Error], paths: Sequence[str]) -> str:
    first = errors[0]
    named = {f"m{number}.rego": path for number, path in enumerate(paths)}
    place = f" ({named[first.file]}:{first.line})" if first.file in named else ""
    if first.code == _CONFLICT and (outside := said_of(first.message)):
        return outside
    message = re.sub(r"m\d+\.rego", lambda found: named.get(found[0], found[0]), first.message)
    said = f"it does not compile: {message}" if first.code in {*_OF_ALL, _UNSAFE} else message
    return f"{said}{place}"[:_LONGEST_REASON]
