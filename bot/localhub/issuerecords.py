"""What the local GitHub remembers of plain issues, and of what happened to the heads of pull requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bot.localhub.checkrecords import Indexes


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue that is no pull request. Both count their numbers together."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "number"), ("repo_id",))
    id: int
    repo_id: int
    number: int
    author_id: int
    title: str
    body: str | None
    created_at: str
    updated_at: str
    state: Literal["open", "closed"] = "open"
    state_reason: Literal["completed", "not_planned", "reopened", "duplicate"] | None = None
    closed_at: str | None = None
    closed_by_id: int | None = None
    label_ids: tuple[int, ...] = ()
    assignee_ids: tuple[int, ...] = ()
    app_id: int | None = None
    """The App that opened it, where one did."""

    @property
    def issue_id(self) -> int:
        """As of a pull request, whose issue has another id than itself."""
        return self.id


@dataclass(frozen=True, slots=True)
class IssueEvent:
    """A line of an issue's or pull request's history. Kept are those about the heads of pull requests."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "number"),)
    id: int
    repo_id: int
    number: int
    event: Literal["head_ref_force_pushed", "head_ref_deleted", "head_ref_restored"]
    actor_id: int
    created_at: str
