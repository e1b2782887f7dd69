"""Findings in the forms that people and machines read: text, JSON, SARIF, GitHub's workflow commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.model.plan import Finding
from bot.report.formats.github import as_github
from bot.report.formats.json import as_json
from bot.report.formats.sarif import as_sarif
from bot.report.formats.text import as_text

Format = Callable[[Sequence[Finding], int], str]
"""Findings and the number of entities to a text without a line break at its end."""

FORMATS: Mapping[str, Format] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
