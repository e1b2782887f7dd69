"""Check runs by their own address, and their buttons: run again, and what the App itself offers."""

from __future__ import annotations

from bot.localhub.acts import checks as acts
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Visit, Went
from bot.localhub.problems import not_found, unprocessable
from bot.localhub.records import CheckRun, Pull

_RUN = "/<owner:owner>/<name:name>/runs/<int:run_id>"


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.get(_RUN)
    def run(visit: Visit, run_id: int) -> Answer:
        return Went(_home(visit, _run(visit, run_id)))

    @frame.post(f"{_RUN}/rerequest")
    def rerequest(visit: Visit, run_id: int) -> Answer:
        found = _run(visit, run_id)
        account = visit.account()
        visit.demand("checks:write")
        acts.rerequest_run(visit.world, found, sender=account)
        return Went(_home(visit, found))

    @frame.post(f"{_RUN}/action")
    def press(visit: Visit, run_id: int) -> Answer:
        found = _run(visit, run_id)
        account = visit.account()
        visit.demand("checks:write")
        identifier = visit.form("identifier")
        if identifier not in {action.identifier for action in found.actions}:
            raise unprocessable("The check has no such button.")
        acts.press(visit.world, found, identifier, sender=account)
        return Went(_home(visit, found))


def _run(visit: Visit, run_id: int) -> CheckRun:
    found = visit.world.store.first(CheckRun, id=run_id, repo_id=visit.repo.id)
    if found is None:
        raise not_found()
    return found


def _home(visit: Visit, run: CheckRun) -> str:
    """The pull request whose head has the run; else the commit."""
    pulls = visit.world.store.find(Pull, repo_id=visit.repo.id)
    own = next((pull for pull in reversed(pulls) if pull.head_sha == run.head_sha), None)
    place = visit.url("pull", own.number, "checks") if own else visit.url("commit", run.head_sha)
    return f"{place}#run-{run.id}"
