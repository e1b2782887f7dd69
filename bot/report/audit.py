"""What `roadcrew audit` and `roadcrew grants` print: a plain table for people, JSON and CSV with all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bot.commands.duration import say_duration
from bot.leases.grant import Grant, read_stamp, stamp
from bot.leases.ledger import Entry, Said
from bot.leases.records import facts_of
from bot.report.sentences.words import CONTROL

COLUMNS = (
    "name",
    "at",
    "event",
    "who",
    "kind",
    "request",
    "service",
    "environment",
    "subject",
    "parameters",
    "approvedBy",
    "onBehalfOf",
    "reason",
    "until",
    "pull",
    "commit",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def audit_text(entries: Sequence[Entry]) -> str:
    """One line each, as wide as what it tells needs; 190 columns at most."""
    if not entries:
        return "Nothing of that kind is recorded."
    head = ("WHEN (UTC)", "WHAT", "WHO", "FOR", "KIND", "WITH", "SERVICE", "GRANT", "UNTIL", "WHY")
    return _table(head, list(map(_row, entries)), (16, 12, 16, 14, 10, 20, 14, 28, 16, 24))


def _row(one: Entry) -> tuple[str, ...]:
    until = read_stamp(one.text("until"))
    return (
        _minute(one.at),
        one.event,
        one.text("who"),
        _short(one.text("subject")),
        one.text("kind"),
        one.text("parameters"),
        _short(one.text("service")),
        _what(one.facts),
        _minute(until) if until else one.text("until"),
        _why(one),
    )


def audit_json(entries: Iterable[Entry]) -> str:
    """All that is known of each, oldest first."""
    said = [{"name": one.name, "at": stamp(one.at), "event": one.event, **one.facts} for one in entries]
    return json.dumps(said, indent=2, ensure_ascii=False)


def audit_csv(entries: Iterable[Entry]) -> str:
    """The same with a head line. Several names in one cell are separated by spaces."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in entries:
        whole = {**one.facts, "name": one.name, "at": stamp(one.at), "event": one.event}
        writer.writerow([_cell(whole.get(column, "")) for column in COLUMNS])
    return text.getvalue().rstrip("\n")


def _cell(value: Said) -> str:
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def grants_text(grants: Sequence[Grant], now: datetime) -> str:
    """What is in force, what ends first at the top. At most 105 columns wide."""
    if not grants:
        return "Nothing is granted."
    rows = [
        (
            f"{one.environment}/{one.name}",
            " ".join([one.kind, *one.parameters]),
            _short(one.subject),
            _until(one, now),
            _by(one),
            one.reason,
        )
        for one in grants
    ]
    return _table(("GRANT", "KIND", "FOR", "ENDS", "APPROVED", "WHY"), rows, (27, 19, 13, 13, 11, 12))


def grants_json(grants: Iterable[Grant]) -> str:
    """All that is known of each."""
    said = [
        {
            "startsAt": stamp(one.starts_at),
            "breakGlass": one.is_break_glass,
            **facts_of(one, one.requested_by),
        }
        for one in grants
    ]
    return json.dumps(said, indent=2, ensure_ascii=False)


def _until(grant: Grant, now: datetime) -> str:
    if grant.expires_at is None:
        return "with its file"
    return f"in {say_duration(grant.expires_at - now)}" if grant.expires_at > now else "is over"


def _by(grant: Grant) -> str:
    return "break-glass" if grant.is_break_glass else ", ".join(grant.approved_by)


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def _what(facts: Mapping[str, Said]) -> str:
    request, environment = facts.get("request", ""), facts.get("environment", "")
    name = ", ".join(request) if isinstance(request, tuple) else str(request)
    if name:
        return f"{environment}/{name}" if environment else name
    return f"#{facts['pull']}" if facts.get("pull") else ""


def _why(entry: Entry) -> str:
    return entry.text("reason")


def _short(ref: str) -> str:
    return ref.rpartition("/")[2]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], most: Sequence[int]) -> str:
    lines = [head, *(tuple(map(_plain, row)) for row in rows)]
    widths = [min(most[at], max(len(line[at]) for line in lines)) for at in range(len(head))]
    return "\n".join(
        "  ".join(_fitted(cell, width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _plain(text: str) -> str:
    return " ".join(CONTROL.sub(" ", text).split())


def _fitted(text: str, width: int) -> str:
    return text.ljust(width) if len(text) <= width else f"{text[: width - 1]}\u2026"
