"""Words in a thread: the forms to comment, to review, to close and to reopen."""

from __future__ import annotations

from bot.localhub.acts import pulls, threads
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Visit, Went
from bot.localhub.problems import unprocessable
from bot.localhub.records import Pull

_PULL = "/<owner:owner>/<name:name>/pull/<int:number>"
_WRITE = "issues:write|pull_requests:write"


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.post(f"{_PULL}/comments")
    def comment(visit: Visit, number: int) -> Answer:
        """One form with three buttons: comment; close or reopen, with a comment where one was typed."""
        pull = visit.pull(number)
        visit.account()
        wanted, body = visit.form("do", "comment"), visit.form("body")
        if wanted not in ("comment", "close", "reopen"):
            raise unprocessable("There is no such button.")
        visit.demand(_WRITE, user="pull")
        anchor = ""
        if body.strip() or wanted == "comment":
            made = threads.create_comment(visit.world, pull, body, actor=visit.actor)
            anchor = f"#issuecomment-{made.id}"
        if wanted != "comment":
            _move(visit, visit.pull(number), wanted)
        return Went(visit.url("pull", number) + anchor)

    @frame.post(f"{_PULL}/reviews")
    def review(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        visit.account()
        visit.demand("pull_requests:write", user="pull")
        made = threads.create_review(
            visit.world, pull, visit.form("event"), actor=visit.actor, body=visit.form("body")
        )
        return Went(visit.url("pull", number) + f"#pullrequestreview-{made.id}")

    @frame.post(f"{_PULL}/title")
    def title(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        _demand_own(visit, pull)
        pulls.edit(visit.world, pull, actor=visit.actor, title=visit.form("title"))
        return Went(visit.url("pull", number))

    @frame.post(f"{_PULL}/ready")
    def ready(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        _demand_own(visit, pull)
        pulls.set_draft(visit.world, pull, is_draft=False, actor=visit.actor)
        return Went(visit.url("pull", number))


def _move(visit: Visit, pull: Pull, wanted: str) -> None:
    _demand_own(visit, pull)
    pulls.set_state(visit.world, pull, "closed" if wanted == "close" else "open", actor=visit.actor)


def _demand_own(visit: Visit, pull: Pull) -> None:
    """Authors may change their own; others need to be writers."""
    if visit.account().id != pull.author_id:
        visit.demand("pull_requests:write", user="push")
