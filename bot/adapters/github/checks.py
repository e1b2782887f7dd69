"""Check runs of this App. A run is made at most once for an `external_id`; annotations are added once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.adapters.budget import Priority
from bot.adapters.github.access import Access
from bot.adapters.github.api import READ_BACKS, Api, Params, read
from bot.adapters.github.connection import Answer
from bot.adapters.github.faults import Missing, Unanswered
from bot.adapters.github.made import Made
from bot.adapters.github.payloads import Run, Runs
from bot.errors import Retry
from bot.model.event import RepoRef
from bot.model.plan import Annotation, Conclusion
from bot.ports import CheckOutput, CheckRun

MOST_ANNOTATIONS = 50
"""In one request: GitHub answers 422 to more, or takes them and shows none."""


class AppChecks:
    """The check runs of all repos that this App made."""

    def __init__(self, access: Access, made: Made, priority: Priority) -> None:
        self._access = access
        self._made = made
        self._priority = priority

    def check_runs(self, repo: RepoRef, sha: str, name: str) -> Sequence[CheckRun]:
        """This App's runs of that name on the commit, newest first; Retry while GitHub lacks the commit."""
        return self._list(self._api(repo), repo, sha, name)

    def create_check(
        self,
        repo: RepoRef,
        sha: str,
        name: str,
        *,
        external_id: str,
        output: CheckOutput,
        conclusion: Conclusion | None = None,
    ) -> CheckRun:
        """Makes a run, completed when there is a conclusion.

        One that we made with this `external_id`, and that was not shown yet, is returned as it stands.
        """
        body = {
            "name": name,
            "head_sha": sha,
            "external_id": external_id,
            "output": _output(output),
            **_status(conclusion),
        }
        key = (str(repo).lower(), sha, name, external_id)
        with self._made.one_at_a_time():
            run = self._made_before(repo, key) or self._post(repo, body)
            self._made.note(key, run.id)
        return run

    def update_check(
        self, repo: RepoRef, run: int, *, output: CheckOutput, conclusion: Conclusion | None = None
    ) -> CheckRun:
        """Says how the run shall be. Annotations add to those that stand, so they go out once.

        Raises Retry when it is not known whether they arrived: read the run again.
        """
        body: dict[str, Any] = {"output": _output(output), **_status(conclusion)}
        path, what = f"/repos/{repo}/check-runs/{run}", f"a check run on {repo}"
        api = self._api(repo)
        if not output.annotations:
            return _read(api.change("PATCH", path, body, what=what))
        before = _read(api.get(path, what=what, fresh=True)).annotations_count
        try:
            return _read(api.change_once("PATCH", path, body, what=what))
        except Unanswered as lost:
            if not lost.may_be_done:
                raise
            wanted = before + len(output.annotations)
            return _look_for(api, path, wanted, conclusion, lost)

    def _post(self, repo: RepoRef, body: dict[str, Any]) -> CheckRun:
        api = self._api(repo)
        sha, name, external_id = body["head_sha"], body["name"], body["external_id"]

        def find() -> CheckRun | None:
            found = (one for one in self._list(api, repo, sha, name) if one.external_id == external_id)
            return next(found, None)

        what = f"the check run {name} on {repo}@{sha[:7]}"
        return api.create(f"/repos/{repo}/check-runs", body, what=what, read=_read, find=find, fresh=True)

    def _made_before(self, repo: RepoRef, key: tuple[str, ...]) -> CheckRun | None:
        made = self._made.get(key)
        if made is None:
            return None
        try:
            return _read(self._api(repo).get(f"/repos/{repo}/check-runs/{made}", what="a check run"))
        except Missing:
            return None

    def _list(self, api: Api, repo: RepoRef, sha: str, name: str) -> list[CheckRun]:
        what = f"the check runs of {repo}@{sha[:7]}"
        app = self._access.identity().id
        # `filter` is "latest" by default, which hides earlier runs of the same name.
        params: Params = {"check_name": name, "app_id": app, "filter": "all"}
        path = f"/repos/{repo}/commits/{quote(sha, safe='')}/check-runs"
        pages = api.pages(path, what=what, params=params, fresh=True)
        found = [one for page in pages for one in read(page, Runs, what=what).check_runs]
        ours = [_run(one) for one in found if one.name == name and one.app and one.app.id == app]
        return sorted(ours, key=lambda run: run.id, reverse=True)

    def _api(self, repo: RepoRef) -> Api:
        return self._access.api(repo, self._priority)


def _status(conclusion: Conclusion | None) -> dict[str, str]:
    if conclusion is None:
        return {"status": "in_progress"}
    return {"status": "completed", "conclusion": conclusion.value}


def _look_for(api: Api, path: str, wanted: int, conclusion: Conclusion | None, lost: Unanswered) -> CheckRun:
    """The run once it has the annotations that were sent, within the bounded looks."""
    for seconds in READ_BACKS:
        api.pause(seconds)
        try:
            run = _read(api.get(path, what="a check run"))
        except Unanswered:
            continue
        if run.annotations_count >= wanted and (conclusion is None or run.conclusion == conclusion):
            return run
    raise Retry("whether GitHub added the annotations is not known yet", after=lost.after) from lost


def _output(output: CheckOutput) -> dict[str, Any]:
    if len(output.annotations) > MOST_ANNOTATIONS:
        raise ValueError(f"{len(output.annotations)} annotations in one request; GitHub takes 50")
    said: dict[str, Any] = {"title": output.title, "summary": output.summary, "text": output.text}
    if output.annotations:
        said["annotations"] = [_annotation(each) for each in output.annotations]
    return said


def _annotation(note: Annotation) -> dict[str, Any]:
    line = max(note.line, 1)  # 0 is "the file as a whole", which GitHub does not know
    said: dict[str, Any] = {
        "path": note.path,
        "start_line": line,
        "end_line": line,
        "annotation_level": note.level.value,
        "message": note.message,
        "title": note.title,
    }
    if note.column > 0:
        said |= {"start_column": note.column, "end_column": note.column}
    return said


def _read(answer: Answer) -> CheckRun:
    return _run(read(answer, Run, what="a check run"))


def _run(run: Run) -> CheckRun:
    return CheckRun(
        id=run.id,
        name=run.name,
        head_sha=run.head_sha,
        status=run.status,
        conclusion=run.conclusion,
        external_id=run.external_id or "",
        annotations_count=run.output.annotations_count,
        started_at=run.started_at,
    )
