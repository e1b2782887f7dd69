"""`roadcrew rules list` and `explain`: which rules a repo has, and what one of them is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import click

from bot.catalog.broken import Broken
from bot.catalog.near import NameIndex
from bot.cli.rules_files import DATA
from bot.cli.rules_place import Rules, rules_around
from bot.errors import UserError
from bot.model.rules import BUILT_IN
from bot.policy.cases import Case, cases_of, is_suite
from bot.policy.documents import documents_of
from bot.policy.waivers import waivers
from bot.report import rulesets as words
from bot.report.sentences import RULES

_FOLDER = click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
_STYLE = click.option(
    "--format", "style", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.command("list", short_help="List the rules of a repo.")
@_FOLDER
@_STYLE
def list_(folder: Path, style: str) -> None:
    """List the rules of the repo around DIR: what they weigh today, their language, what they judge.

    Exit codes: 0 listed, 2 could not run.
    """
    rules = rules_around(folder).rules
    today = datetime.now(UTC).date()
    if style == "json":
        click.echo(json.dumps(words.list_document(rules, today), indent=2))
    else:
        click.echo(words.list_text(rules, today))


@click.command(short_help="Explain one rule.")
@click.argument("name")
@_FOLDER
@_STYLE
def explain(name: str, folder: Path, style: str) -> None:
    """Explain the rule NAME: why it is there, what must hold, who has a waiver, how it is tried.

    Exit codes: 0 explained, 2 there is no such rule, or could not run.
    """
    there = rules_around(folder)
    ruling = there.rules.get(name)
    if ruling is None:
        _built_in(there, name, style)
        return
    today = datetime.now(UTC).date()
    covering = [
        one
        for one in waivers(there.place.catalog)
        if any(fnmatchcase(name, each) or fnmatchcase(ruling.name, each) for each in one.rules)
    ]
    found = words.Explained(name, ruling, today, covering, _cases(there, {name, ruling.name}))
    if style == "json":
        click.echo(json.dumps(words.explain_document(found), indent=2))
    else:
        click.echo(words.explain_text(found))


def _built_in(there: Rules, name: str, style: str) -> None:
    """Raises UserError where there is none."""
    if name not in BUILT_IN or name not in RULES:
        near = NameIndex([*(one.name for one in there.rules.rulings), *BUILT_IN]).near(name)
        message, fix = words.unknown_text(name, near)
        raise UserError(message, fix=fix)
    severity = str(there.rules.overrides.get(name, {}).get("severity") or "")
    if style == "json":
        click.echo(json.dumps({"name": name, "severity": severity, "language": "built-in"}, indent=2))
    else:
        click.echo(words.built_in_text(name, severity))


def _cases(there: Rules, names: set[str]) -> list[Case]:
    """Cases that can be read; what is wrong with others, `roadcrew rules test` says."""
    found: list[Case] = []
    for path, data in there.files(DATA).items():
        try:
            suites = [one for one in documents_of(path, data) if is_suite(one)]
        except Broken:
            continue
        found += [one for one in cases_of(suites)[0] if one.rule in names]
    return found
