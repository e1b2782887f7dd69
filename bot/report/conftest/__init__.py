"""Results of `roadcrew rules eval` in the forms of conftest: text, JSON, TAP, SARIF, JUnit and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.policy.evaluate import Checked
from bot.report.conftest.azure import as_azure
from bot.report.conftest.github import as_github
from bot.report.conftest.json import as_json
from bot.report.conftest.junit import as_junit
from bot.report.conftest.sarif import as_sarif
from bot.report.conftest.table import as_table
from bot.report.conftest.tap import as_tap
from bot.report.conftest.text import as_text

RESULT_FORMATS: Mapping[str, Callable[[Sequence[Checked]], str]] = {
    "text": as_text,
    "json": as_json,
    "tap": as_tap,
    "sarif": as_sarif,
    "github": as_github,
    "table": as_table,
    "junit": as_junit,
    "azuredevops": as_azure,
}
"""Results to a text without a line break at its end."""
