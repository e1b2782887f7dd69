"""The records of checks: suites, runs, annotations. `records` names them again, with their rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Indexes = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Annotation:
    """Words on lines of a file. Lines and columns count from 1."""

    path: str
    start_line: int
    end_line: int
    annotation_level: Literal["notice", "warning", "failure"]
    message: str
    start_column: int | None = None
    end_column: int | None = None
    title: str | None = None
    raw_details: str | None = None


@dataclass(frozen=True, slots=True)
class CheckAction:
    """A button of a check run."""

    label: str
    description: str
    identifier: str


@dataclass(frozen=True, slots=True)
class CheckSuite:
    """All runs of one App on one commit. `head_branch` is None for a commit of a fork's branch."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "head_sha"),)
    id: int
    repo_id: int
    app_id: int
    head_sha: str
    head_branch: str | None
    created_at: str
    updated_at: str
    before: str | None = None
    after: str | None = None
    status: str = "queued"
    conclusion: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One check of a commit. `title` None: it has shown no output yet."""

    INDEXES: ClassVar[Indexes] = (("repo_id", "head_sha"), ("suite_id",))
    id: int
    suite_id: int
    repo_id: int
    app_id: int
    name: str
    head_sha: str
    status: str
    started_at: str
    conclusion: str | None = None
    completed_at: str | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Annotation, ...] = ()
    actions: tuple[CheckAction, ...] = ()
