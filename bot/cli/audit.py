"""`roadcrew audit`: who asked for, approved, got and ended what, answered from a clone. Writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.adapters.git.local import LocalRepository, open_local
from bot.adapters.git.tree import GitTree
from bot.commands.duration import duration
from bot.errors import UserError
from bot.leases.audit import Made, Question, answering, told
from bot.leases.grant import GRANTS
from bot.leases.ledger import LEDGER
from bot.report.audit import audit_csv, audit_json, audit_text

_LOG = 100_000
_FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ")


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--since", default="", metavar="WHEN", help="A day such as 2026-11-01, or how long ago: 7d.")
@click.option("--until", default="", metavar="WHEN", help="As --since; that moment itself is left out.")
@click.option(
    "--who", default="", metavar="NAME", help="A login or a user: who asked, approved, got or ended."
)
@click.option("--service", default="", metavar="NAME", help="Such as checkout or component:checkout.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="text for people, json and csv have everything.",
)
def audit(folder: Path, style: str, **options: Any) -> None:
    """Tell who asked for, approved, got and ended what.

    DIR is a clone of the platform repo. Its branches roadcrew/ledger and roadcrew/grants are read as they
    were last fetched. Times are UTC.

    Exit codes: 0 answered, 2 could not.
    """
    now = datetime.now(UTC)
    since, until = (_moment(f"--{name}", options[name], now) for name in ("since", "until"))
    question = Question(since, until, options["who"], options["service"])
    with open_local(folder) as repository:
        grants, ledger = repository.branch(GRANTS), repository.branch(LEDGER)
        if grants is None and ledger is None:
            raise UserError(
                f"There is neither {LEDGER} nor {GRANTS} here: nothing was recorded yet, or not fetched.",
                fix=f"git fetch origin {LEDGER}:refs/remotes/origin/{LEDGER} "
                f"{GRANTS}:refs/remotes/origin/{GRANTS}",
            )
        log = (Made(*one) for one in repository.log(grants, limit=_LOG)) if grants else ()
        entries = answering(told(tree(repository, ledger), tree(repository, grants), log), question)
    say = {"text": audit_text, "json": audit_json, "csv": audit_csv}[style]
    click.echo(say(entries))


def tree(repository: LocalRepository, commit: str | None) -> GitTree | None:
    """Of a branch that may not be there."""
    return repository.tree(commit) if commit is not None else None


def _moment(option: str, text: str, now: datetime) -> datetime | None:
    """Raises UserError for what is no time."""
    if not text:
        return None
    if (ago := duration(text)) is not None:
        return now - ago
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise UserError(
        f"{option} {text!r} is no time.", fix="Write a day like 2026-11-01, or how long ago like 7d."
    )
