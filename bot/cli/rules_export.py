"""`roadcrew rules export`: rules as objects that a cluster enforces."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.catalog.near import NameIndex
from bot.cli.rules_place import rules_around
from bot.errors import UserError
from bot.policy.export import Exported
from bot.policy.inforce import exported_on
from bot.report.rulesexport import done_text, left_lines
from bot.templating.canonical import dump
from bot.templating.environment import Environment, environments, facts_of


@click.command("export", short_help="Write rules as objects for the cluster.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--format", "style", type=click.Choice(["vap"]), default="vap", show_default=True)
@click.option("--env", "name", metavar="NAME", help="The environment whose cluster gets them.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder to write to, one for each environment; its YAML files of policies are replaced.",
)
def export(folder: Path, style: str, name: str | None, out: Path | None) -> None:  # noqa: ARG001 - one format
    """Write the rules of the repo around DIR as ValidatingAdmissionPolicies with bindings.

    Without --out the objects are printed as one YAML stream. What could not be exported is said on stderr.

    Exit codes: 0 done, 2 could not run.
    """
    there = rules_around(folder)
    stages = environments(there.place.catalog)
    today = datetime.now(UTC).date()
    chosen = _chosen(stages, name, has_out=out is not None)
    for stage in chosen:
        facts = facts_of(stage, stages)
        found = exported_on(there.rules, there.place.catalog, facts, today, stage.rules.labels)
        for line in left_lines(found):
            click.echo(line, err=True)
        if out is None:
            _print(found)
        else:
            target = out / stage.name if name is None else out
            _write(target, found)
            click.echo(done_text(stage.name, str(target), found))
    sys.exit(0)


def _chosen(stages: Sequence[Environment], name: str | None, *, has_out: bool) -> list[Environment]:
    """Raises UserError."""
    known = {one.name: one for one in stages}
    if name is not None and name not in known:
        near = NameIndex(known).near(name) or tuple(known)
        raise UserError(
            f"There is no environment {name}.",
            fix=f"Did you mean {' or '.join(near)}?" if near else "Add an Environment to the catalog.",
        )
    if not known:
        raise UserError("There are no environments.", fix="Add one to catalog/environments/.")
    if name is None and not has_out and len(known) > 1:
        raise UserError(
            "Which environment?",
            fix=f"Name one with --env ({', '.join(known)}), or a folder for all with --out.",
        )
    return [known[name]] if name is not None else [*known.values()]


def _print(found: Exported) -> None:
    click.echo(b"".join(b"---\n" + dump(one) for one in found.objects.values()), nl=False)


def _write(folder: Path, found: Exported) -> None:
    """Raises UserError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("validatingadmissionpolicy*.yaml"):
            if old.name not in found.objects:
                old.unlink()
        for name, one in found.objects.items():
            (folder / name).write_bytes(dump(one))
    except OSError as error:
        raise UserError(
            f"{error.filename or folder} cannot be written: {error.strerror}.", fix="Name another folder."
        ) from error
