"""`roadcrew waiver new`: writes an exception from a rule, with an owner, a reason and an end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import yaml

from bot.catalog.entity import Catalog, Entity
from bot.catalog.fields import is_object_name
from bot.catalog.own import API_VERSION
from bot.catalog.search import NotOne, find
from bot.cli.rules_place import Rules, rules_around
from bot.errors import UserError
from bot.model.plan import Severity
from bot.policy.waivers import Waiver, waiver_findings, waivers
from bot.report.catalog import not_one_text
from bot.report.sentences import say
from bot.report.waiver import done_text

_LONGEST = 63
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
    name = _name(options["name"], [*targets, *options["paths"]], options["rules"])
    spec: dict[str, Any] = {
        **_said("rule", "rules", options["rules"]),
        "targets": targets,
        "paths": [*options["paths"]],
        "environments": [*options["stages"]],
        "reason": options["reason"].strip(),
        "owner": owner,
        "expires": _expires(options["expires"], options["days"], today).isoformat(),
    }
    document = {
        "apiVersion": API_VERSION,
        "kind": "Waiver",
        "metadata": {"name": name},
        "spec": {key: value for key, value in spec.items() if value != []},
    }
    _environments(there.place.catalog, options["stages"])
    path = f"{there.layout.catalog[0]}/waivers/{name}.yaml"
    found = _sound(document, path, there, today)
    _write(there.place.root / path, document)
    click.echo(done_text(path, found, today))


def _said(one: str, many: str, values: Sequence[str]) -> dict[str, Any]:
    return {one: values[0]} if len(values) == 1 else {many: [*values]}


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


def _name(given: str | None, targets: Sequence[str], rules: Sequence[str]) -> str:
    """Raises UserError."""
    if given is not None:
        if not is_object_name(given):
            raise UserError(f"{given!r} is no name.", fix="Use letters, digits and hyphens, at most 63.")
        return given
    of = [re.split(r"[:/]", one)[-1] for one in targets[:1]]
    text = "-".join(re.sub(r"[^A-Za-z0-9-]+", "-", one).strip("-") for one in (*of, rules[0]))
    return text[:_LONGEST].strip("-") or "waiver"


def _sound(document: dict[str, Any], path: str, there: Rules, today: date) -> Waiver:
    """The waiver as the check would read it. Raises UserError for what the check would deny."""
    metadata, spec = document["metadata"], document["spec"]
    text = _text(document).encode()
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


def _text(document: dict[str, Any]) -> str:
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return text


def _write(path: Path, document: dict[str, Any]) -> None:
    """Raises UserError; replaces nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_text(document))
    except FileExistsError:
        raise UserError(
            "There is a waiver of this name already.", path=str(path), fix="Change that one, or say --name."
        ) from None
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror}.", fix="Mend its permissions."
        ) from error
