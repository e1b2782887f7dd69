"""What a decider is, and the snapshot that it may know. Frozen values; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto

from bot.model.event import Event, RepoRef
from bot.model.plan import Plan
from bot.model.pull import OpenPull, Pull
from bot.model.tree import Memo, Tree
from bot.templating.jobs import Runner


class Need(Flag):
    """Facts that cost a read. A decider names those that it uses; `gather` reads their union."""

    NOTHING = 0
    TIP = auto()
    """The default branch's newest commit and its tree."""
    PULL = auto()
    """The pull request's facts; its base, head and merged trees while it is open."""
    FIRST_ENVIRONMENT = auto()
    """The branch of the first environment, and which merges have come since it was rendered."""
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
    first_environment: Branch | None = None
    arrivals: tuple[Arrival, ...] = ()
    """What came to the default branch since the first environment was rendered, newest first."""
    delivered: tuple[Delivered, ...] = ()
    """Our newest commits on the first environment's branch, newest first."""
    open_pulls: tuple[OpenPull, ...] = ()
    failed_deliveries: tuple[FailedDelivery, ...] = ()
    memo: Memo = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Decider:
    """One capability: which events concern it, which facts it needs, and its pure function."""

    name: str
    on: tuple[type, ...]
    needs: Need
    help: str
    plan: Callable[[Event, Snapshot], Plan]


def labelled(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Trailers in the given order, without those that have nothing to say."""
    return tuple((key, value) for key, value in values.items() if value)
