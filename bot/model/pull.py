"""The facts of a pull request, read again from GitHub when the work is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.event import RepoRef

HOLD = "roadcrew/hold"
"""The label of a pull request that must not be merged for now."""


@dataclass(frozen=True, slots=True)
class Person:
    """A GitHub account. `is_bot` is true for Apps and machine accounts that GitHub marks as bots."""

    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """A review that approves, if its author decided nothing else since. `head`: what was looked at."""

    login: str
    head: str
    at: datetime
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class PullCommit:
    """A commit of a pull request, and whose it is as far as GitHub can tell by the addresses in it."""

    sha: str
    logins: tuple[str, ...] = ()
    """Accounts of its author and its committer. GitHub's own pages are nobody."""
    strange: tuple[str, ...] = ()
    """Addresses of the two that are no account's."""


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request as GitHub describes it now. Shas are commits, 40 hexadecimal digits."""

    repo: RepoRef
    number: int
    title: str
    author: Person
    base_branch: str
    base_sha: str
    head_branch: str
    head_sha: str
    head_repo: RepoRef | None
    """None when the fork was deleted."""
    is_open: bool = True
    is_merged: bool = False
    is_draft: bool = False
    merge_sha: str = ""
    """The commit on the base branch that merged it; empty while it is not merged."""
    merged_by: str = ""
    approvers: tuple[str, ...] = ()
    """Logins whose newest review approves, sorted."""
    approvals: tuple[Approval, ...] = ()
    """Of these the reviews, by login, as far as GitHub tells when and of what commit."""
    url: str = ""
    labels: tuple[str, ...] = ()
    additions: int = 0
    """Lines, as git counts them."""
    deletions: int = 0
    is_ours: bool = False
    """Whether this App opened it."""


@dataclass(frozen=True, slots=True)
class OpenPull:
    """An open pull request, as far as a list shows it."""

    number: int
    head_sha: str
    base_branch: str
    head_branch: str = ""
    """Empty where the head is in another repo."""
    title: str = ""
    body: str = ""
    is_ours: bool = False
    """Whether this App opened it."""
    author: str = ""
    """The login of who opened it."""


@dataclass(frozen=True, slots=True)
class HeadPull:
    """A pull request of a branch of this repo, open or not."""

    number: int
    head_sha: str
    base_branch: str
    body: str
    is_open: bool
    is_merged: bool
    is_ours: bool
