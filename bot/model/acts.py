"""What commands and leases do: reactions, labels, merges, issues, records. Desired states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.model.event import RepoRef
from bot.model.spot import Spot
from bot.model.thread import Reaction


@dataclass(frozen=True, slots=True)
class React:
    """Our reaction stands at the spot. A review can bear none over REST: there, nothing is done."""

    repo: RepoRef
    spot: Spot
    content: Reaction

    @property
    def key(self) -> str:
        spot = self.spot
        return f"react:{self.repo}#{spot.number}:{spot.source}:{spot.id}:{self.content}"


@dataclass(frozen=True, slots=True)
class EnsureLabels:
    """The issue or pull request has the labels of `present` and none of `absent`; others stay."""

    repo: RepoRef
    number: int
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"labels:{self.repo}#{self.number}:+{','.join(self.present)}:-{','.join(self.absent)}"


@dataclass(frozen=True, slots=True)
class EnsureMerged:
    """The pull request is merged at exactly this head; `trailers` end the merge commit's message.

    Held, in words, when its head moved or GitHub does not let it be merged.
    """

    repo: RepoRef
    number: int
    head_sha: str
    subject: str
    trailers: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        return f"merge:{self.repo}#{self.number}"


@dataclass(frozen=True, slots=True)
class EnsureIssue:
    """There is an issue of ours whose body holds `marker`, open or closed: it is opened at most once."""

    repo: RepoRef
    marker: str
    title: str
    body: str
    labels: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return f"issue:{self.repo}:{self.marker}"


@dataclass(frozen=True, slots=True)
class Record:
    """The ledger holds this entry: one JSON line in `<year>-<month>.jsonl` of `at`, on `roadcrew/ledger`.

    `entry` never changes for a `name`: a line with that name that stands there already is left as it is.
    """

    repo: RepoRef
    name: str
    """Unique for ever, such as `grant/checkout-logs-1a2b/began`."""
    at: datetime
    """When it happened, by the clock of who knows: GitHub's, or a commit's."""
    entry: Mapping[str, str | int | bool | tuple[str, ...]]

    @property
    def key(self) -> str:
        return f"record:{self.repo}:{self.name}"
