"""Results as GitHub's workflow commands, which become annotations when a workflow prints them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.model.plan import Severity
from bot.policy.evaluate import Checked, Said
from bot.report.conftest.text import summary
from bot.report.formats.github import command


def as_github(results: Sequence[Checked]) -> str:
    """A line for each result that is no success, then conftest's line that sums up."""
    lines = [line for one in results for line in _lines(one)]
    return "\n".join([*lines, summary(results)])


def _lines(one: Checked) -> Iterator[str]:
    for said in one.failures:
        yield _command("error", one, said, said.message)
    for said in one.not_evaluated:
        yield _command("error", one, said, f"Not evaluated: {said.message}")
    for said in one.warnings:
        word = "notice" if said.severity is Severity.INFO else "warning"
        yield _command(word, one, said, said.message)
    for said in one.exceptions:
        yield _command("notice", one, said, said.message)


def _command(word: str, one: Checked, said: Said, message: str) -> str:
    properties = {
        "file": said.path or one.filename,
        "line": str(said.line or 1),
        "col": str(said.column or ""),
        "title": said.rule or one.namespace,
    }
    return command(word, properties, message)
