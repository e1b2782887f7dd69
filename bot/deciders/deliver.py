"""`deliver`: what is on the default branch stands, rendered, on the first environment's branch.

It looks at what is there, not at what happened: running it again, or for a later push, ends the same.
A component that cannot be rendered keeps what it has, and so does one in which a person's commit stands;
nothing is removed while the catalog is broken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from bot.catalog.check import check
from bot.catalog.entity import Checked
from bot.deciders.brought import Told, arrivals_of, held_folder
from bot.deciders.decider import Arrival, Decider, Need, Snapshot, is_unstaged, labelled
from bot.deciders.enforced import Enforcement
from bot.deciders.stages import MEND
from bot.model.event import Event, PullClosed, Pushed
from bot.model.plan import Enqueue, EnsureFiles, Finding, HeldFolder, Plan, Severity
from bot.model.tree import Tree
from bot.policy.severity import apply_severities, on_day
from bot.templating.environment import Environment, environments
from bot.templating.pin import PIN_FILE, pin, read_pin, render_digest
from bot.templating.render import RenderedComponent, Rendering, render

_NAMED = 20
"""How many components and pull requests a commit message names."""


def plan_delivery(event: Event, snapshot: Snapshot) -> Plan:
    """The files that the first environment's branch lacks, as one effect."""
    if not _concerns(event, snapshot):
        return Plan(why=("It is not about the default branch.",))
    tree, branch = snapshot.tip_tree, snapshot.first_environment
    if tree is None or branch is None:
        return Plan(why=("No Environment is in the catalog, so nothing is rendered.",))
    checked = check(tree, whole=True, memo=snapshot.memo)
    stages = environments(checked.catalog)
    today = snapshot.now.date()
    enforcement = Enforcement(tree, checked.catalog, today, snapshot.memo)
    rendered = [
        enforcement.added(
            render(tree, checked.catalog, stage, snapshot.run, schemas=snapshot.schemas, memo=snapshot.memo),
            stage,
        )
        for stage in stages
    ]
    environment, rendering = stages[0], rendered[0]
    denied = _denied(checked, rendering, today)
    pins = _pins(dict(zip((stage.name for stage in stages), rendered, strict=True)), rendering, snapshot.tip)
    due = _folders(rendering, pins, branch.tree, may_remove=not denied)
    folders = {folder: files for folder, files in due.items() if folder not in snapshot.hand_made}
    held = tuple(
        held_folder(folder, environment.name, snapshot) for folder in sorted(due.keys() - folders.keys())
    )
    told = Told(event, snapshot, environment, stages[1].branch if len(stages) > 1 else "")
    announce = _announcements(event, snapshot) + Plan(findings=denied)
    if not folders:
        return announce + Plan(parts=told.parts({}, "", held))
    effect = _effect(event, snapshot, environment, folders, held)
    # Announcements first: were they lost after the push, nothing would show that they are owed.
    return announce + Plan(parts=told.parts(folders, effect.key, held), effects=(effect,))


def _concerns(event: Event, snapshot: Snapshot) -> bool:
    match event:
        case Pushed(branch=branch):
            return branch == snapshot.default_branch
        case PullClosed():
            pull = snapshot.pull
            return pull is not None and pull.is_merged and pull.base_branch == snapshot.default_branch
        case _:
            return False


def _denied(checked: Checked, rendering: Rendering, today: date) -> tuple[Finding, ...]:
    rules = on_day(checked.catalog.of_kind("Rule"), today)
    found = apply_severities((*checked.findings, *rendering.findings), rules)
    return tuple(finding for finding in found if finding.severity is Severity.DENY)


def _pins(renderings: Mapping[str, Rendering], first: Rendering, commit: str) -> Mapping[str, bytes]:
    """By folder. A change that shows only in a later environment moves the pin too: there it waits."""
    return {
        folder: pin(component, commit, render_digest(folder, renderings.items()))
        for folder, component in first.components.items()
    }


