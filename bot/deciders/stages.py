"""What promotions and mends share: pins, folders, and a pull request of ours as a desired state.

Pure. A branch on which people have worked is never written to; a pull request that they closed stays closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.catalog.check import check
from bot.deciders.decider import HeadBranch, Snapshot, Stage
from bot.deciders.enforced import RULES_REF, Enforcement, day_of
from bot.model.plan import EnsureFiles, Plan, StuckPart
from bot.model.proposal import ClosePull, EnsureNoBranch, EnsurePull, Head
from bot.model.pull import OpenPull
from bot.model.stage import Hand
from bot.model.tree import Memo, Tree
from bot.report.proposal import Said, say_closed
from bot.templating.environment import environments
from bot.templating.pin import PIN_FILE, Pin, read_pin
from bot.templating.render import RenderedComponent, render

PROMOTE, MEND = "promote", "mend"
"""What the branches of our pull requests begin with, before environment and folder."""
MOST = 20
"""Pull requests of one kind that stand open in one environment; the others wait their turn."""


@dataclass(frozen=True)
class Proposal:
    """A pull request that shall stand: one folder, exactly these files; none of them removes it."""

    head: str
    stage: Stage
    """Where it goes."""
    folder: str
    files: Mapping[str, bytes] = field(repr=False)
    marker: str
    """What it is about. One that people closed is not opened again while this stays."""
    subject: str
    trailers: tuple[tuple[str, str], ...]
    say: Callable[[tuple[Hand, ...]], Said] = field(repr=False)
    """Its words, given the commits that hold it."""


@dataclass(frozen=True)
class Look:
    """What one look at all environments found."""

    proposals: tuple[Proposal, ...] = ()
    unsure: frozenset[str] = frozenset()
    """Head branches about which nothing can be said now: they are left as they are."""
    why: tuple[str, ...] = ()
    parts: tuple[StuckPart, ...] = ()

    def __add__(self, other: Look) -> Look:
        return Look(
            self.proposals + other.proposals,
            self.unsure | other.unsure,
            self.why + other.why,
            self.parts + other.parts,
        )


def mend_marker(environment: str, folder: str, tree: Tree | None, newest: str) -> str:
    """The hidden line of a mend: what stands there now; where nothing does, `newest`, a commit."""
    state = (tree.folder_id(folder) if tree else "") or f"gone-{newest}"
    return f"<!-- roadcrew:mend {environment}/{folder} {state} -->"


def files_in(tree: Tree | None, folder: str) -> Mapping[str, bytes]:
    """What stands in a folder, by path inside it."""
    entries = tree.list(folder) if tree else ()
    start = f"{folder}/"
    # A file of the folder's name is listed too, and is none of its files.
    inside = (entry for entry in entries if entry.path.startswith(start))
    return {entry.path.removeprefix(start): _read(tree, entry.path) for entry in inside if tree}


def _read(tree: Tree | None, path: str) -> bytes:
    try:
        return tree.read(path) if tree else b""
    except KeyError:  # a submodule
        return b""


def pins_on(stage: Stage, memo: Memo) -> Mapping[str, Pin | None]:
    """The folders with a pin, sorted; None for a pin that cannot be read. `memo` keeps them by content."""
    tree = stage.branch.tree
    found: dict[str, Pin | None] = {}
    for entry in tree.list() if tree else ():
        folder, _, name = entry.path.partition("/")
        if name == PIN_FILE:
            key = ("pin", entry.oid, entry.kind)
            if key not in memo:
                memo[key] = pin_in(tree, folder)
            found[folder] = memo[key]
    return found


def pin_in(tree: Tree | None, folder: str) -> Pin | None:
    """The folder's pin; None where there is none that can be read."""
    data = files_in(tree, folder).get(PIN_FILE) if tree and tree.entry(f"{folder}/{PIN_FILE}") else None
    return read_pin(data) if data is not None else None


def rendered(
    snapshot: Snapshot, environment: str, pins: Iterable[Pin]
) -> Mapping[tuple[str, str], RenderedComponent]:
    """By (commit, component): what the pins render for the environment, by the catalog of their own commit.

    What cannot be rendered there is missing.
    """
    wanted: dict[str, set[str]] = {}
    days: dict[str, date] = {}
    for pin in pins:
        if pin.component == RULES_REF:
            days[pin.commit] = day_of(pin)
        wanted.setdefault(pin.commit, set()).add(pin.component)
    found: dict[tuple[str, str], RenderedComponent] = {}
    for commit, refs in wanted.items():
        tree = snapshot.sources.get(commit)
        if tree is None:
            continue
        catalog = check(tree, whole=True, memo=snapshot.memo).catalog
        known = next((one for one in environments(catalog) if one.name == environment), None)
        if known is None:
            continue
        rendering = render(
            tree, catalog, known, snapshot.run, schemas=snapshot.schemas, only=refs, memo=snapshot.memo
        )
        found |= {(commit, one.ref): one for one in rendering.components.values()}
        if commit in days:
            enforcement = Enforcement(tree, catalog, days[commit], snapshot.memo)
            if (made := enforcement.component(known)) is not None:
                found[commit, RULES_REF] = made
    return found


def pursue(look: Look, snapshot: Snapshot, kind: str) -> Plan:
    """All that makes the proposals stand, and ends pull requests of this kind that nobody needs any more."""
    plan = Plan(why=look.why, parts=look.parts)
    for group in _by_stage(look.proposals):
        plan += _in_turn(group, snapshot, kind)
    kept = {one.head for one in look.proposals} | look.unsure
    for name in sorted(snapshot.heads):
        if name.startswith(f"{kind}/") and name not in kept:
            plan += _end(snapshot.heads[name], snapshot)
    return plan


