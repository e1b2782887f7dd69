"""Changes of branches by buttons: merging a pull request, deleting a branch that has served."""

from __future__ import annotations

from typing import cast, get_args

from bot.localhub import refs
from bot.localhub.acts import merging, protection, pushes
from bot.localhub.git import ZERO
from bot.localhub.page.frame import Frame
from bot.localhub.page.visit import Answer, Visit, Went
from bot.localhub.problems import forbidden, not_found, unprocessable

_PULL = "/<owner:owner>/<name:name>/pull/<int:number>"


def routes(frame: Frame) -> None:
    """Register this file's addresses."""

    @frame.post(f"{_PULL}/merge")
    def merge(visit: Visit, number: int) -> Answer:
        pull = visit.pull(number)
        visit.account()
        visit.demand("contents:write")
        method = visit.form("method", "merge")
        if method not in get_args(merging.Method):
            raise unprocessable("There is no such way to merge.")
        merging.merge(
            visit.world,
            pull,
            actor=visit.actor,
            method=cast(merging.Method, method),
            sha=visit.form("sha") or None,
        )
        return Went(visit.url("pull", number) + "#end")

    @frame.post("/<owner:owner>/<name:name>/branches/delete")
    def delete(visit: Visit) -> Answer:
        """Deletes only what the person saw: the branch must still stand at `sha`."""
        visit.account()
        visit.demand("contents:write")
        branch, sha = visit.form("branch"), visit.form("sha")
        tip = refs.tip(visit.world, visit.repo, branch)
        if tip is None:
            raise not_found()
        if branch == visit.repo.default_branch:
            raise unprocessable("The default branch cannot be deleted.")
        if sha != tip:
            raise unprocessable(f"{branch} has moved since you looked. Look again before you delete it.")
        name = refs.HEADS + branch
        refused = protection.push_refusals(visit.world, visit.repo, visit.actor, [(name, tip, ZERO)])
        if refused:
            raise forbidden(refused[name])
        with visit.world.change():
            visit.git.delete_ref(name, tip)
            pushes.sync(visit.world, visit.repo, visit.actor)
        back = visit.form("number")
        return Went(visit.url("pull", back) if back.isdigit() else visit.url("branches"))