def _folders(
    rendering: Rendering, pins: Mapping[str, bytes], standing: Tree | None, *, may_remove: bool
) -> Mapping[str, Mapping[str, bytes]]:
    """The folders that must change, with all that they shall hold."""
    changed: dict[str, Mapping[str, bytes]] = {}
    for folder, component in rendering.components.items():
        if not _stands(component, pins[folder], standing):
            changed[folder] = {**component.files, PIN_FILE: pins[folder]}
    if may_remove and standing is not None:
        for entry in standing.list():
            folder, _, name = entry.path.partition("/")
            if name == PIN_FILE and folder not in rendering.components:
                changed[folder] = {}
    return changed


def _stands(component: RenderedComponent, wanted: bytes, standing: Tree | None) -> bool:
    """Whether the branch holds this already. A pin may name an older commit that rendered the same."""
    if standing is None:
        return False
    paths = {entry.path.removeprefix(f"{component.folder}/") for entry in standing.list(component.folder)}
    if paths != {*component.files, PIN_FILE}:
        return False
    pinned, wants = read_pin(standing.read(f"{component.folder}/{PIN_FILE}")), read_pin(wanted)
    if pinned is None or wants is None or replace(pinned, commit=wants.commit) != wants:
        return False
    return all(standing.read(f"{component.folder}/{path}") == data for path, data in component.files.items())


def _announcements(event: Event, snapshot: Snapshot) -> Plan:
    """After a push, each pull request that it brought is told, even if its own event was lost."""
    if not isinstance(event, Pushed):
        return Plan()
    numbers = sorted({arrival.pull.number for arrival in snapshot.arrivals if arrival.pull})
    closed = (
        PullClosed(delivery=f"{event.delivery}/pull/{number}", repo=event.repo, number=number)
        for number in numbers
    )
    return Plan(effects=tuple(Enqueue(one) for one in closed))


def _effect(
    event: Event,
    snapshot: Snapshot,
    environment: Environment,
    folders: Mapping[str, Mapping[str, bytes]],
    held: tuple[HeldFolder, ...],
) -> EnsureFiles:
    return EnsureFiles(
        repo=snapshot.repo,
        branch=environment.branch,
        folders=folders,
        subject=_subject(folders, environment),
        at=snapshot.tip_at or snapshot.now,
        trailers=_trailers(event, snapshot, environment, sorted(folders), held),
        mend=f"{MEND}/{environment.name}",
    )


def _subject(folders: Mapping[str, Mapping[str, bytes]], environment: Environment) -> str:
    removed = sorted(name for name, files in folders.items() if not files)
    rendered = sorted(folders.keys() - set(removed))
    said = [
        f"{verb} {names[0] if len(names) == 1 else f'{len(names)} components'}"
        for verb, names in (("render", rendered), ("remove", removed))
        if names
    ]
    words = " and ".join(said)
    return f"{words[0].upper()}{words[1:]} for {environment.name}"


def _trailers(
    event: Event,
    snapshot: Snapshot,
    environment: Environment,
    names: list[str],
    held: tuple[HeldFolder, ...],
) -> tuple[tuple[str, str], ...]:
    arrivals = arrivals_of(names, snapshot, is_partial=bool(held))[:_NAMED]
    pulls = [arrival.pull for arrival in arrivals if arrival.pull]
    asked = [_asked(arrival) for arrival in arrivals]
    approved = [f"@{login}" for pull in pulls for login in pull.approvers]
    return labelled(
        {
            "Environment": environment.name,
            "Components": _listed(names),
            "Held": _listed([one.folder for one in held]),
            "Source-Commit": snapshot.tip,
            "Source-Path": "catalog/",
            "Pull-Request": ", ".join(f"{pull.repo}#{pull.number}" for pull in pulls),
            "Requested-By": ", ".join(dict.fromkeys(asked)),
            "Approved-By": ", ".join(dict.fromkeys(approved)),
            "Merged-By": ", ".join(dict.fromkeys(f"@{pull.merged_by}" for pull in pulls if pull.merged_by)),
            "Delivery": event.delivery,
        }
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")


def _asked(arrival: Arrival) -> str:
    return f"@{arrival.pull.author.login}" if arrival.pull else arrival.author


DELIVER = Decider(
    name="deliver",
    on=(Pushed, PullClosed),
    needs=Need.TIP | Need.PULL | Need.FIRST_ENVIRONMENT | Need.ARRIVALS,
    help="Keeps the first environment's branch equal to what the default branch renders.",
    plan=plan_delivery,
    where=is_unstaged,
)
