"""Results for people, line by line as conftest prints them, with the line in the file where it is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.evaluate import Checked, Said
from bot.report.markdown import count
from bot.report.sentences.words import CONTROL

Line = tuple[str, str]
"""A word that begins the line, and the rest of it."""

_STDIN = "-"


def as_text(results: Sequence[Checked]) -> str:
    """The lines, an empty one, and one that sums up."""
    lines = [f"{word} {rest}" for word, rest in result_lines(results)]
    return "\n".join([*lines, "", summary(results)])


def result_lines(results: Sequence[Checked]) -> Iterator[Line]:
    """WARN, FAIL, NOEV (not evaluated: counts as failed) and EXCP."""
    for one in results:
        for word, listed in (
            ("WARN", one.warnings),
            ("FAIL", one.failures),
            ("NOEV", one.not_evaluated),
            ("EXCP", one.exceptions),
        ):
            for said in listed:
                yield word, f"{file_of(one, said)}- {one.namespace} - {message_of(said)}"


def file_of(result: Checked, said: Said) -> str:
    """`- file:line `, the line where it is known for sure; only `- ` for standard input."""
    path = said.path or result.filename
    if path == _STDIN:
        return f"- line {said.line} " if said.is_exact and said.line else "- "
    return f"- {path}:{said.line} " if said.is_exact and said.line else f"- {path} "


def message_of(said: Said) -> str:
    """In one line, without what a terminal would act on."""
    return " ".join(CONTROL.sub(" ", said.message).split())


def summary(results: Sequence[Checked]) -> str:
    """The last line as conftest has it, with what was not evaluated and who judged, where there is any."""
    passed, warned, failed, excused, lost = totals(results)
    number = passed + warned + failed + excused + lost
    said = ", ".join(
        [
            count(number, "test"),
            f"{passed:,} passed",
            count(warned, "warning"),
            count(failed, "failure"),
            count(excused, "exception"),
            *([f"{lost:,} not evaluated"] if lost else []),
        ]
    )
    engines = sorted({one.engine for one in results if one.engine})
    return f"{said} ({', '.join(engines)})" if engines else said


def totals(results: Sequence[Checked]) -> tuple[int, int, int, int, int]:
    """Passed, warnings, failures, exceptions, not evaluated."""
    return (
        sum(one.successes for one in results),
        sum(len(one.warnings) for one in results),
        sum(len(one.failures) for one in results),
        sum(len(one.exceptions) for one in results),
        sum(len(one.not_evaluated) for one in results),
    )
