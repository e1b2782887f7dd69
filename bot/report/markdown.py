"""Small pieces of GitHub's Markdown. Whatever people wrote is data here: it can neither ping nor format."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from bot.report.sentences.words import CONTROL
from bot.report.sentences.words import quoted as code

__all__ = ["COMMENT_LIMIT", "code", "count", "details", "fence", "join_within", "link", "prose", "table"]

COMMENT_LIMIT = 60_000
"""Characters. GitHub takes 65,536; the rest is for what it may add when it stores the text."""

_SPAN = re.compile(r"`[^`]*`")


def prose(text: str) -> str:
    """A sentence of ours, in which only the code spans may hold what people wrote."""
    cleaned = CONTROL.sub(" ", text)
    parts, end = [], 0
    for span in _SPAN.finditer(cleaned):
        parts += [_escape(cleaned[end : span.start()]), span.group()]
        end = span.end()
    return "".join([*parts, _escape(cleaned[end:])])


def _escape(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|~#@])", r"\\\1", text).replace("\\@", "@\u2060")


def link(label: str, url: str) -> str:
    """A link with a code span as its label; only the label where there is no address."""
    address = quote(url.encode("utf-8", "surrogateescape"), safe="/:#?&=%")
    return f"[{code(label)}]({address})" if url else code(label)


def details(summary: str, body: str) -> str:
    """A folded block; `summary` is Markdown of ours."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Cells are Markdown of ours."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def fence(text: str, language: str = "") -> str:
    """A code block that its content cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{text.rstrip(chr(10))}\n{ticks}"


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 file`, `2 files`, `1,234 files`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def join_within(blocks: Sequence[str], limit: int, *, left_out: str) -> str:
    """Blocks joined by empty lines while they fit; then `left_out` with how many did not."""
    kept: list[str] = []
    room = limit - len(left_out) - 20
    for number, block in enumerate(blocks):
        room -= len(block) + 2
        if room < 0:
            kept.append(left_out.format(n=f"{len(blocks) - number:,}"))
            break
        kept.append(block)
    return "\n\n".join(kept)
