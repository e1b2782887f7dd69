"""libyaml's complaints to a place and a case that has a sentence of its own. No words."""

from __future__ import annotations

import re

import yaml

from bot.catalog.broken import Broken

_AT_CONTEXT = frozenset({"unclosed", "quote", "no-colon", "block-text", "alias-name", "directive"})
"""Cases that are best shown where the thing began, not where the parser gave up."""

_CASES: tuple[tuple[str, str], ...] = (
    ("mapping values are not allowed", "colon"),
    ("did not find expected key", "indent"),
    ("expected <block end>, but found", "indent"),
    ("did not find expected '-' indicator", "list-mix"),
    ("could not find expected ':'", "no-colon"),
    ("cannot start any token", "start"),
    ("did not find expected ',' or", "unclosed"),
    ("expected ',' or", "unclosed"),
    ("did not find expected node content", "stray"),
    ("expected the node content", "stray"),
    ("alphabetic or numeric character", "alias-name"),
    ("expected comment or line break", "block-text"),
    ("expected a comment or a line break", "block-text"),
    ("indentation indicator", "block-text"),
    ("escape", "escape"),
    ("hexdecimal", "escape"),
    ("hexadecimal", "escape"),
    ("block sequence entries are not allowed", "dash"),
    ("sequence entries are not allowed", "dash"),
    ("mapping keys are not allowed", "question"),
    ("document start", "document"),
    ("directive", "directive"),
    ("incompatible YAML document", "directive"),
)
_LEADING = re.compile(r"[ \t]*")


def explained(error: yaml.YAMLError, text: str) -> Broken:
    """What is wrong, with the place where a person should look."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Broken("yaml-syntax", line=1, column=1, facts={"case": "other", "reason": str(error)[:200]})
    problem, context = error.problem or "", error.context or ""
    lines = text.split("\n")
    if (tab := _tab(problem, error.problem_mark, lines)) is not None:
        return tab
    if "tag" in problem:
        mark = error.context_mark or error.problem_mark
        return Broken("yaml-tag", line=mark.line + 1, column=mark.column + 1, facts={"tag": "!"})
    case = _case(problem, context, error.problem_mark, lines)
    mark = error.problem_mark
    if case in _AT_CONTEXT and error.context_mark is not None:
        mark = error.context_mark
    line, column = _inside(mark.line, mark.column, lines)
    facts = {"case": case, "found": _found(lines, line, column)}
    if case == "other":
        facts["reason"] = problem[:200]
    return Broken("yaml-syntax", line=line + 1, column=column + 1, facts=facts)


def _case(problem: str, context: str, mark: yaml.Mark, lines: list[str]) -> str:
    if "quoted scalar" in context and ("end of stream" in problem or "document" in problem):
        return "quote"
    case = next((name for words, name in _CASES if words in problem), "other")
    if case == "indent" and mark.line < len(lines) and lines[mark.line][: mark.column].strip():
        return "after-value"
    return case


def _tab(problem: str, mark: yaml.Mark, lines: list[str]) -> Broken | None:
    if mark.line >= len(lines):
        return None
    leading = _LEADING.match(lines[mark.line])
    at = leading.group().find("\t") if leading else -1
    is_at_tab = lines[mark.line][mark.column : mark.column + 1] == "\t" and "token" in problem
    if at < 0 and "tab" not in problem and not is_at_tab:
        return None
    column = at if at >= 0 else mark.column
    return Broken("yaml-tab", line=mark.line + 1, column=column + 1)


def _inside(line: int, column: int, lines: list[str]) -> tuple[int, int]:
    """A place that exists: the end of a text is the end of its last line that says something."""
    if line < len(lines) and lines[line].strip():
        return line, column
    while line > 0 and (line >= len(lines) or not lines[line].strip()):
        line -= 1
    return line, len(lines[line].rstrip())


def _found(lines: list[str], line: int, column: int) -> str:
    return lines[line][column : column + 1] if line < len(lines) else ""
