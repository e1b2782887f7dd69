"""What the pipeline needs from the world, as small protocols. Adapters implement them; tests use localhub.

All methods may raise `Retry` (try again later) and `Refused` (never); nothing else on purpose.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.kubernetes.schemas import Schemas
from bot.model.event import Event, RepoRef
from bot.model.plan import Annotation, Conclusion
from bot.model.pull import HeadPull, OpenPull, Pull, PullCommit
from bot.model.spot import Spot
from bot.model.thread import Reaction, Written
from bot.model.tree import Memo, Tree
from bot.policy.verdict import Judge
from bot.templating.jobs import Runner


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of a thread. `is_ours`: written by this App."""

    id: int
    body: str
    is_ours: bool


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run of this App. `external_id` is what we gave it when it was made."""

    id: int
    name: str
    head_sha: str
    status: str
    conclusion: str | None
    external_id: str
    annotations_count: int
    started_at: datetime | None = None
    """By GitHub's clock."""


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """What a check run shows: `summary` and `text` at most 65,535 characters, 50 annotations a request."""

    title: str
    summary: str
    text: str
    annotations: Sequence[Annotation] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line of the App's delivery log. `guid` names the event, `id` this delivery of it."""

    id: int
    guid: str
    delivered_at: datetime
    is_ok: bool


class Pulls(Protocol):
    """Pull requests and the repo that they stand in."""

    def default_branch(self, repo: RepoRef) -> str: ...
    def pull(self, repo: RepoRef, number: int) -> Pull: ...
    def open_pulls(self, repo: RepoRef) -> Sequence[OpenPull]: ...
    def pulls_of_head(self, repo: RepoRef, branch: str) -> Sequence[HeadPull]:
        """Pull requests, open and closed, from this branch of the repo itself; newest first."""
        ...

    def create_pull(self, repo: RepoRef, *, head: str, base: str, title: str, body: str) -> HeadPull:
        """Opens it. One that stands open from `head` to `base` already is given instead of a second."""
        ...

    def edit_pull(self, repo: RepoRef, number: int, *, title: str, body: str) -> None: ...
    def close_pull(self, repo: RepoRef, number: int, *, body: str) -> None:
        """Closes it and gives it this body, in one step. An empty body leaves that which stands."""
        ...

    def pulls_of_commit(self, repo: RepoRef, sha: str) -> Sequence[int]:
        """Numbers of the merged pull requests that brought this commit to the default branch."""
        ...

    def pull_commits(self, repo: RepoRef, number: int) -> Sequence[PullCommit]:
        """Oldest first; GitHub shows 250 at most."""
        ...


class Threads(Protocol):
    """Comments of an issue or a pull request."""

    def comments(self, repo: RepoRef, number: int) -> Sequence[Comment]: ...
    def create_comment(self, repo: RepoRef, number: int, body: str, *, marker: str) -> Comment:
        """At most one comment of ours with `marker` comes of it, also when the answer gets lost."""
        ...

    def edit_comment(self, repo: RepoRef, comment: int, body: str) -> Comment: ...
    def delete_comment(self, repo: RepoRef, comment: int) -> None: ...


