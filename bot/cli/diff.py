"""`roadcrew diff`: what a change does to the manifests, as one patch, offline. Writes nothing."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from bot.adapters.every_judge import EveryJudge
from bot.adapters.folder import Folder
from bot.adapters.git.local import LocalRepository, open_local
from bot.adapters.sandbox import Sandbox
from bot.adapters.schemas import ShippedSchemas
from bot.catalog.check import check
from bot.catalog.entity import Catalog
from bot.cli.plan import snapshot_of
from bot.cli.render import say_findings
from bot.cli.stages import rendered_ref, rendered_refs, stage_named, stages
from bot.deciders.enforced import Enforcement
from bot.deciders.review import ROOMS
from bot.errors import UserError
from bot.model.plan import FileChange, Finding
from bot.model.tree import Files, Memo
from bot.policy.verdict import Judge
from bot.report.rendered import conflict_text, incomparable_text, line_style, patch
from bot.report.sentences.words import CONTROL
from bot.report.terminal import uncommitted_text
from bot.templating.environment import Environment, environments
from bot.templating.jobs import Runner
from bot.templating.render import Rendering, folder_of, render

WORKING_FILES = "."


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
@click.option(
    "--base",
    default="",
    help="What the change would go to.  [default: origin's default branch, else main or master]",
)
@click.option("--head", default="HEAD", show_default=True, help="The change; . for the files on disk.")
@click.option("--env", "environment", default="", metavar="NAME", help="Only this environment.")
@click.option("--component", default="", metavar="REF", help="Only this component or resource.")
def diff(folder: Path, base: str, head: str, environment: str, component: str) -> None:
    """Show what merging HEAD into BASE would change in the manifests, as a patch.

    DIR is a clone of the platform repo, or a folder in it. With --env the paths are those on the branch of
    the environment, so that `git apply` takes the patch there; else each begins with the branch's name. The
    pins in source.yaml are no part of it.

    Exit codes: 0 no difference, 1 differences, 2 could not run, or a component could not be rendered.
    """
    with open_local(folder) as repository, Sandbox() as run, EveryJudge() as judge:
        ends = base or repository.default_base(), head
        old, new = _sides(repository, folder, ends, run, judge)
        known = stages(new.catalog, old.catalog)
        wanted = (stage_named(environment, known),) if environment else known
        only = frozenset({rendered_ref(component, new.catalog, old.catalog)}) if component else None
        compared = [_compared(stage, old, new, run, only) for stage in wanted]
        if head == "HEAD" and (paths := repository.uncommitted(ROOMS)):
            click.echo(uncommitted_text(paths), err=True)
    changes = [change for one in compared for change in one.changes(is_prefixed=not environment)]
    _print(changes)
    _say(compared)
    if any(one.failed_before or one.failed_after for one in compared):
        sys.exit(2)
    sys.exit(1 if changes else 0)


@dataclass(frozen=True)
class _Side:
    """The platform at one end of the comparison. `memo`: what is the same at both ends is rendered once."""

    files: Files
    catalog: Catalog
    memo: Memo

    def failed(self, rendering: Rendering, only: Collection[str] | None) -> frozenset[str]:
        """References of what should have been rendered and was not."""
        wanted = (
            rendered_refs(self.catalog) if only is None else rendered_refs(self.catalog) & frozenset(only)
        )
        return wanted - {one.ref for one in rendering.components.values()}

    def folders(self, refs: Collection[str]) -> frozenset[str]:
        found = (self.catalog.get(ref) for ref in refs)
        return frozenset(folder_of(one) for one in found if one is not None)


@dataclass(frozen=True)
class _Compared:
    """One environment before and after."""

    stage: Environment
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    failed_before: frozenset[str]
    failed_after: frozenset[str]
    findings: tuple[Finding, ...]

    def changes(self, *, is_prefixed: bool) -> Iterator[FileChange]:
        prefix = f"{self.stage.branch}/" if is_prefixed else ""
        for path in sorted(self.before.keys() | self.after.keys()):
            before, after = self.before.get(path), self.after.get(path)
            if before != after:
                yield FileChange(f"{prefix}{path}", before, after)


def _sides(
    repository: LocalRepository, folder: Path, ends: tuple[str, str], run: Runner, judge: Judge
) -> tuple[_Side, _Side]:
    """`ends`: base and head. Raises UserError when there is nothing to compare."""
    base, head = ends
    memo: Memo = {}
    if head == WORKING_FILES:
        parent = repository.merge_base(repository.commit(base), repository.commit("HEAD"))
        if parent is None:
            raise UserError(f"HEAD shares no history with {base}.", fix="Name another --base.")
        on_disk = Folder(repository.work_folder())
        return _side(repository.tree(parent), base, memo), _side(on_disk, "the files on disk", memo)
    snapshot = snapshot_of(repository, folder, base, head, run=run, judge=judge)
    if snapshot.base is None or snapshot.merged is None:
        raise UserError(conflict_text(head, base, snapshot.conflicts), fix="Settle it there, and try again.")
    return _side(snapshot.base, base, memo), _side(snapshot.merged, head, memo)


def _side(files: Files, name: str, memo: Memo) -> _Side:
    catalog = check(files, whole=True, memo=memo).catalog
    if not environments(catalog) and any(catalog.of_kind("Environment")):
        raise UserError(
            f"The environments of {name} cannot be used, so nothing can be rendered for them.",
            fix="See what `roadcrew check` says of them.",
        )
    return _Side(files, catalog, memo)


def _compared(
    stage: Environment, old: _Side, new: _Side, run: Runner, only: frozenset[str] | None
) -> _Compared:
    before, after = (_rendering(side, stage.name, run, only) for side in (old, new))
    is_there = [any(one.name == stage.name for one in environments(side.catalog)) for side in (old, new)]
    failed_before = old.failed(before, only) if is_there[0] else frozenset()
    failed_after = new.failed(after, only) if is_there[1] else frozenset()
    left_out = old.folders(failed_before) | new.folders(failed_after)
    return _Compared(
        stage=stage,
        before=_files(before, left_out),
        after=_files(after, left_out),
        failed_before=failed_before - failed_after,
        failed_after=failed_after,
        findings=after.findings,
    )


def _rendering(side: _Side, name: str, run: Runner, only: frozenset[str] | None) -> Rendering:
    stage = next((one for one in environments(side.catalog) if one.name == name), None)
    if stage is None:
        return Rendering({}, ())
    today = datetime.now(UTC).date()
    found = render(
        side.files,
        side.catalog,
        stage,
        run,
        schemas=ShippedSchemas(),
        only=only,
        memo=side.memo,
        today=today,
    )
    return (
        Enforcement(side.files, side.catalog, today, side.memo).added(found, stage) if only is None else found
    )


def _files(rendering: Rendering, left_out: Collection[str]) -> Mapping[str, bytes]:
    return {
        f"{folder}/{path}": data
        for folder, component in rendering.components.items()
        if folder not in left_out
        for path, data in component.files.items()
    }


def _say(compared: Sequence[_Compared]) -> None:
    """On stderr: what is wrong, each once, and what the patch is therefore without."""
    findings: list[Finding] = []
    for one in compared:
        findings += (finding for finding in one.findings if one.failed_after and finding not in findings)
    say_findings(tuple(findings))
    before = frozenset[str]().union(*(one.failed_before for one in compared))
    after = frozenset[str]().union(*(one.failed_after for one in compared))
    for failed, side in ((before, "base"), (after, "head")):
        if failed:
            click.echo(incomparable_text(failed, side), err=True)


def _print(changes: Sequence[FileChange]) -> None:
    """Exactly, for programs; in colour and without control characters on a terminal."""
    if not sys.stdout.isatty():
        text = "".join(line for change in changes for line in patch(change))
        click.echo(text.encode("utf-8", "surrogateescape"), nl=False)
        return
    console = Console(soft_wrap=True, highlight=False)
    for change in changes:
        for line in patch(change):
            console.print(Text(CONTROL.sub(" ", line.rstrip("\n")), style=line_style(line)))
