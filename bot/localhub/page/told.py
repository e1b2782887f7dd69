"""Facts that several pages show: commits with their parts, check runs with their App."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.localhub.mergeability import GREEN, latest_runs
from bot.localhub.page.messages import Message, parsed
from bot.localhub.page.patches import Mark
from bot.localhub.page.times import seconds_of
from bot.localhub.page.visit import Visit
from bot.localhub.records import Account, App, CheckRun, Pull
from bot.localhub.view import Commit

_SHOWN_TRAILERS = 6
_SAID = {"success": "passed", "failure": "failed", "action_required": "waits for somebody"}


@dataclass(frozen=True, slots=True)
class CommitLine:
    """A commit of a list. `state` is of its checks: `success`, `failure`, `pending`, or empty without any."""

    commit: Commit
    message: Message
    author: Account | None
    state: str

    @property
    def chips(self) -> list[tuple[str, str]]:
        """The first trailers, as (key, value)."""
        return [(one.key, one.value) for one in self.message.trailers[:_SHOWN_TRAILERS]]


@dataclass(frozen=True, slots=True)
class RunLine:
    """A check run with its App. `mark` names its icon and colour."""

    run: CheckRun
    app: App
    mark: str
    words: str


def commit_lines(visit: Visit, commits: Iterable[Commit]) -> list[CommitLine]:
    """The commits with what the hub knows of them."""
    return [commit_line(visit, commit) for commit in commits]


def commit_line(visit: Visit, commit: Commit) -> CommitLine:
    """One commit with what the hub knows of it."""
    runs = latest_runs(visit.world, visit.repo.id, commit.sha)
    author = visit.view.account_by_email(commit.author.email)
    return CommitLine(commit, parsed(commit.message), author, state_of(runs))


def state_of(runs: Sequence[CheckRun]) -> str:
    """The runs' one word; empty for none."""
    if any(run.status == "completed" and run.conclusion not in GREEN for run in runs):
        return "failure"
    if any(run.status != "completed" for run in runs):
        return "pending"
    return "success" if runs else ""


def run_lines(visit: Visit, sha: str) -> list[RunLine]:
    """The newest run of each name on the commit; those that need somebody first."""
    lines = [run_line(visit, run) for run in latest_runs(visit.world, visit.repo.id, sha)]
    order = ("failure", "warning", "pending")
    return sorted(lines, key=lambda line: order.index(line.mark) if line.mark in order else len(order))


def run_line(visit: Visit, run: CheckRun) -> RunLine:
    """One run, with its state in words."""
    return RunLine(run, visit.view.app(run.app_id), _mark(run), _words(run))


def _mark(run: CheckRun) -> str:
    if run.status != "completed":
        return "pending"
    if run.conclusion in ("failure", "timed_out"):
        return "failure"
    if run.conclusion == "success":
        return "success"
    return "warning" if run.conclusion == "action_required" else "neutral"


def _words(run: CheckRun) -> str:
    if run.status != "completed":
        return run.status.replace("_", " ")
    said = _SAID.get(run.conclusion or "", (run.conclusion or "").replace("_", " "))
    begun, done = seconds_of(run.started_at), seconds_of(run.completed_at or "")
    return said if begun is None or done is None else f"{said} in {max(0, int(done - begun))} s"


def marks(runs: Iterable[RunLine]) -> list[Mark]:
    """All annotations of the runs, by line."""
    found = [Mark(annotation, line.run.name) for line in runs for annotation in line.run.annotations]
    return sorted(found, key=lambda mark: (mark.annotation.path, mark.annotation.start_line))


def pull_word(pull: Pull) -> str:
    """`merged`, `closed`, `draft` or `open`."""
    if pull.merged_at:
        return "merged"
    if pull.state == "closed":
        return "closed"
    return "draft" if pull.is_draft else "open"