class Conversation(Protocol):
    """What people write, and our marks on it."""

    def written(self, repo: RepoRef, spot: Spot) -> Written | None:
        """The text as it stands now; None when it was deleted."""
        ...

    def recent_comments(self, repo: RepoRef, since: datetime) -> Sequence[Written]:
        """Comments on all issues and pull requests that were made or changed since, oldest first."""
        ...

    def thread(self, repo: RepoRef, number: int) -> Sequence[Written]:
        """The comments of one issue or pull request, oldest first."""
        ...

    def reactions(self, repo: RepoRef, spot: Spot) -> Sequence[Reaction]:
        """Ours. None for a review: GitHub's REST API knows no reactions to it."""
        ...

    def react(self, repo: RepoRef, spot: Spot, content: Reaction) -> None:
        """Once: doing it again changes nothing."""
        ...

    def labels(self, repo: RepoRef, number: int) -> Sequence[str]: ...
    def add_labels(self, repo: RepoRef, number: int, labels: Sequence[str]) -> None: ...
    def remove_label(self, repo: RepoRef, number: int, label: str) -> None:
        """Also when it is gone already."""
        ...

    def find_issue(self, repo: RepoRef, marker: str) -> int | None:
        """The number of the issue of ours whose body holds the marker, open or closed."""
        ...

    def create_issue(
        self, repo: RepoRef, *, marker: str, title: str, body: str, labels: Sequence[str]
    ) -> int:
        """At most one issue of ours with `marker` comes of it, also when the answer gets lost."""
        ...


class Rights(Protocol):
    """Who may do what, asked when it matters."""

    def permission(self, repo: RepoRef, login: str) -> str:
        """`none`, `read`, `triage`, `write`, `maintain` or `admin`."""
        ...

    def is_team_member(self, organization: str, team: str, login: str) -> bool:
        """Whether the account is an active member. `team`: its slug. False where we cannot see the team."""
        ...


class Merging(Protocol):
    """Pull requests that are merged by us."""

    def merge_pull(self, repo: RepoRef, number: int, *, sha: str, subject: str, message: str) -> str:
        """A merge commit, if the head is at `sha`; its id. Merged already: the commit that did it.

        Raises Refused with GitHub's reason, when the head moved or protection stands in the way.
        """
        ...

    def head_moved_at(self, repo: RepoRef, number: int) -> datetime | None:
        """When the head was last moved by force, or its branch made anew; None when it never was."""
        ...


class Checks(Protocol):
    """Check runs of this App."""

    def check_runs(self, repo: RepoRef, sha: str, name: str) -> Sequence[CheckRun]:
        """This App's runs of that name on the commit, newest first."""
        ...

    def create_check(
        self,
        repo: RepoRef,
        sha: str,
        name: str,
        *,
        external_id: str,
        output: CheckOutput,
        conclusion: Conclusion | None = None,
    ) -> CheckRun:
        """Makes a run: completed when there is a conclusion, else `in_progress`.

        At most one run with `external_id` comes of it, also when the answer gets lost.
        """
        ...

    def update_check(
        self,
        repo: RepoRef,
        run: int,
        *,
        output: CheckOutput,
        conclusion: Conclusion | None = None,
    ) -> CheckRun:
        """Annotations are added to those that stand; a conclusion completes the run."""
        ...


class Deliveries(Protocol):
    """The App's own log of webhook deliveries."""

    def deliveries(self, since: datetime) -> Sequence[Delivery]:
        """Newest first, back to `since`; bounded by what GitHub keeps (about three days)."""
        ...

    def redeliver(self, delivery: int) -> None: ...


class Forge(Pulls, Threads, Conversation, Rights, Merging, Checks, Deliveries, Protocol):
    """GitHub."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A git commit. `trailers` are the `Key: value` lines that end its message."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    committer_email: str
    subject: str
    trailers: Mapping[str, str]
    committed_at: datetime
    is_web: bool = False
    """Whether the forge's own pages made it: a merge, squashed or not, in the name of its author."""


class PushRaced(Exception):
    """Someone else moved the branch first: read the new tip and try again."""


