"""The effects by which branches and pull requests of our own come and go: desired states, like all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.event import RepoRef


@dataclass(frozen=True, slots=True)
class Head:
    """The branch of a pull request of ours, as it was when its files were decided about."""

    tip: str
    """Its commit; empty while it does not exist. If it has moved since, nothing is written."""
    start: str
    """The commit that it starts from while it does not exist."""
    is_anew: bool = False
    """All on it is ours and stands in the way: it starts from `start` again."""


@dataclass(frozen=True, slots=True)
class EnsureBranch:
    """The branch exists. Where it did not, its one commit holds these files; where it did, it is left alone.

    `start`: a commit that the branch begins with, and all that this holds besides.
    """

    repo: RepoRef
    branch: str
    files: Mapping[str, bytes]
    subject: str
    at: datetime
    start: str = ""
    trailers: tuple[tuple[str, str], ...] = ()
    is_exact: bool = False
    """Whether nothing more is done where the branch is there and holds other files than these."""

    @property
    def key(self) -> str:
        return f"branch:{self.repo}:{self.branch}"


@dataclass(frozen=True, slots=True)
class EnsureNoBranch:
    """The branch is gone, unless it has moved on from `tip`."""

    repo: RepoRef
    branch: str
    tip: str

    @property
    def key(self) -> str:
        return f"no-branch:{self.repo}:{self.branch}"


@dataclass(frozen=True, slots=True)
class EnsurePull:
    """There is an open pull request of ours from `head` to `base` with this title and body.

    What people wrote into them stays until our own words change: `stamp` is in the body and stands for them.
    """

    repo: RepoRef
    head: str
    base: str
    title: str
    body: str
    stamp: str
    only_find: bool = False
    """It was opened before, and may be closed by now: `ref` of the outcome says which one it is."""

    @property
    def key(self) -> str:
        return f"pull:{self.repo}:{self.head}"


@dataclass(frozen=True, slots=True)
class ClosePull:
    """The pull request is closed, and its body says why. Without a body what stands there stays."""

    repo: RepoRef
    number: int
    body: str

    @property
    def key(self) -> str:
        return f"close:{self.repo}#{self.number}"
