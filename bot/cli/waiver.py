"""`roadcrew waiver new`: writes an exception from a rule, with an owner, a reason and an end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_object_name
from bot.catalog.own import API_VERSION
from bot.catalog.search import NotOne, find
from bot.cli.rules_place import Rules, rules_around
from bot.errors import UserError
from bot.model.plan import Severity
from bot.policy.waiver_files import Draft, waiver_document, waiver_name, waiver_path, waiver_text
from bot.policy.waivers import Waiver, waiver_findings, waivers
from bot.report.catalog import not_one_text
from bot.report.sentences import say
from bot.report.waiver import done_text

_OWNERS = ("group:", "user:")
_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def waiver() -> None:
    """Exceptions from rules: reviewed files with an owner and an end."""


@waiver.command(short_help="Write a waiver.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--rule", "rules", multiple=True, required=True, metavar="NAME", help="The rule; may be repeated."
)
@click.option("--target", "targets", multiple=True, metavar="REF", help="An entity; may be repeated.")
@click.option("--path", "paths", multiple=True, metavar="GLOB", help="Files, instead of or beside entities.")
@click.option(
    "--env", "stages", multiple=True, metavar="NAME", help="Only in this environment; may be repeated."
)
@click.option("--reason", required=True, metavar="TEXT", help="Why it must be so for now.")
@click.option("--owner", required=True, metavar="REF", help="Who ends it: a group or user.")
@click.option("--expires", type=_DAY, metavar="YYYY-MM-DD", help="The last day on which it holds.")
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="How many days it holds, from today.")
@click.option("--name", metavar="NAME", help="The waiver's name.  [default: after target and rule]")
def new(folder: Path, **options: Any) -> None:
    """Write a waiver to catalog/waivers/ of the repo around DIR. It holds once it is merged.

    Exit codes: 0 written, 2 could not.
    """
    there = rules_around(folder)
    today = datetime.now(UTC).date()
    targets = [_ref(there.place.catalog, one) for one in options["targets"]]
    owner = _ref(there.place.catalog, options["owner"], only=_OWNERS)
    draft = Draft(
        rules=options["rules"],
        reason=options["reason"],
        owner=owner,
        expires=_expires(options["expires"], options["days"], today),
        targets=targets,
        paths=options["paths"],
        environments=options["stages"],
    )
    name = _name(options["name"], draft)
    document = waiver_document(name, draft)
    _environments(there.place.catalog, options["stages"])
    path = waiver_path(there.layout.catalog[0], name)
    found = _sound(document, path, there, today)
    _write(there.place.root / path, document)
    click.echo(done_text(path, found, today))


def _ref(catalog: Catalog, text: str, *, only: Sequence[str] = ()) -> str:
    """The full reference of an entity; of patterns what is written. Raises UserError."""
    if "*" in text and not only:
        return text
    component = None if only or ":" in text else find(catalog, f"component:{text}")
    if isinstance(component, Entity):
        return component.ref  # as waivers read a bare name
    among = {one.ref for one in catalog.entities if one.ref.startswith(tuple(only))} if only else None
    found = find(catalog, text, only=among)
    if isinstance(found, NotOne):
        raise UserError(not_one_text(found))
    return found.ref


def _environments(catalog: Catalog, names: Sequence[str]) -> None:
    """Raises UserError for one that there is not."""
    for name in names:
        found = find(catalog, f"environment:{name}")
        if isinstance(found, NotOne):
            raise UserError(not_one_text(found))


def _expires(given: datetime | None, days: int | None, today: date) -> date:
    """Raises UserError."""
    if (given is None) == (days is None):
        raise UserError("Until when?", fix="Say either --expires YYYY-MM-DD or --days N.")
    last = given.date() if given is not None else today + timedelta(days=min(days or 0, 36_500))
    if last < today:
        raise UserError(f"{last} is past.", fix="Name a day to come, or today.")
    return last


def _name(given: str | None, draft: Draft) -> str:
    """Raises UserError."""
    if given is not None and not is_object_name(given):
        raise UserError(f"{given!r} is no name.", fix="Use letters, digits and hyphens, at most 63.")
    return given or waiver_name(draft)


def _sound(document: dict[str, Any], path: str, there: Rules, today: date) -> Waiver:
    """The waiver as the check would read it. Raises UserError for what the check would deny."""
    metadata, spec = document["metadata"], document["spec"]
    text = waiver_text(document).encode()
    entity = Entity(path, API_VERSION, "Waiver", "default", metadata["name"], metadata, spec, text)
    made = waivers(Catalog((entity,)))
    if not made:
        raise UserError("There is no reason.", fix="Say with --reason why it must be so for now.")
    rules = there.rules
    names = [one.name for one in rules.rulings]
    for finding in waiver_findings(made, there.place.catalog, rules.get, names, today, ending=False):
        if finding.severity is Severity.DENY or finding.rule == "waiver-target":
            sentence = say(finding)
            raise UserError(sentence.message, fix=sentence.fix)
    return made[0]


def _write(path: Path, document: dict[str, Any]) -> None:
    """Raises UserError; replaces nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(waiver_text(document))
    except FileExistsError:
        raise UserError(
            "There is a waiver of this name already.", path=str(path), fix="Change that one, or say --name."
        ) from None
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}.", fix="Mend its permissions."
        ) from error
