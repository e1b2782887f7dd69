"""What a decider is, and the snapshot that it may know. Frozen values; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Flag, auto

from bot.kubernetes.schemas import Schemas
from bot.model.event import Event, Pushed, RepoRef
from bot.model.plan import Plan
from bot.model.pull import HeadPull, OpenPull, Pull, PullCommit
from bot.model.stage import Hand
from bot.model.thread import Answered, Reaction, Written
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
    THREAD = auto()
    """What the event's author wrote, our marks on it, and the thread around it."""
    RIGHTS = auto()
    """What the author of the text may do. Goes with THREAD and TIP."""
    LEASES = auto()
    """The branch of grants, the ledger, and how the requests came that are neither granted nor ended."""
    OVERDUE = auto()
    """Comments of the last day that may hold commands which nobody ended."""


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
class Rights:
    """What an account may do, as GitHub says it now. `teams`: of those asked for, such as `acme/security`."""

    permission: str = "none"
    """`none`, `read`, `triage`, `write`, `maintain` or `admin`."""
    teams: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Arrived:
    """How a request came to the default branch, and who approved it there. Facts; nobody judged them yet."""

    sha: str
    """The newest commit that changed its file."""
    at: datetime
    author: str
    """Who wrote that commit, as git tells it."""
    pull: Pull | None = None
    """The merged pull request that brought it."""
    trailers: Mapping[str, str] = field(default_factory=dict)
    """Of that commit."""
    rights: Mapping[str, Rights] = field(default_factory=dict)
    """By login: of those who approved, and of who asked."""
    before: Tree | None = field(default=None, repr=False)
    """The default branch before that pull request came to it; None where that cannot be told."""
    before_sha: str = ""
    after: Tree | None = field(default=None, repr=False)
    """The default branch once it had come."""
    commits: tuple[PullCommit, ...] = ()
    """Of that pull request, where somebody approved it."""
    is_ours: bool = False
    """Whether we opened that pull request, and its one commit is the one with which we did."""
    is_touched: bool = False
    """Whether we opened that pull request, and others wrote to it, or may have."""
    is_merged_by_us: bool = False
    """Whether we merged it, so that the commit's trailers are ours."""


@dataclass(frozen=True)
class Mended:
    """A commit of ours that put the branch of grants right, and those that had made it wrong."""

    commit: str
    at: datetime
    hands: tuple[Hand, ...]
    folders: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """What a grant was approved with."""

    asked: Tree = field(repr=False)
    """The default branch as its request came to it."""
    base: Tree = field(repr=False)
    """The default branch before that: it says what the kind is, and renders it."""


@dataclass(frozen=True)
class Leases:
    """The branches that hold what was granted and what was recorded; None where they are not there yet."""

    grants: Branch
    ledger: Branch
    arrived: Mapping[str, Arrived] = field(default_factory=dict)
    """By the path of the request's file: those that are neither in force nor ended."""
    left: Tree | None = None
    """The branch of grants as our newest commit left it; None where no commit on it is ours."""
    hands: tuple[Hand, ...] = ()
    """The commits on it since that are not ours, newest first."""
    mended: tuple[Mended, ...] = ()
    """Newest first."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """By name, of grants that a command may be about."""
    proposed: frozenset[str] = frozenset()
    """The branches with which we propose that a request ends, as far as they stand."""


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
    head_left: Tree | None = None
    """Of a pull request of ours, the head as our newest commit of its own left it."""
    is_head_first: bool = False
    """Of a pull request of ours, whether its one commit is the one with which we opened it."""
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
    written: Written | None = None
    """What the event is about; None when it was deleted."""
    reactions: tuple[Reaction, ...] = ()
    """Ours to it."""
    thread: tuple[Answered, ...] = ()
    """Comments around it that may hold commands, oldest first; also it itself."""
    replies: tuple[Written, ...] = ()
    """Our own comments around it, oldest first."""
    pull_commits: tuple[PullCommit, ...] = ()
    """Of a pull request that holds requests."""
    rights: Mapping[str, Rights] = field(default_factory=dict)
    """By login: of the author of the text, and of who approved the pull request."""
    head_moved_at: datetime | None = None
    """When the pull request's head was last moved by force."""
    seen_at: datetime | None = None
    """When our first check run on the pull request's head began, since it is there: nobody can have seen it
    before. Of runs for this pull request: another one may have had the commit earlier."""
    leases: Leases | None = None
    overdue: tuple[Answered, ...] = ()
    memo: Memo = field(default_factory=dict, repr=False)

    @property
    def is_untouched(self) -> bool:
        """Of a pull request of ours, whether nobody else can have written to it.

        Its one commit is the first, and was never moved by force: the address in it alone proves nothing.
        """
        return self.is_head_first and self.head_moved_at is None


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
