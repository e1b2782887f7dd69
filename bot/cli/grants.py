"""`roadcrew grants`: what is in force now, from a clone. Writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.adapters.git.local import open_local
from bot.errors import UserError
from bot.leases.grant import GRANTS
from bot.leases.standing import standing
from bot.report.audit import grants_json, grants_text

_NEVER = datetime.max.replace(tzinfo=UTC)


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people, json has everything.",
)
def grants(folder: Path, style: str) -> None:
    """List what is granted now, what ends first at the top.

    DIR is a clone of the platform repo. Its branch roadcrew/grants is read as it was last fetched.

    Exit codes: 0 listed, 2 could not.
    """
    with open_local(folder) as repository:
        tip = repository.branch(GRANTS)
        if tip is None:
            raise UserError(
                f"There is no branch {GRANTS} here: nothing was granted yet, or it is not fetched.",
                fix=f"git fetch origin {GRANTS}:refs/remotes/origin/{GRANTS}",
            )
        standing_ = standing(repository.tree(tip))
    found = sorted(standing_.grants.values(), key=lambda one: (one.expires_at or _NEVER, one.name))
    if standing_.broken:
        click.echo(f"Nobody can read {', '.join(standing_.broken)}; Roadcrew takes it away.", err=True)
    click.echo(grants_json(found) if style == "json" else grants_text(found, datetime.now(UTC)))
