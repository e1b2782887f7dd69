"""Results in the Test Anything Protocol, as conftest writes them; of many files one stream with one plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.evaluate import Checked
from bot.report.conftest.text import message_of, totals


def as_tap(results: Sequence[Checked]) -> str:
    """The plan, then a line a test."""
    lines = [f"1..{sum(totals(results))}"]
    number = 0
    for one in results:
        for state, heading, messages in _parts(one):
            lines += [heading] if heading else []
            for message in messages:
                number += 1
                name = "-" if one.filename == "-" else f"- {_plain(one.filename)}"
                lines.append(f"{state} {number} {name} - {_plain(one.namespace)} - {_plain(message)}")
    return "\n".join(lines)


def _parts(one: Checked) -> Iterator[tuple[str, str, Sequence[str]]]:
    """State, a comment above, and messages."""
    yield "not ok", "", [message_of(said) for said in one.failures]
    for state, heading, listed in (
        ("not ok", "# not evaluated", one.not_evaluated),
        ("not ok", "# warnings", one.warnings),
        ("ok", "# exceptions", one.exceptions),
    ):
        if listed:
            yield state, heading, [message_of(said) for said in listed]
    if one.successes:
        yield "ok", "# successes", ["SUCCESS"] * one.successes


def _plain(text: str) -> str:
    """A `#` after a space would begin a directive, such as one that lets a failure pass."""
    return " ".join(text.split()).replace(" #", " \\#")
