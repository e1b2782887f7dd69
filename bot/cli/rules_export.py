"""`roadcrew rules export`: rules as objects that a cluster enforces."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bot.catalog.near import NameIndex
from bot.cli.rules_place import rules_around
from bot.errors import UserError
from bot.policy.export import Exported, exported
from bot.report.rulesexport import done_text, left_lines
from bot.templating.canonical import dump
from bot.templating.environment import Environment, environments


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
    for facts in chosen:
        found = exported(there.rules, facts, today)
        for line in left_lines(found):
            click.echo(line, err=True)
        if out is None:
            _print(found)
        else:
            target = out / str(facts["name"]) if name is None else out
            _write(target, found)
            click.echo(done_text(str(facts["name"]), str(target), found))
    sys.exit(0)


def _chosen(stages: Sequence[Environment], name: str | None, *, has_out: bool) -> list[Mapping[str, Any]]:
    """The environments as rules see them. Raises UserError."""
    known = {one.name: facts for one, facts in zip(stages, _facts(stages), strict=True)}
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


def _facts(stages: Sequence[Environment]) -> list[Mapping[str, Any]]:
    return [
        {
            "name": one.name,
            "order": one.order,
            "branch": one.branch,
            "cluster": one.cluster,
            "domain": one.domain,
            "kubernetes": one.kubernetes,
            "isFirst": one == stages[0],
            "isLast": one == stages[-1],
        }
        for one in stages
    ]


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
