"""Findings for a person at a terminal: which words have which style. Whether to colour is the caller's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from bot.model.plan import Finding, Severity
from bot.report.sentences import say
from bot.report.sentences.words import clean

Segment = tuple[str, str]
"""Text and its style, one of `rich`'s; empty for plain."""

LOOKED_FOR = (
    "No entities were found. Looked for catalog-info.yaml, for YAML with a backstage.io or roadcrew.dev "
    "apiVersion, and for anything below catalog/."
)

_STYLES = {Severity.DENY: "bold red", Severity.WARN: "yellow", Severity.INFO: "cyan"}
_EXCUSED = ("waived", "excepted")
"""By a waiver, or by an exception of the policy's own."""
_SAID = {
    Severity.DENY: ("denies", "deny"),
    Severity.WARN: ("warns", "warn"),
    Severity.INFO: ("informs", "inform"),
}


def as_text(findings: Sequence[Finding], entities: int) -> str:
    """The same words without styles."""
    return "\n".join("".join(text for text, _ in line) for line in styled_lines(findings, entities))


def styled_lines(findings: Sequence[Finding], entities: int) -> Iterator[list[Segment]]:
    """Line by line, grouped by file, ending with one line that sums up."""
    for _, group in groupby(findings, key=lambda one: one.path):
        for finding in group:
            yield from _finding(finding)
        yield []
    yield _summary(findings, entities)


def findings_text(findings: Sequence[Finding]) -> str:
    """The findings alone, without a line that sums up."""
    lines = [line for finding in findings for line in _finding(finding)]
    return "\n".join("".join(text for text, _ in line) for line in lines)


def place(finding: Finding) -> str:
    """`path:line:column`, as far as it is known."""
    return ":".join([clean(finding.path), *(str(one) for one in (finding.line, finding.column) if one)])


def _finding(finding: Finding) -> Iterator[list[Segment]]:
    sentence = say(finding)
    style = _STYLES[finding.severity]
    yield [
        (place(finding), "bold"),
        ("  ", ""),
        (finding.severity.value, style),
        (f"  {finding.rule}", "dim"),
    ]
    yield [(f"    {sentence.message}", "")]
    if sentence.fix:
        yield [("    Fix: ", "green"), (sentence.fix, "")]


def _summary(findings: Sequence[Finding], entities: int) -> list[Segment]:
    if not entities and not findings:
        return [(LOOKED_FOR, "")]
    counted = f"{entities:,} {'entity' if entities == 1 else 'entities'}"
    counted_ones = [one for one in findings if not one.facts.keys() & set(_EXCUSED)]
    tally = [_tally(counted_ones, severity) for severity in Severity]
    excused = {word: sum(word in one.facts for one in findings) for word in _EXCUSED}
    tally += [f"{number:,} {word}" for word, number in excused.items() if number]
    said = ", ".join(one for one in tally if one)
    is_denied = any(finding.severity is Severity.DENY for finding in findings)
    style = _STYLES[Severity.DENY] if is_denied else "bold green"
    return [(f"{counted}: ", ""), (said or "nothing to mend", style), (".", "")]


def _tally(findings: Sequence[Finding], severity: Severity) -> str:
    number = sum(finding.severity is severity for finding in findings)
    one, many = _SAID[severity]
    return (
        f"{number:,} {'finding' if number == 1 else 'findings'} {one if number == 1 else many}"
        if number
        else ""
    )
