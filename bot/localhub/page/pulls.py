"""Pull requests: their list, and one of them as conversation, commits, checks and changed files."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub import diffs
from bot.localhub.mergeability import base_tip, latest_reviews, latest_runs
from bot.localhub.page import patches
from bot.localhub.page.frame import Frame
from bot.localhub.page.mergebox import mergebox
from bot.localhub.page.timeline import commits_of, faces_of, timeline
from bot.localhub.page.told import marks, pull_word, run_lines, state_of
from bot.localhub.page.visit import Answer, Sent, Shown, Visit, address
from bot.localhub.records import Account, Comment, Label, Pull, Repository

PAGE = 50
_PULL = "/<owner:owner>/<name:name>/pull/<int:number>"


@dataclass(frozen=True, slots=True)
class PullLine:
    """A pull request of the list."""

    pull: Pull
    word: str
    author: Account
    labels: tuple[Label, ...]
    comments: int
    state: str
    """Of its checks."""


def routes(frame: Frame) -> None:
    """Register this file's addresses."""
    _list(frame)

    @frame.get(f"{_PULL}.<any('diff','patch'):form>")
    def plain(visit: Visit, number: int, form: str) -> Answer:
        """What `diff_url` and `patch_url` of the API lead to."""
        pull = visit.pull(number)
        base = base_tip(visit.world, pull)
        before = visit.git.merge_base(base, pull.head_sha) or diffs.EMPTY_TREE
        wanted = ("diff", "-M", before, pull.head_sha)
        if form == "patch":
            wanted = ("format-patch", "--stdout", "-M", f"{base}..{pull.head_sha}")
        return Sent(visit.git.run(*wanted), "text/plain; charset=utf-8")

    @frame.get(_PULL)
    def conversation(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        reviews = latest_reviews(visit.world, pull)
        facts = {
            **head(visit, pull),
            "faces": faces_of(visit, pull.issue_id),
            "items": timeline(visit, pull),
            "box": mergebox(visit, pull),
            "reviewers": [(visit.view.account(one), review.state) for one, review in reviews.items()],
            "asked": [visit.view.account(one) for one in pull.requested_reviewer_ids if one not in reviews],
            "labels": [visit.view.label(one) for one in pull.label_ids],
        }
        return Shown("pull.html", facts)

    @frame.get(f"{_PULL}/commits")
    def commits(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        return Shown("pull_commits.html", {**head(visit, pull), "lines": commits_of(visit, pull)})

    @frame.get(f"{_PULL}/checks")
    def checks(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        return Shown("pull_checks.html", head(visit, pull))

    @frame.get(f"{_PULL}/files")
    def files(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        facts = head(visit, pull)
        before = visit.git.merge_base(base_tip(visit.world, pull), pull.head_sha) or diffs.EMPTY_TREE
        found = diffs.files_of(visit.git, before, pull.head_sha)
        runs = run_lines(visit, pull.head_sha)
        return Shown("pull_files.html", {**facts, "diff": patches.shown(found, marks(runs))})


def head(visit: Visit, pull: Pull) -> dict[str, object]:
    """What stands above every tab."""
    source = visit.view.repo(pull.head_repo_id) if pull.head_repo_id else None
    is_own = source is not None and source.id == visit.repo.id
    owner = visit.view.account(pull.head_owner_id).login
    runs = run_lines(visit, pull.head_sha)
    return {
        "pull": pull,
        "word": pull_word(pull),
        "author": visit.view.account(pull.author_id),
        "merger": visit.view.account(pull.merged_by_id) if pull.merged_by_id else None,
        "counts": visit.view.pull_counts(pull),
        "head_name": pull.head_ref if is_own else f"{owner}:{pull.head_ref}",
        "head_url": _head_url(visit, source, pull),
        "edit_ref": pull.head_ref if is_own and pull.state == "open" else "",
        "runs": runs,
        "head": pull.head_sha,
        "annotations": sum(len(line.run.annotations) for line in runs),
    }


def _head_url(visit: Visit, source: Repository | None, pull: Pull) -> str:
    return address(visit.world.full_name(source), "tree", pull.head_ref) if source else ""


def _list(frame: Frame) -> None:
    @frame.get("/<owner:owner>/<name:name>/pulls")
    def pulls(visit: Visit) -> Answer:
        every = visit.world.store.find(Pull, repo_id=visit.repo.id)[::-1]
        asked = visit.arg("state", "open")
        state = asked if asked in ("open", "closed", "all") else "open"
        wanted = [pull for pull in every if state in ("all", pull.state)]
        page = visit.number("page", 1, most=100_000)
        facts = {
            "lines": [_line(visit, pull) for pull in wanted[(page - 1) * PAGE : page * PAGE]],
            "state": state,
            "open_count": sum(pull.state == "open" for pull in every),
            "closed_count": sum(pull.state == "closed" for pull in every),
            "page": page,
            "has_more": len(wanted) > page * PAGE,
        }
        return Shown("pulls.html", facts)


def _line(visit: Visit, pull: Pull) -> PullLine:
    return PullLine(
        pull,
        pull_word(pull),
        visit.view.account(pull.author_id),
        tuple(visit.view.label(one) for one in pull.label_ids),
        len(visit.world.store.find(Comment, repo_id=pull.repo_id, number=pull.number)),
        state_of(latest_runs(visit.world, pull.repo_id, pull.head_sha)),
    )
