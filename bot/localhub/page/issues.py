"""Plain issues: their list, one of them with its thread, and the forms to open, to comment and to close."""

from __future__ import annotations

from dataclasses import dataclass

from bot.localhub.acts import issues, threads
from bot.localhub.page.frame import Frame
from bot.localhub.page.timeline import comments_of, faces_of
from bot.localhub.page.visit import Answer, Shown, Visit, Went
from bot.localhub.problems import not_found, unprocessable
from bot.localhub.records import Account, Issue, Label

PAGE = 50
_REPO = "/<owner:owner>/<name:name>"
_ISSUE = f"{_REPO}/issues/<int:number>"


@dataclass(frozen=True, slots=True)
class IssueLine:
    """An issue of the list."""

    issue: Issue
    author: Account
    labels: tuple[Label, ...]
    comments: int


def routes(frame: Frame) -> None:
    """Register this file's addresses."""
    _list(frame)
    _one(frame)
    _forms(frame)


def _list(frame: Frame) -> None:
    @frame.get(f"{_REPO}/issues")
    def every(visit: Visit) -> Answer:
        found = visit.world.store.find(Issue, repo_id=visit.repo.id)[::-1]
        asked = visit.arg("state", "open")
        state = asked if asked in ("open", "closed", "all") else "open"
        wanted = [issue for issue in found if state in ("all", issue.state)]
        page = visit.number("page", 1, most=100_000)
        facts = {
            "lines": [_line(visit, issue) for issue in wanted[(page - 1) * PAGE : page * PAGE]],
            "state": state,
            "open_count": sum(issue.state == "open" for issue in found),
            "closed_count": sum(issue.state == "closed" for issue in found),
            "page": page,
            "has_more": len(wanted) > page * PAGE,
        }
        return Shown("issues.html", facts)


def _line(visit: Visit, issue: Issue) -> IssueLine:
    return IssueLine(
        issue, visit.view.account(issue.author_id), _labels(visit, issue), visit.view.comments_count(issue)
    )


def _labels(visit: Visit, issue: Issue) -> tuple[Label, ...]:
    return tuple(visit.view.label(one) for one in issue.label_ids)


def _one(frame: Frame) -> None:
    @frame.get(_ISSUE)
    def issue(visit: Visit, number: int) -> Answer:
        """Pull requests have a page of their own."""
        found = visit.thread(number)
        if not isinstance(found, Issue):
            return Went(visit.url("pull", number))
        facts = {
            "issue": found,
            "author": visit.view.account(found.author_id),
            "faces": faces_of(visit, found.id),
            "items": list(comments_of(visit, found)),
            "labels": _labels(visit, found),
            "may_close": _may_close(visit, found),
        }
        return Shown("issue.html", facts)


def _may_close(visit: Visit, issue: Issue) -> bool:
    account = visit.actor.account
    return account is not None and (account.id == issue.author_id or visit.may("issues:write", user="triage"))


def _forms(frame: Frame) -> None:
    @frame.post(f"{_REPO}/issues")
    def create(visit: Visit) -> Answer:
        visit.account()
        visit.demand("issues:write", user="pull")
        made = issues.open_issue(
            visit.world,
            visit.repo,
            actor=visit.actor,
            title=visit.form("title"),
            body=visit.form("body") or None,
        )
        return Went(visit.url("issues", made.number))

    @frame.post(f"{_ISSUE}/comments")
    def comment(visit: Visit, number: int) -> Answer:
        """One form with three buttons, as at pull requests."""
        found = visit.thread(number)
        if not isinstance(found, Issue):
            raise not_found()
        visit.account()
        visit.demand("issues:write", user="pull")
        wanted, body, anchor = visit.form("do", "comment"), visit.form("body"), ""
        if wanted not in ("comment", "close", "reopen"):
            raise unprocessable("There is no such button.")
        if body.strip() or wanted == "comment":
            made = threads.create_comment(visit.world, found, body, actor=visit.actor)
            anchor = f"#issuecomment-{made.id}"
        if wanted != "comment":
            _move(visit, number, wanted)
        return Went(visit.url("issues", number) + anchor)


def _move(visit: Visit, number: int, wanted: str) -> None:
    issue = visit.thread(number)
    if not isinstance(issue, Issue):
        raise not_found()
    if not _may_close(visit, issue):
        visit.demand("issues:write", user="triage")
    state: issues.State = "closed" if wanted == "close" else "open"
    issues.edit_issue(visit.world, issue, actor=visit.actor, state=state)
