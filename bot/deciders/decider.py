"""What a decider is, and the snapshot that it may know. Frozen values; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto

from bot.kubernetes.schemas import Schemas
from bot.model.event import Event, Pushed, RepoRef
from bot.model.plan import Plan
from bot.model.pull import HeadPull, OpenPull, Pull
from bot.model.stage import Hand
from bot.model.tree import Memo, Tree
from bot.policy.verdict import Judge
from bot.templating.environment import Environment
from bot.templating.jobs import Runner


class Need(Flag):
    """Facts that cost a read. A decider names those that it uses; `gather` reads their union."""

    NOTHING = 0
    TIP = auto()
    """The default branch's newest commit and its tree."""
    PULL = auto()
    """The pull request's facts; its base, head and merged trees while it is open."""
    FIRST_ENVIRONMENT = auto()
    """The branch of the first environment, and our newest commits on it."""
    ARRIVALS = auto()
    """Which merges have come since the first environment was rendered. Goes with FIRST_ENVIRONMENT."""
    STAGES = auto()
    """All environments' branches and those of our pull requests to them. Goes with TIP and OPEN_PULLS."""
    OPEN_PULLS = auto()
    DELIVERIES = auto()


@dataclass(frozen=True)
class Branch:
    """A branch of the platform repo; `tip` and `tree` are None while it does not exist."""

    name: str
    tip: str | None
    tree: Tree | None


@dataclass(frozen=True)
class Arrival:
    """A commit that came to the default branch, and the pull request that brought it, if any."""

    sha: str
    author: str
    pull: Pull | None = None
    change: tuple[Tree, Tree] | None = field(default=None, repr=False)
    """The default branch before and after it."""


@dataclass(frozen=True)
class Delivered:
    """A commit of ours on an environment's branch, and the pull requests that it names."""

    sha: str
    source: str
    """The platform commit that it was rendered from."""
    pulls: tuple[int, ...]
    components: tuple[str, ...]
    removed: tuple[str, ...] = ()
    """Those of the components that are gone after it."""
    requested: str = ""
    approved: str = ""
    """Who asked and who approved, as its trailers say it."""
    is_partial: bool = False
    """Whether folders were left out of it because people had changed them."""


@dataclass(frozen=True)
class Traced:
    """Who left a folder of an environment's branch as it is."""

    hands: tuple[Hand, ...]
    """What people did since our newest change, newest first."""
    left: Tree | None
    """The branch as that change left it; None where there is none, and where nobody did anything since."""
    is_known: bool = True
    """Whether there is a change of ours at all."""


@dataclass(frozen=True)
class Stage:
    """An environment's branch. `traced` by folder, as far back as its history is looked at."""

    environment: Environment
    branch: Branch
    at: datetime | None = None
    """When the tip was committed."""
    traced: Mapping[str, Traced] = field(default_factory=dict)


@dataclass(frozen=True)
class HeadBranch:
    """The branch of a pull request of ours, whether that stands or not."""

    name: str
    tip: str
    tree: Tree
    start: Tree | None
    """Where it left the branch that it goes to; None when the two share nothing."""
    left: Tree | None
    """As our newest commit of its own left it; None where there is none."""
    hands: tuple[Hand, ...] = ()
    """Commits of its own that are not ours, newest first."""


@dataclass(frozen=True)
class HandMade:
    """Who left a folder of the first environment other than we did, and what became of undoing it."""

    commit: str
    mends: tuple[HeadPull, ...] = ()
    """The pull requests that would undo it, newest first."""


@dataclass(frozen=True)
class FailedDelivery:
    """An event that GitHub could not deliver to us, `tries` times so far; `id` is the newest try."""

    id: int
    guid: str
    tries: int


@dataclass(frozen=True)
class Snapshot:
    """Everything that the deciders may know, gathered once. Fields that nobody needs stay empty."""

    repo: RepoRef
    now: datetime
    run: Runner
    """Renders templates; the same job always gives the same result."""
    schemas: Schemas
    """What rendered objects must satisfy."""
    judge: Judge
    """Judges by rules; the same rule and thing always give the same verdict."""
    clock: Callable[[], datetime] | None = field(default=None, repr=False)
    """For ending what would take too long, and for nothing else: the time of all that is said is `now`."""
    default_branch: str = "main"
    tip: str = ""
    tip_at: datetime | None = None
    """When the tip was committed."""
    tip_tree: Tree | None = None
    pull: Pull | None = None
    base: Tree | None = None
    """The newest tree of the branch that the pull request wants to go to."""
    head: Tree | None = None
    merged: Tree | None = None
    """What the base branch would hold after the merge; None when there are conflicts."""
    conflicts: tuple[str, ...] = ()
    unsafe: tuple[str, ...] = ()
    """Paths that keep it from being merged, whatever they hold."""
    brought: tuple[Tree, Tree] | None = None
    """Of a merged pull request, where that can be told: what it began from, and what it made of that."""
    first_environment: Branch | None = None
    arrivals: tuple[Arrival, ...] = ()
    """What came to the default branch since the first environment was rendered as a whole, newest first."""
    hand_made: Mapping[str, HandMade] = field(default_factory=dict)
    """By folder of the first environment. Goes with the arrivals."""
    delivered: tuple[Delivered, ...] = ()
    """Our newest commits on the first environment's branch, newest first."""
    stages: tuple[Stage, ...] = ()
    """Environments in the order in which a change passes them."""
    sources: Mapping[str, Tree] = field(default_factory=dict, repr=False)
    """By commit: what the pins on the stages name, as far as it belongs to the default branch."""
    heads: Mapping[str, HeadBranch] = field(default_factory=dict)
    past: Mapping[str, tuple[HeadPull, ...]] = field(default_factory=dict)
    """By head branch: its pull requests, newest first, where that may matter."""
    open_pulls: tuple[OpenPull, ...] = ()
    failed_deliveries: tuple[FailedDelivery, ...] = ()
    memo: Memo = field(default_factory=dict, repr=False)


def anywhere(_event: Event) -> bool:
    """Every event."""
    return True


def is_staged(event: Event) -> bool:
    """A push to an environment's branch, or to that of a pull request of ours to one."""
    return isinstance(event, Pushed) and event.is_staged


def is_unstaged(event: Event) -> bool:
    """All other events."""
    return not is_staged(event)


@dataclass(frozen=True)
class Decider:
    """One capability: which events concern it, which facts it needs, and its pure function."""

    name: str
    on: tuple[type, ...]
    needs: Need
    help: str
    plan: Callable[[Event, Snapshot], Plan]
    where: Callable[[Event], bool] = anywhere
    """Which of these events, as far as they tell it themselves."""


def labelled(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Trailers in the given order, without those that have nothing to say."""
    return tuple((key, value) for key, value in values.items() if value)