class Mirror(Protocol):
    """Bare mirrors of repos: a cache of git objects, rebuilt when missing or damaged."""

    def fetch(self, repo: RepoRef, refs: Sequence[str]) -> Mapping[str, str]:
        """Brings full refs (`refs/heads/main`, `refs/pull/7/head`) here; returns which exist, by sha."""
        ...

    def tree(self, repo: RepoRef, commit: str) -> Tree: ...
    def merge_base(self, repo: RepoRef, one: str, other: str) -> str | None: ...
    def log(self, repo: RepoRef, commit: str, *, limit: int) -> Sequence[Commit]:
        """The commit and its first parents, newest first."""
        ...

    def branches(self, repo: RepoRef, prefixes: Sequence[str]) -> Mapping[str, str]:
        """Brings all branches here whose names begin so; their commits by name (`env/dev`)."""
        ...

    def own_commits(self, repo: RepoRef, commit: str, base: str, *, limit: int) -> Sequence[Commit]:
        """Those that lead to `commit` and not to `base`, newest first."""
        ...

    def contains(self, repo: RepoRef, tip: str, commit: str) -> bool:
        """Whether `commit` is `tip` or came before it. False also for one that is not here."""
        ...

    def touched(self, repo: RepoRef, commit: str) -> Sequence[str]:
        """Names in the root folder that the commit left other than its first parent did, sorted."""
        ...

    def last_change(self, repo: RepoRef, commit: str, path: str, *, limit: int) -> Commit | None:
        """The newest of the commit and its first parents that changed the path; None within `limit`."""
        ...

    def push(
        self,
        repo: RepoRef,
        branch: str,
        *,
        expected: str | None,
        files: Mapping[str, bytes | None],
        message: str,
        at: datetime,
        parent: str | None = None,
    ) -> str:
        """One commit on top of `expected` (None: the branch must not exist), pushed by compare-and-swap.

        `parent`: stand on this commit instead; what `expected` had of its own is dropped. Returns the new
        commit. Raises PushRaced when the branch is no longer at `expected`.
        """
        ...

    def delete(self, repo: RepoRef, branch: str, *, expected: str) -> None:
        """The branch is gone, by compare-and-swap. Raises PushRaced when it is elsewhere."""
        ...


class Queue(Protocol):
    """Where events wait. What was put is not lost, whatever is killed."""

    def put(self, event: Event, *, after: float = 0.0) -> None:
        """Durable when it returns. `after` in seconds. An event that already waits is not put twice."""
        ...


@dataclass(frozen=True, slots=True)
class Failure:
    """An event that was given up or refused. `reason` is in words, and safe to show."""

    delivery: str
    kind: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, runs, and failed or was refused (of what is still remembered); the newest of these."""

    waiting: int
    running: int
    failed: int
    failures: tuple[Failure, ...] = ()


class WatchableQueue(Queue, Protocol):
    """A queue whose state can be shown to people."""

    def backlog(self) -> Backlog: ...

    def probe(self) -> None:
        """Writes something that means nothing. Raises Retry when it cannot: `put` could not either."""
        ...


def _say_nothing(event: Event, reason: str) -> None:
    """Failures are visible on the status page even when nobody is told."""


def _keep_nothing() -> None:
    """There is nothing to let go of."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the runners call: `handle` for an event, `failed` once for an event that was given up.

    `handle` ends by returning, or raises Retry (again later), Refused or UserError (over, with a reason);
    anything else counts as our bug and is tried again a few times. It may be called again for the same event.
    """

    handle: Callable[[Event], None]
    failed: Callable[[Event, str], None] = _say_nothing
    close: Callable[[], None] = _keep_nothing
    """Lets go of connections and child processes."""


Clock = Callable[[], datetime]
"""The time now, with a time zone (UTC)."""


@dataclass(frozen=True)
class Ports:
    """The world, as one event's work sees it."""

    forge: Forge
    mirror: Mirror
    queue: Queue
    clock: Clock
    run: Runner
    """Renders templates, bounded in time, size and memory."""
    schemas: Schemas
    """Of all kinds of objects that are known."""
    judge: Judge
    """Judges by rules, bounded in time and memory."""
    identity_email: Callable[[], str]
    """What the App commits under: tells our own commits from those of others."""
    patient: Forge | None = None
    """The same GitHub for work that answers nobody: it leaves the last of the write budget to answers."""
    memo: Memo = field(default_factory=dict, repr=False)
