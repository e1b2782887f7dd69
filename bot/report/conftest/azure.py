"""Results as commands for the log of Azure Pipelines, as conftest writes them.

What was not evaluated is an error there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.evaluate import Checked, Said
from bot.report.conftest.text import message_of, summary, totals


def as_azure(results: Sequence[Checked]) -> str:
    """A group a file and namespace, and the line that sums up."""
    return "\n".join([*(line for one in results for line in _lines(one)), summary(results)])


def _lines(one: Checked) -> Iterator[str]:
    file = _plain(" ".join(one.filename.split()))
    number = sum(totals([one]))
    yield f"##[section]Testing '{file}' against {number} policies in namespace '{_plain(one.namespace)}'"
    yield "##[group]See conftest results"
    issues: tuple[tuple[str, Sequence[Said]], ...] = (
        ("error", (*one.failures, *one.not_evaluated)),
        ("warning", (*one.warnings, *one.exceptions)),
    )
    for kind, listed in issues:
        for said in listed:
            yield f"##vso[task.logissue type={kind}] file={file} --> {_plain(message_of(said))}"
    if one.successes:
        yield f"success file={file} {one.successes}"
    yield "##[endgroup]"


def _plain(text: str) -> str:
    """Nobody's message may be a command of its own."""
    return text.replace("##", "# #")