def unopened(look: Look, snapshot: Snapshot) -> Iterator[list[Proposal]]:
    """For each environment the proposals without an open pull request, in the order of their turn."""
    for group in _by_stage(look.proposals):
        yield [one for one in group if _open(one.head, snapshot) is None]


def room(environment: str, snapshot: Snapshot, kind: str) -> int:
    """How many more pull requests of this kind may stand open in the environment."""
    start = f"{kind}/{environment}/"
    return MOST - sum(one.is_ours and one.head_branch.startswith(start) for one in snapshot.open_pulls)


def is_declined(one: Proposal, snapshot: Snapshot) -> bool:
    """Whether people closed, without merging, what is about the same."""
    past = snapshot.past.get(one.head, ())
    return any(
        not pull.is_open and not pull.is_merged and pull.is_ours and one.marker in pull.body for pull in past
    )


def _by_stage(proposals: Iterable[Proposal]) -> Iterable[list[Proposal]]:
    groups: dict[str, list[Proposal]] = {}
    for one in sorted(proposals, key=lambda one: one.folder):
        groups.setdefault(one.stage.environment.name, []).append(one)
    return groups.values()


def _in_turn(group: list[Proposal], snapshot: Snapshot, kind: str) -> Plan:
    environment = group[0].stage.environment.name
    left = room(environment, snapshot, kind)
    plan, waiting = Plan(), 0
    for one in group:
        if _open(one.head, snapshot) is not None:
            plan += _stand(one, snapshot)
        elif is_declined(one, snapshot):
            plan += Plan(why=(f"{one.head} was closed by people and stays closed.",))
        elif left > 0:
            left -= 1
            plan += _stand(one, snapshot)
        else:
            waiting += 1
    if waiting:
        plan += Plan(why=(f"{waiting} more to {environment} wait until fewer than {MOST} stand open.",))
    return plan


def _stand(one: Proposal, snapshot: Snapshot) -> Plan:
    pull, head = _open(one.head, snapshot), snapshot.heads.get(one.head)
    if pull is not None and not pull.is_ours:
        return Plan(why=(f"#{pull.number} from {one.head} is not ours.",))
    held = _holders(head, one.folder)
    if held and pull is None:
        return Plan(why=(f"{one.head} holds commits of others.",))
    said = one.say(held)
    files = () if held else _files(one, head, snapshot)
    is_said = pull is not None and said.stamp in pull.body
    words = EnsurePull(snapshot.repo, one.head, one.stage.branch.name, said.title, said.body, said.stamp)
    return Plan(effects=(*files, *(() if is_said else (words,))))


def _files(one: Proposal, head: HeadBranch | None, snapshot: Snapshot) -> tuple[EnsureFiles, ...]:
    branch = one.stage.branch
    is_anew = head is not None and _is_in_the_way(head, branch.tree, one.folder)
    if head is not None and not is_anew and files_in(head.tree, one.folder) == one.files:
        return ()
    place = Head(head.tip if head else "", start=branch.tip or "", is_anew=is_anew)
    return (
        EnsureFiles(
            snapshot.repo,
            one.head,
            {one.folder: one.files},
            subject=one.subject,
            at=one.stage.at or snapshot.now,
            trailers=one.trailers,
            head=place,
        ),
    )


def _is_in_the_way(head: HeadBranch, base: Tree | None, folder: str) -> bool:
    """Whether the folder has changed where the branch goes to since it left there: the two may not merge."""
    if head.start is None or base is None:
        return False
    return head.start.folder_id(folder) != base.folder_id(folder)


def _holders(head: HeadBranch | None, folder: str) -> tuple[Hand, ...]:
    """Commits of others that left the branch other than we did. To bring it up to date changes nothing."""
    if head is None:
        return ()
    if head.start is None:
        return head.hands or (Hand(head.tip, "", ""),)
    if not head.hands:
        return ()
    is_as_left = head.left is not None and head.left.folder_id(folder) == head.tree.folder_id(folder)
    start = f"{folder}/"
    strays = any(not one.path.startswith(start) for one in head.start.diff(head.tree))
    return () if is_as_left and not strays else head.hands


def _end(head: HeadBranch, snapshot: Snapshot) -> Plan:
    """Nobody needs it any more. What people committed there stays."""
    pull = _open(head.name, snapshot)
    folder = head.name.rpartition("/")[2]
    if pull is not None and not pull.is_ours:
        return Plan(why=(f"#{pull.number} from {head.name} is not ours.",))
    is_merged = any(one.is_merged and one.head_sha == head.tip for one in snapshot.past.get(head.name, ()))
    if _holders(head, folder) and not is_merged:
        return Plan(why=(f"{head.name} is not needed, but holds commits of others.",))
    gone = EnsureNoBranch(snapshot.repo, head.name, head.tip)
    return Plan(effects=(*_closed(pull, snapshot), gone))


def _closed(pull: OpenPull | None, snapshot: Snapshot) -> tuple[ClosePull, ...]:
    if pull is None:
        return ()
    return (ClosePull(snapshot.repo, pull.number, say_closed(pull.head_branch, pull.base_branch)),)


def _open(head: str, snapshot: Snapshot) -> OpenPull | None:
    return next((one for one in snapshot.open_pulls if one.head_branch == head), None)
