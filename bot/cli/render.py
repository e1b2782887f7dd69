"""`roadcrew render`: the manifests of an environment from the files on disk, to look at or to apply."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.adapters.every_judge import EveryJudge
from bot.adapters.manifest_folder import write_folders
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import in_order
from bot.cli.places import Place, opened, rooms_of
from bot.cli.stages import rendered_ref, rendered_refs, stage_named, stages
from bot.deciders.changes import Side
from bot.deciders.enforced import Enforcement
from bot.deciders.standing import Standing
from bot.errors import UserError
from bot.model.plan import Finding
from bot.policy.rules.excused import excused
from bot.policy.rules.faults import findings_of
from bot.policy.severity import apply_severities, on_day
from bot.policy.waivers import waivers
from bot.report.formats.text import findings_text
from bot.report.rendered import denied_note, failed_text, left_text, stream, written_text
from bot.templating.clashes import clash_findings
from bot.templating.environment import Environment
from bot.templating.render import Rendering
from bot.templating.render import render as render_all


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option("--env", "environment", required=True, metavar="NAME", help="The environment.")
@click.option("--component", default="", metavar="REF", help="Only this component or resource.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Write into this folder instead of printing, as on the environment's branch: "
    "<component>/<kind>-<name>.yaml. Replaces the folders of the components, and nothing else.",
)
def render(folder: Path, environment: str, component: str, out: Path | None) -> None:
    """Render the manifests of one environment from the files on disk, committed or not.

    DIR is a platform repo, or any folder in it. What is wrong, and what rules say of these manifests, is said
    on stderr, in the words of `check`, which judges all the rest.
    There is no source.yaml: that names a commit, and these files may be in none.

    Exit codes: 0 all rendered, 1 a component could not be rendered, 2 could not run.
    """
    place = opened(folder)
    stage = stage_named(environment, stages(place.catalog))
    wanted = {rendered_ref(component, place.catalog)} if component else rendered_refs(place.catalog)
    found = _rendering(place, stage, only=wanted if component else None)
    enforcement = Enforcement(place.files, place.catalog, datetime.now(UTC).date(), {})
    rendering = found if component else enforcement.added(found, stage)
    if out is None:
        click.echo(stream(_files(rendering)), nl=False)
    else:
        _write(place, rendering, out)
    failed = wanted - {one.ref for one in rendering.components.values()}
    said = replace(found, findings=rendering.findings)
    _say_findings(place, stage, said, is_all=not component)
    if failed:
        click.echo(failed_text(failed, len(wanted)), err=True)
    sys.exit(1 if failed else 0)


def _rendering(place: Place, stage: Environment, *, only: set[str] | frozenset[str] | None) -> Rendering:
    today = datetime.now(UTC).date()
    with Sandbox() as run:
        return render_all(
            place.files, place.catalog, stage, run, schemas=ShippedSchemas(), only=only, today=today
        )


def _files(rendering: Rendering) -> dict[str, bytes]:
    return {
        f"{folder}/{path}": data
        for folder, component in rendering.components.items()
        for path, data in sorted(component.files.items())
    }


def _write(place: Place, rendering: Rendering, out: Path) -> None:
    folders = {folder: component.files for folder, component in rendering.components.items()}
    forbidden = [place.root / room for room in rooms_of(place.catalog)]
    try:
        done = write_folders(out, folders, forbidden=forbidden)
    except OSError as error:
        raise UserError(
            f"{error.filename or out} cannot be written: {error.strerror}.",
            fix="Choose another --out, or mend its permissions.",
        ) from error
    click.echo(written_text(str(out), len(folders), sum(map(len, folders.values())), done.changed))
    if done.left:
        click.echo(left_text(done.left), err=True)


def _say_findings(place: Place, stage: Environment, rendering: Rendering, *, is_all: bool) -> None:
    rules = tuple(place.catalog.of_kind("Rule"))
    clashes = clash_findings(rendering, place.catalog, stage) if is_all else ()
    today = datetime.now(UTC)
    weighed = apply_severities([*rendering.findings, *clashes], on_day(rules, today.date()))
    with EveryJudge() as judge:
        side = Side(rendering, place.catalog, stage)
        standing = Standing(place.files, place.catalog, judge, today, {}, lambda: [side])
        say_findings(in_order([*weighed, *_object_findings(standing)]))
    if note := denied_note(apply_severities(place.checked.findings, on_day(rules, today.date()))):
        click.echo(note, err=True)


def _object_findings(standing: Standing) -> tuple[Finding, ...]:
    """What rules say of what is rendered, and of nothing else."""
    today = standing.today
    found = standing.faults(standing.rules, standing.rules.active("object", today))
    return findings_of(excused(found, waivers(standing.catalog), today), today)


def say_findings(findings: tuple[Finding, ...]) -> None:
    """On stderr, in the words of `check`."""
    if findings:
        click.echo(findings_text(findings), err=True)
