"""`roadcrew check`: judges the entities of a folder, offline. Writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from bot.adapters.every_judge import EveryJudge
from bot.adapters.folder import Folder
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check as check_catalog
from bot.catalog.check import in_order, is_platform_repo
from bot.cli.check_report import write_report
from bot.cli.rules_options import for_opa, usable
from bot.deciders.changes import Side
from bot.deciders.standing import Standing, standing_findings
from bot.errors import UserError
from bot.leases.checked import requests_findings
from bot.leases.manifests import Workshop
from bot.model.plan import Finding, Severity
from bot.report.formats import FORMATS
from bot.report.formats.text import LOOKED_FOR, styled_lines
from bot.templating.environment import environments
from bot.templating.render import render
from bot.templating.verify import deploy_findings


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice([*FORMATS]),
    default="text",
    show_default=True,
    help="text for people, json for scripts, sarif for code scanning, github for a workflow's log.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what the rules say as an OpenReports Report too; JSON if it ends in .json, else YAML.",
)
@for_opa
def check(folder: Path, style: str, report: Path | None, opa: str) -> None:
    """Check the catalog entities below DIR, offline.

    DIR is a platform repo, a service repo or any folder of YAML files. Paths are shown relative to it.
    A platform repo's components are rendered as well, in every environment.

    Exit codes: 0 nothing denies, 1 a finding denies, 2 could not run or found no entity.
    """
    try:
        findings, entities = _judged(folder, report, opa)
    except UserError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    _print(style, findings, entities)
    if any(finding.severity is Severity.DENY for finding in findings):
        sys.exit(1)
    sys.exit(0 if entities else 2)  # what checked nothing must not look like success


def _judged(folder: Path, report: Path | None, opa: str) -> tuple[Sequence[Finding], int]:
    """Raises UserError."""
    if not folder.exists():
        raise UserError(f"There is no folder {folder}.", fix="Name a folder that holds entities.")
    if not folder.is_dir():
        raise UserError(f"{folder} is not a folder.", fix=f"Name the folder that it is in: {folder.parent}")
    try:
        return _found(Folder(folder), report, usable(opa), is_root=_is_root(folder))
    except OSError as error:
        place = str(error.filename or folder)
        raise UserError(
            f"{place} cannot be read: {error.strerror}.", fix="Mend its permissions and try again."
        ) from error


def _found(files: Folder, report: Path | None, opa: str, *, is_root: bool) -> tuple[Sequence[Finding], int]:
    """Of a platform repo also what rendering it finds, as the bot would. Raises OSError, UserError."""
    checked = check_catalog(files, is_root=is_root)
    catalog, found, memo, now = checked.catalog, [*checked.findings], dict[Any, Any](), datetime.now(UTC)
    is_whole = is_platform_repo(files, catalog, is_root=is_root)
    with Sandbox() as run, EveryJudge(opa) as judge:
        schemas = ShippedSchemas()
        if is_whole:
            found += deploy_findings(files, catalog, run, schemas=schemas, today=now.date(), memo=memo)
            found += requests_findings(Workshop(files, catalog, run, schemas, memo))

        def rendered() -> list[Side]:
            """All of it again, from what is remembered."""
            stages = environments(catalog) if is_whole else ()
            rendering = (render(files, catalog, one, run, schemas=schemas, memo=memo) for one in stages)
            return [Side(made, catalog, one) for made, one in zip(rendering, stages, strict=True)]

        standing = Standing(files, catalog, judge, now, memo, rendered)
        judged = in_order([*standing.weighed(found), *standing_findings(standing)])
        if report is not None:
            write_report(report, standing)
    return judged, len(catalog.entities)


def _is_root(folder: Path) -> bool:
    """Whether nothing of the repo lies outside of the folder."""
    whole = folder.resolve()
    return (whole / ".git").exists() or not any((parent / ".git").exists() for parent in whole.parents)


def _print(style: str, findings: Sequence[Finding], entities: int) -> None:
    if style != "text" or findings or entities:
        _print_findings(style, findings, entities)
    if not entities:
        click.echo(LOOKED_FOR, err=True)


def _print_findings(style: str, findings: Sequence[Finding], entities: int) -> None:
    if style == "text" and sys.stdout.isatty():
        console = Console(soft_wrap=True, highlight=False)
        for line in styled_lines(findings, entities):
            console.print(Text.assemble(*line))
        return
    said = FORMATS[style](findings, entities)
    if said:
        click.echo(said)
