"""Results as a table, as conftest draws it. What was not evaluated has a row of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.policy.evaluate import Checked
from bot.report.conftest.text import message_of

_Row = tuple[str, ...]
_HEAD: _Row = ("RESULT", "FILE", "NAMESPACE", "MESSAGE")


def as_table(results: Sequence[Checked]) -> str:
    """Empty without results, as with conftest."""
    rows = [row for one in results for row in _rows(one)]
    if not rows:
        return ""
    widths = [max(len(row[at]) for row in (_HEAD, *rows)) for at in range(len(_HEAD))]
    head = [_centred(name, width) for name, width in zip(_HEAD, widths, strict=True)]
    lines = [[text.ljust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    drawn = ["│ " + " │ ".join(line) + " │" for line in (head, *lines)]
    top, middle, bottom = (_rule(widths, *ends) for ends in ("┌┬┐", "├┼┤", "└┴┘"))
    return "\n".join([top, drawn[0], middle, *drawn[1:], bottom])


def _centred(name: str, width: int) -> str:
    return (" " * ((width - len(name)) // 2) + name).ljust(width)


def _rule(widths: Sequence[int], left: str, between: str, right: str) -> str:
    return left + between.join("─" * (width + 2) for width in widths) + right


def _rows(one: Checked) -> Iterator[_Row]:
    place = (" ".join(one.filename.split()), one.namespace)
    for _ in range(one.successes):
        yield ("success", *place, "SUCCESS")
    for word, listed in (
        ("exception", one.exceptions),
        ("warning", one.warnings),
        ("not evaluated", one.not_evaluated),
        ("failure", one.failures),
    ):
        for said in listed:
            yield (word, *place, message_of(said))
